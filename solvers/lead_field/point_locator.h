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
  static constexpr int any_label = 0;

  // `vertices` may have more points than the tetrahedra use. `labels` [n_tets] of tissues; empty: none is asked for.
  PointLocator(Eigen::Matrix3Xd vertices, std::vector<std::array<int, 4>> tets, std::vector<int> labels = {});

  // The tetrahedron that holds `point`: of several (on faces, edges and vertices) those of `label` are preferred, then
  // the first in the mesh counts. When none holds it, the nearest one within `reach`, with the coordinates of its
  // nearest point; else tet == -1. The result does not depend on `guess`, a tetrahedron that is tried first (-1: none).
  PointLocation find(const Eigen::Vector3d& point, double reach, int label = any_label, int guess = -1) const;
  // Is a tetrahedron of `label` within `reach` of the point?
  bool is_near(const Eigen::Vector3d& point, int label, double reach) const;
  // From the nearest tetrahedron of `label` [m]; infinite when there is none. Looks at all of them.
  double distance(const Eigen::Vector3d& point, int label) const;

  int label(int tet) const { return labels_.empty() ? any_label : labels_[static_cast<std::size_t>(tet)]; }

private:
  // Barycentric coordinates 1, 2, 3 are rows * (x - origin): found once, since a point is tried in many tetrahedra.
  struct Frame {
    double origin[3], rows[3][3];
  };

  Eigen::Vector4d barycentric(std::size_t tet, const Eigen::Vector3d& point) const;
  void approach(std::size_t tet, const Eigen::Vector3d& point, PointLocation& best) const;
  PointLocation nearest_within(const Eigen::Vector3d& point, int label, double reach) const;
  std::array<int, 3> bin_of(const Eigen::Vector3d& point) const;  // clamped to the grid
  std::size_t bin_index(int i, int j, int k) const;
  void fill_bins();

  Eigen::Matrix3Xd vertices_;
  std::vector<std::array<int, 4>> tets_;
  std::vector<int> labels_;
  std::vector<Frame> frames_;
  Eigen::Vector3d lowest_ = Eigen::Vector3d::Zero();
  double bin_ = 1;
  std::array<int, 3> n_bins_{1, 1, 1};
  std::vector<std::size_t> first_;  // [n_bins + 1] into members_
  std::vector<int> members_;        // of each bin, ascending
};

}  // namespace bmiss
