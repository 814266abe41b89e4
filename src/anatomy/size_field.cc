#include "anatomy/size_field.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bmiss {

Eigen::VectorXd mean_edge_lengths(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 3>>& triangles) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(points.cols()), count = sum;
  for (const auto& triangle : triangles)
    for (std::size_t k = 0; k < 3; ++k) {
      const int a = triangle[k], b = triangle[(k + 1) % 3];
      const double length = (points.col(a) - points.col(b)).norm();
      for (const int v : {a, b}) {
        sum[v] += length;
        count[v] += 1;
      }
    }
  return sum.array() / count.array().max(1);
}

SizeField::SizeField(const SurfaceComplex& complex, const SizeLimits& limits) : region_edges_(limits.region_edges) {
  const Eigen::VectorXd edge = mean_edge_lengths(complex.points, complex.triangles);
  span(complex, edge, limits.largest);
  for (Eigen::Index v = 0; v < edge.size(); ++v)
    if (edge[v] > 0) put(complex.points.col(v), edge[v], limits.growth);
  put(limits.wanted, limits.growth);
  spread(limits.growth);
}

SizeField::SizeField(const SurfaceComplex& complex, const WantedEdges& wanted, double growth) {
  span(complex, mean_edge_lengths(complex.points, complex.triangles), std::numeric_limits<float>::max());
  put(wanted, growth);
  spread(growth);
}

// The lattice over the box of the complex, half a typical edge wide, `largest` at every node.
void SizeField::span(const SurfaceComplex& complex, const Eigen::VectorXd& edge, double largest) {
  const Eigen::Vector3d low = complex.points.rowwise().minCoeff(), high = complex.points.rowwise().maxCoeff();
  const Eigen::Vector3d extent = high - low;
  double typical = 0;
  for (Eigen::Index v = 0; v < edge.size(); ++v) typical += edge[v] / static_cast<double>(edge.size());
  const double most_nodes = 8e6;
  step_ = std::max(0.5 * typical, std::cbrt(extent.prod() / most_nodes));
  origin_ = low;
  n_ = (extent / step_).array().ceil().cast<int>() + 2;
  size_.assign(static_cast<std::size_t>(n_[0]) * static_cast<std::size_t>(n_[1]) * static_cast<std::size_t>(n_[2]),
               static_cast<float>(largest));
}

// Places beyond the lattice, as in extruded ends and the skin's layer, are left out.
void SizeField::put(const WantedEdges& wanted, double growth) {
  for (Eigen::Index i = 0; i < wanted.edges.size(); ++i) {
    const Eigen::Array3d local = (wanted.points.col(i) - origin_).array() / step_;
    if ((local >= 0).all() && (local <= n_.cast<double>().array() - 1).all())
      put(wanted.points.col(i), wanted.edges[i], growth);
  }
}

// At the corners of the lattice cell that holds x.
void SizeField::put(const Eigen::Vector3d& x, double edge, double growth) {
  const Eigen::Vector3d local = (x - origin_) / step_;
  const Eigen::Vector3i cell = local.array().floor().cast<int>().min(n_.array() - 2);
  for (int corner = 0; corner < 8; ++corner) {
    const Eigen::Vector3i node = cell + Eigen::Vector3i(corner & 1, (corner >> 1) & 1, corner >> 2);
    const double size = edge + growth * step_ * (node.cast<double>() - local).norm();
    float& here = size_[index(node[0], node[1], node[2])];
    here = std::min(here, static_cast<float>(size));
  }
}

// Two-pass chamfer transform with Euclidean steps to the 26 neighbours.
void SizeField::spread(double growth) {
  for (const int sign : {1, -1}) {
    const auto first = [&](int axis) { return sign > 0 ? 0 : n_[axis] - 1; };
    for (int k = first(2); k >= 0 && k < n_[2]; k += sign)
      for (int j = first(1); j >= 0 && j < n_[1]; j += sign)
        for (int i = first(0); i >= 0 && i < n_[0]; i += sign) {
          float& here = size_[index(i, j, k)];
          for (int neighbour = 0; neighbour < 13; ++neighbour) {  // the half of the 27 offsets already visited
            const int di = sign * (neighbour % 3 - 1), dj = sign * (neighbour / 3 % 3 - 1),
                      dk = sign * (neighbour / 9 - 1);
            const int x = i + di, y = j + dj, z = k + dk;
            if (x < 0 || y < 0 || z < 0 || x >= n_[0] || y >= n_[1] || z >= n_[2]) continue;
            const double far = growth * step_ * std::sqrt(static_cast<double>(di * di + dj * dj + dk * dk));
            here = std::min(here, size_[index(x, y, z)] + static_cast<float>(far));
          }
        }
  }
}

double SizeField::at(const Eigen::Vector3d& x) const {
  const Eigen::Vector3d local =
      ((x - origin_) / step_).cwiseMax(0.0).cwiseMin((n_.cast<double>().array() - 1.001).matrix());
  const Eigen::Vector3i cell = local.array().floor().cast<int>();
  const Eigen::Vector3d t = local - cell.cast<double>();
  double sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const Eigen::Vector3i bit(corner & 1, (corner >> 1) & 1, corner >> 2);
    double weight = 1;
    for (int axis = 0; axis < 3; ++axis) weight *= bit[axis] ? t[axis] : 1 - t[axis];
    sum += weight * size_[index(cell[0] + bit[0], cell[1] + bit[1], cell[2] + bit[2])];
  }
  return sum;
}

double SizeField::at(const Eigen::Vector3d& x, int region) const {
  const double size = at(x);
  if (region < 0 || static_cast<std::size_t>(region) >= region_edges_.size()) return size;
  const double limit = region_edges_[static_cast<std::size_t>(region)];
  return limit > 0 ? std::min(size, limit) : size;
}

}  // namespace bmiss
