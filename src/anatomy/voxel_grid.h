// Places in an image by the numbers of its voxels.
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cmath>

#include "anatomy/nifti_file.h"

namespace bmiss {

class VoxelGrid {
public:
  explicit VoxelGrid(const ImageFrame& frame) : size_(frame.size), to_voxel_(frame.voxel_to_world.inverse()) {}
  Eigen::Vector3d coordinates(const Eigen::Vector3d& x) const { return to_voxel_ * x; }
  // Of the voxel around a place given in voxels, i fastest; -1 outside the image.
  long index(const Eigen::Vector3d& voxel) const {
    std::array<long, 3> at{};
    for (std::size_t d = 0; d < 3; ++d) {
      at[d] = std::lround(voxel[static_cast<Eigen::Index>(d)]);
      if (at[d] < 0 || at[d] >= size_[d]) return -1;
    }
    return at[0] + size_[0] * (at[1] + static_cast<long>(size_[1]) * at[2]);
  }
  // Calls use(voxel number, trilinear weight > 0) for the voxels of the image around a place in the world [m].
  template <typename Use>
  void around(const Eigen::Vector3d& x, const Use& use) const {
    const Eigen::Vector3d at = coordinates(x), low = at.array().floor();
    for (int corner = 0; corner < 8; ++corner) {
      const Eigen::Vector3d step(corner & 1, corner >> 1 & 1, corner >> 2 & 1);
      const double weight = (1 - (at - low - step).array().abs()).prod();
      const long voxel = index(low + step);
      if (voxel >= 0 && weight > 0) use(voxel, weight);
    }
  }

private:
  std::array<int, 3> size_;
  Eigen::Affine3d to_voxel_;
};

}  // namespace bmiss
