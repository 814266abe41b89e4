// How long edges may be inside the volume: as on the nearest surface, growing with the distance from it.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/surface_complex.h"

namespace bmiss {

// Edge lengths that are wanted at places, for instance where an earlier solution was inaccurate; none: everything is
// fine as it is.
struct WantedEdges {
  Eigen::Matrix3Xd points;  // [m]
  Eigen::VectorXd edges;    // [m]
};

struct SizeLimits {
  double largest = 0;                // anywhere [m]
  double growth = 0;                 // edge length gained per length of distance from a surface or a wanted edge
  std::vector<double> region_edges;  // longest in each region of the complex [m]; 0 or missing: as anywhere
  WantedEdges wanted;
};

// size(x) = min(largest, min over surface points v of (mean edge at v + growth |x - v|), the same over wanted edges),
// tabulated on a lattice; inside a region no more than its own limit.
class SizeField {
public:
  SizeField(const SurfaceComplex& complex, const SizeLimits& limits);
  // Of the wanted edges alone, over the box of the complex; infinite where they do not reach.
  SizeField(const SurfaceComplex& complex, const WantedEdges& wanted, double growth);
  double at(const Eigen::Vector3d& x) const;              // [m]
  double at(const Eigen::Vector3d& x, int region) const;  // -1: on a surface

private:
  void span(const SurfaceComplex& complex, const Eigen::VectorXd& edge, double largest);
  void put(const WantedEdges& wanted, double growth);
  void put(const Eigen::Vector3d& x, double edge, double growth);
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
  std::vector<double> region_edges_;
};

// Mean length of the edges at each point of a set of triangles [n_points]; 0 where no triangle touches.
Eigen::VectorXd mean_edge_lengths(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 3>>& triangles);

}  // namespace bmiss
