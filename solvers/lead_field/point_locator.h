// Finds the tetrahedron that holds a point, through a uniform grid of bins over the boxes of the tetrahedra.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

namespace bmiss {

struct PointLocation {
  int tet = -1;
  Eigen::Vector4d barycentric = Eigen::Vector4d::Zero();
  double distance = 0;  // of the point from the tetrahedron [m]; 0 inside
};

class PointLocator {
public:
  PointLocator(Eigen::Matrix3Xd vertices, std::vector<std::array<int, 4>> tets);

  // The tetrahedron that holds `point`, or the nearest one within `reach` (then with the coordinates of its nearest
  // point). tet == -1 and the distance to the nearest tetrahedron when there is none.
  PointLocation find(const Eigen::Vector3d& point, double reach) const;

private:
  Eigen::Vector4d barycentric(std::size_t tet, const Eigen::Vector3d& point) const;
  void approach(std::size_t tet, const Eigen::Vector3d& point, PointLocation& best) const;
  std::array<int, 3> bin_of(const Eigen::Vector3d& point) const;  // clamped to the grid
  std::size_t bin_index(int i, int j, int k) const;

  Eigen::Matrix3Xd vertices_;
  std::vector<std::array<int, 4>> tets_;
  Eigen::Vector3d lowest_ = Eigen::Vector3d::Zero();
  double bin_ = 1;
  std::array<int, 3> n_bins_{1, 1, 1};
  std::vector<std::size_t> first_;  // [n_bins + 1] into members_
  std::vector<int> members_;
};

}  // namespace bmiss
