// Where voxels of two labels touch: the staircase that a smooth interface stands for.
#pragma once

#include <Eigen/Core>
#include <array>
#include <map>
#include <vector>

#include "anatomy/label_map.h"

namespace bmiss {

class VoxelFaces {
public:
  // Labels below 1 count as 0. Keeps a reference: the map must outlive it.
  explicit VoxelFaces(const LabelMap& map);

  // Centres of the faces between two labels, larger label first [m]; not those on the sides of the image.
  const std::vector<Eigen::Vector3d>& between(int a, int b) const;
  std::vector<std::array<int, 2>> pairs() const;  // of labels that touch
  bool has_boundary(int label) const;
  // Distance from a point to the nearest face around voxels of a label [m]; infinite when there is none.
  double distance(const Eigen::Vector3d& x, int label) const;

private:
  int label(const std::array<int, 3>& voxel) const;
  double distance_within(const Eigen::Vector3d& local, const std::array<int, 3>& voxel, int wanted) const;

  const LabelMap& map_;
  Eigen::Affine3d world_to_voxel_;
  Eigen::Vector3d spacing_;
  std::map<std::array<int, 2>, std::vector<Eigen::Vector3d>> centres_;
  std::vector<unsigned char> has_face_;  // [n_voxels] bit a: towards the next voxel along axis a
};

}  // namespace bmiss
