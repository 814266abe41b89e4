// What the phantoms share inside this room: complaints about a description, and the empty image.
#pragma once

#include <string>

#include "anatomy/phantom.h"

namespace bmiss {

// Which parameter is wrong and why; both empty when all is well.
struct PhantomComplaint {
  std::string key, sentence;
  void throw_if_any() const;  // InputError
};
PhantomComplaint complaint_about(const LayeredCylinderPhantom& description);
PhantomComplaint complaint_about(const ForearmPhantom& description);
// Of a limb with these half widths [m].
PhantomComplaint complaint_about_size(double half_width, double half_height, double length, double voxel);

// Background voxels with a margin of two across the limb and none along it; even counts across, so that the axis lies
// between voxels.
LabelMap empty_phantom_map(double half_width, double half_height, double length, double voxel);

}  // namespace bmiss
