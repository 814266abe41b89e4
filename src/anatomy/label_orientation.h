// How a limb lies in its image: which voxel axis runs along it, which sides of the image cut it, which end is which.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "anatomy/label_map.h"

namespace bmiss {

// The six sides of an image: 0 low i, 1 high i, 2 low j, 3 high j, 4 low k, 5 high k.
struct ImageSide {
  double area = 0;   // of the body on it [m^2]
  double share = 0;  // of the body's largest section parallel to it
  double onset = 0;  // of the section in the slice behind it
  // A body that only grazes a side, as one cropped to its bounding box does, is not cut by it: its sections there are
  // small, or grow fast (those of a cylinder cut 1.3 voxels deep grow by a third from the first slice to the next).
  bool cuts() const { return share > 0.25 && onset > 0.75; }
};
// `body` [n_voxels] is not 0 where a voxel counts.
std::array<ImageSide, 6> image_sides(const LabelMap& map, const std::vector<char>& body);
std::string name_of_side(int side);  // "first slice along i"

// The axis whose two sides both cut the body (the larger share of the smaller cut wins); else the one with the largest
// cut; else the one along which the body is longest.
int limb_voxel_axis(const LabelMap& map);

// The same voxels in an order that does not depend on how the file stores them: k along `limb_axis`, i and j along the
// two others, the one nearer to the world's x first, each towards the positive side of the world axis it is nearest to.
struct OrientedMap {
  LabelMap map;
  bool turned = false;  // k runs against the file's `limb_axis`
};
OrientedMap with_limb_along_k(const LabelMap& map, int limb_axis);

// One layer more on each of the chosen sides, of label 0.
LabelMap padded(const LabelMap& map, const std::array<int, 6>& layers);

enum class ProximalEnd { first_slice, last_slice, superior, inferior };
ProximalEnd proximal_end(const std::string& name);  // "first slice", …
// Whether the end at low k is the proximal one. Throws InputError when superior or inferior is asked of a limb that
// lies across the world's z axis.
bool low_k_is_proximal(const OrientedMap& oriented, ProximalEnd end);

}  // namespace bmiss
