// How long edges may be inside the volume: as on the nearest surface, growing with the distance from it.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/surface_complex.h"

namespace bmiss {

// size(x) = min(largest, min over surface points v of (mean edge at v + growth |x - v|)), tabulated on a lattice.
class SizeField {
public:
  SizeField(const SurfaceComplex& complex, double largest, double growth);
  double at(const Eigen::Vector3d& x) const;  // [m]

private:
  void spread(double growth);
  std::size_t index(int i, int j, int k) const {
    return static_cast<std::size_t>(i) +
           static_cast<std::size_t>(n_[0]) *
               (static_cast<std::size_t>(j) + static_cast<std::size_t>(n_[1]) * static_cast<std::size_t>(k));
  }
  Eigen::Vector3d origin_;
  double step_ = 0;
  Eigen::Vector3i n_;
  std::vector<float> size_;
};

// Mean length of the edges at each point of a set of triangles [n_points]; 0 where no triangle touches.
Eigen::VectorXd mean_edge_lengths(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 3>>& triangles);

}  // namespace bmiss
