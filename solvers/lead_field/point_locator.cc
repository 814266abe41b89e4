#include "solvers/lead_field/point_locator.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/lead_field/closest_point.h"

namespace bmiss {
namespace {

constexpr double rounding = -1e-9;  // barycentric coordinates of points on facets

}  // namespace

PointLocator::PointLocator(Eigen::Matrix3Xd vertices, std::vector<std::array<int, 4>> tets)
    : vertices_(std::move(vertices)), tets_(std::move(tets)) {
  lowest_ = vertices_.rowwise().minCoeff();
  const Eigen::Vector3d extent = vertices_.rowwise().maxCoeff() - lowest_;
  // About as many bins as tetrahedra.
  bin_ = std::cbrt(extent.prod() / static_cast<double>(tets_.size()));
  std::size_t total = 1;
  for (int d = 0; d < 3; ++d) {
    n_bins_[static_cast<std::size_t>(d)] = std::max(1, static_cast<int>(std::ceil(extent[d] / bin_)));
    total *= static_cast<std::size_t>(n_bins_[static_cast<std::size_t>(d)]);
  }
  const auto for_each_bin = [&](std::size_t tet, auto&& action) {
    Eigen::Vector3d low = vertices_.col(tets_[tet][0]), high = low;
    for (const int v : tets_[tet]) {
      low = low.cwiseMin(vertices_.col(v));
      high = high.cwiseMax(vertices_.col(v));
    }
    const auto from = bin_of(low), to = bin_of(high);
    for (int k = from[2]; k <= to[2]; ++k)
      for (int j = from[1]; j <= to[1]; ++j)
        for (int i = from[0]; i <= to[0]; ++i) action(bin_index(i, j, k));
  };
  first_.assign(total + 1, 0);
  for (std::size_t tet = 0; tet < tets_.size(); ++tet) for_each_bin(tet, [&](std::size_t bin) { ++first_[bin + 1]; });
  for (std::size_t bin = 0; bin < total; ++bin) first_[bin + 1] += first_[bin];
  members_.resize(first_[total]);
  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  for (std::size_t tet = 0; tet < tets_.size(); ++tet)
    for_each_bin(tet, [&](std::size_t bin) { members_[next[bin]++] = static_cast<int>(tet); });
}

std::array<int, 3> PointLocator::bin_of(const Eigen::Vector3d& point) const {
  std::array<int, 3> bin{};
  for (std::size_t d = 0; d < 3; ++d) {
    const double place =
        std::floor((point[static_cast<Eigen::Index>(d)] - lowest_[static_cast<Eigen::Index>(d)]) / bin_);
    bin[d] = static_cast<int>(std::clamp(place, 0.0, static_cast<double>(n_bins_[d] - 1)));
  }
  return bin;
}

std::size_t PointLocator::bin_index(int i, int j, int k) const {
  return static_cast<std::size_t>(i) +
         static_cast<std::size_t>(n_bins_[0]) *
             (static_cast<std::size_t>(j) + static_cast<std::size_t>(n_bins_[1]) * static_cast<std::size_t>(k));
}

Eigen::Vector4d PointLocator::barycentric(std::size_t tet, const Eigen::Vector3d& point) const {
  const auto& t = tets_[tet];
  const Eigen::Vector3d origin = vertices_.col(t[0]);
  Eigen::Matrix3d edges;
  for (int i = 0; i < 3; ++i) edges.col(i) = vertices_.col(t[static_cast<std::size_t>(i) + 1]) - origin;
  const Eigen::Vector3d rest = edges.inverse() * (point - origin);
  return {1 - rest.sum(), rest[0], rest[1], rest[2]};
}

// Keeps in `best` the nearest point of the tetrahedra seen so far.
void PointLocator::approach(std::size_t tet, const Eigen::Vector3d& point, PointLocation& best) const {
  for (std::size_t left_out = 0; left_out < 4; ++left_out) {
    std::array<Eigen::Vector3d, 3> face;
    for (std::size_t i = 0, n = 0; i < 4; ++i)
      if (i != left_out) face[n++] = vertices_.col(tets_[tet][i]);
    const Eigen::Vector3d foot = closest_point_on_triangle(point, face);
    const double distance = (foot - point).norm();
    if (distance >= best.distance) continue;
    best.tet = static_cast<int>(tet);
    best.distance = distance;
    best.barycentric = barycentric(tet, foot).cwiseMax(0.0);
    best.barycentric /= best.barycentric.sum();
  }
}

PointLocation PointLocator::find(const Eigen::Vector3d& point, double reach) const {
  const auto home = bin_of(point);
  const std::size_t bin = bin_index(home[0], home[1], home[2]);
  PointLocation best;
  double most_inside = rounding;
  for (std::size_t m = first_[bin]; m < first_[bin + 1]; ++m) {
    const Eigen::Vector4d b = barycentric(static_cast<std::size_t>(members_[m]), point);
    if (b.minCoeff() < most_inside) continue;
    most_inside = b.minCoeff();
    best.tet = members_[m];
    best.barycentric = b;
  }
  if (best.tet >= 0) return best;

  best.distance = std::numeric_limits<double>::infinity();
  const auto from = bin_of(point - Eigen::Vector3d::Constant(reach)),
             to = bin_of(point + Eigen::Vector3d::Constant(reach));
  for (int k = from[2]; k <= to[2]; ++k)
    for (int j = from[1]; j <= to[1]; ++j)
      for (int i = from[0]; i <= to[0]; ++i)
        for (std::size_t m = first_[bin_index(i, j, k)]; m < first_[bin_index(i, j, k) + 1]; ++m)
          approach(static_cast<std::size_t>(members_[m]), point, best);
  if (best.distance <= reach) return best;
  // Only for the message: how far outside it is.
  for (std::size_t tet = 0; tet < tets_.size(); ++tet) approach(tet, point, best);
  best.tet = -1;
  return best;
}

}  // namespace bmiss
