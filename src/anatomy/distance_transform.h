// Exact Euclidean distances on a voxel grid of any spacing (Felzenszwalb & Huttenlocher 2012).
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <vector>

namespace bmiss {

struct DistanceField {
  std::vector<float> distance;        // [n_voxels] from centre to centre [m]; infinite when nothing is marked
  std::vector<std::int32_t> nearest;  // [n_voxels] the nearest marked voxel, -1 when nothing is marked
};

// Distance of each voxel to the nearest marked one (marked != 0); i fastest.
DistanceField distances_to(const std::array<int, 3>& size, const Eigen::Vector3d& spacing,
                           const std::vector<char>& marked);

}  // namespace bmiss
