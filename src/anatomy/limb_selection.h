// One limb out of an image that holds several: separate bodies, and legs that touch.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "anatomy/label_map.h"

namespace bmiss {

class Report;

struct LimbBody {
  double volume = 0;                                 // [m^3]
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // RAS [m]
};

struct Limbs {
  std::vector<int> of_voxel;     // [n_voxels] body, -1 outside
  std::vector<LimbBody> bodies;  // largest first
  // Where bodies that hang together were taken apart: faces of voxels between them.
  double cut_area = 0;                                  // [m^2]
  Eigen::Vector3d cut_place = Eigen::Vector3d::Zero();  // RAS [m]
  bool touch_widely = false;  // two limbs seem to hang together over too wide a place to be taken apart
};

// Bodies are pieces connected through voxel faces; pieces at most `gap` [m] apart count as one body (muscles alone,
// without what lies between them). A body whose parts lie side by side along k (the limb's axis) and hang together only
// by something thinner than 10 mm is two.
Limbs find_limbs(const LabelMap& map, double gap);

// Makes all but one limb outside: the largest, with a warning, or the one nearest to `point` (RAS [m]). Throws
// InputError when no limb is within 20 mm of it, naming those there are.
void keep_one_limb(LabelMap& map, double gap, const std::optional<Eigen::Vector3d>& point, Report& report);

}  // namespace bmiss
