// All interfaces of a labelled limb as one non-manifold triangle complex: what contouring produces and volume meshing
// fills.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

// Regions are connected components of one label, numbered from 0. Outside the body is a negative code.
struct SurfaceComplex {
  static constexpr int outside = -1;     // beyond the skin
  static constexpr int cut_low_k = -2;   // beyond the first slice (a cut through the limb)
  static constexpr int cut_high_k = -3;  // beyond the last slice
  static constexpr int cut_other = -4;   // beyond another side of the image

  Eigen::Matrix3Xd points;                           // RAS [m]
  std::vector<std::array<int, 3>> triangles;         // normal points from `inner` to `outer`
  std::vector<std::array<int, 2>> triangle_regions;  // {inner, outer}; inner >= 0; outer may be one of the codes above
  std::vector<int> region_labels;                    // [n_regions] tissue label of each region
};

}  // namespace bmiss
