#include "solvers/lead_field/point_locator.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "solvers/lead_field/closest_point.h"

namespace bmiss {
namespace {

constexpr double rounding = 1e-9;     // of barycentric coordinates: points on facets lie in both tetrahedra
constexpr double bins_per_tet = 1.0;  // more bins hold fewer tetrahedra each but take longer to fill

}  // namespace

PointLocator::PointLocator(Eigen::Matrix3Xd vertices, std::vector<std::array<int, 4>> tets, std::vector<int> labels)
    : vertices_(std::move(vertices)), tets_(std::move(tets)), labels_(std::move(labels)) {
  BMISS_ASSERT(!tets_.empty() && (labels_.empty() || labels_.size() == tets_.size()));
  frames_.resize(tets_.size());
  for (std::size_t t = 0; t < tets_.size(); ++t) {
    const Eigen::Vector3d origin = vertices_.col(tets_[t][0]);
    Eigen::Matrix3d edges;
    for (int i = 0; i < 3; ++i) edges.col(i) = vertices_.col(tets_[t][static_cast<std::size_t>(i) + 1]) - origin;
    const Eigen::Matrix3d inverse = edges.inverse();
    for (int i = 0; i < 3; ++i) {
      frames_[t].origin[i] = origin[i];
      for (int j = 0; j < 3; ++j) frames_[t].rows[i][j] = inverse(i, j);
    }
  }
  fill_bins();
}

void PointLocator::fill_bins() {
  lowest_ = vertices_.rowwise().minCoeff();
  const Eigen::Vector3d extent = vertices_.rowwise().maxCoeff() - lowest_;
  bin_ = std::cbrt(extent.prod() / (bins_per_tet * static_cast<double>(tets_.size())));
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

inline Eigen::Vector4d PointLocator::barycentric(std::size_t tet, const Eigen::Vector3d& point) const {
  const Frame& f = frames_[tet];
  const double x = point[0] - f.origin[0], y = point[1] - f.origin[1], z = point[2] - f.origin[2];
  Eigen::Vector4d b;
  for (int i = 0; i < 3; ++i) b[i + 1] = f.rows[i][0] * x + f.rows[i][1] * y + f.rows[i][2] * z;
  b[0] = 1 - (b[1] + b[2] + b[3]);
  return b;
}

PointLocation PointLocator::find(const Eigen::Vector3d& point, double reach, int label, int guess) const {
  if (guess >= 0) {
    const Eigen::Vector4d b = barycentric(static_cast<std::size_t>(guess), point);
    if (b.minCoeff() > rounding) return {guess, b, 0};  // inside, so no other one holds it
  }
  const auto home = bin_of(point);
  const std::size_t bin = bin_index(home[0], home[1], home[2]);
  PointLocation best;
  for (std::size_t m = first_[bin]; m < first_[bin + 1]; ++m) {
    const int tet = members_[m];
    const Eigen::Vector4d b = barycentric(static_cast<std::size_t>(tet), point);
    if (b.minCoeff() < -rounding) continue;
    const bool wanted = label == any_label || this->label(tet) == label;
    if (wanted || best.tet < 0) best = {tet, b, 0};
    if (wanted) break;
  }
  if (best.tet >= 0) return best;
  return nearest_within(point, any_label, reach);
}

bool PointLocator::is_near(const Eigen::Vector3d& point, int label, double reach) const {
  return nearest_within(point, label, reach).tet >= 0;
}

double PointLocator::distance(const Eigen::Vector3d& point, int wanted) const {
  PointLocation best;
  best.distance = std::numeric_limits<double>::infinity();
  for (std::size_t tet = 0; tet < tets_.size(); ++tet)
    if (wanted == any_label || label(static_cast<int>(tet)) == wanted) approach(tet, point, best);
  return best.distance;
}

// Keeps in `best` the nearest point of the tetrahedra seen so far.
void PointLocator::approach(std::size_t tet, const Eigen::Vector3d& point, PointLocation& best) const {
  if (const Eigen::Vector4d b = barycentric(tet, point); b.minCoeff() >= 0) {
    best = {static_cast<int>(tet), b, 0};
    return;
  }
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

PointLocation PointLocator::nearest_within(const Eigen::Vector3d& point, int wanted, double reach) const {
  PointLocation best;
  best.distance = std::numeric_limits<double>::infinity();
  const auto from = bin_of(point - Eigen::Vector3d::Constant(reach)),
             to = bin_of(point + Eigen::Vector3d::Constant(reach));
  for (int k = from[2]; k <= to[2]; ++k)
    for (int j = from[1]; j <= to[1]; ++j)
      for (int i = from[0]; i <= to[0]; ++i)
        for (std::size_t m = first_[bin_index(i, j, k)]; m < first_[bin_index(i, j, k) + 1]; ++m)
          if (wanted == any_label || label(members_[m]) == wanted)
            approach(static_cast<std::size_t>(members_[m]), point, best);
  if (!(best.distance <= reach)) best.tet = -1;
  return best;
}

}  // namespace bmiss
