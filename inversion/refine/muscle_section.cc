#include "inversion/refine/muscle_section.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr int n_around = 20;                           // paths within the reach of a local fit, well inside
constexpr double quadratic_ridge = 1e-4;               // against the sum of weights
constexpr double linear_ridge = 1e-9;                  // keeps fits to fewer than three paths solvable
constexpr double outside_density = 0.2, inside = 0.5;  // of the full density: outside the muscle, inside it
constexpr double faintest = 1e-6;                      // weight of points outside, so that shares always exist

struct Smooth {
  double value, slope;
};

// Wendland's C2 function of the distance in reaches; slope over that distance, so that d/dx = slope * (x - centre).
Smooth bump(double distance) {
  if (distance >= 1) return {0, 0};
  const double gap = 1 - distance, cube = gap * gap * gap;
  return {gap * cube * (4 * distance + 1), -20 * cube};
}

Smooth smooth_step(double x) {
  if (x <= 0) return {0, 0};
  if (x >= 1) return {1, 0};
  return {x * x * x * (10 + x * (6 * x - 15)), 30 * x * x * (1 - x) * (1 - x)};
}

// 37 points of equal weight on the unit disc: three rings of 6, 12 and 18, each at the root mean square radius of its
// annulus, so that constants, linear functions and the second moment are right.
const std::vector<Eigen::Vector2d>& disc_points() {
  static const std::vector<Eigen::Vector2d> points = [] {
    std::vector<Eigen::Vector2d> made{{0, 0}};
    const double pi = std::acos(-1.0);
    for (int ring = 1, before = 1; ring <= 3; ++ring) {
      const int n = 6 * ring;
      const double radius = std::sqrt((2.0 * before + n) / (2 * 37));
      for (int k = 0; k < n; ++k) {
        const double angle = 2 * pi * (k + 0.5 * (ring % 2)) / n;
        made.emplace_back(radius * std::cos(angle), radius * std::sin(angle));
      }
      before += n;
    }
    return made;
  }();
  return points;
}

using Powers = Eigen::Matrix<double, 6, 1>;
using Normal = Eigen::Matrix<double, 6, 6>;

}  // namespace

struct MuscleSection::LocalFit {
  struct Neighbour {
    int path;
    Eigen::Vector3d share;  // value, d/dx, d/dy of the point
  };
  std::vector<Neighbour> neighbours;
  Eigen::Vector3d inside = Eigen::Vector3d::Zero();  // 0 to 1, d/dx, d/dy
  // scratch
  struct Weighted {
    Eigen::Vector2d offset;  // path minus point [reaches]
    Smooth weight;
    Powers powers;
  };
  std::vector<Weighted> weighted;
};

MuscleSection::MuscleSection(Eigen::Matrix2Xd places) : places_(std::move(places)) {
  const Eigen::Index n = places_.cols();
  BMISS_ASSERT(n >= 3);
  std::vector<double> reaches, distances(static_cast<std::size_t>(n));
  const auto rank = static_cast<std::ptrdiff_t>(std::min<Eigen::Index>(n - 1, n_around - 1));
  for (Eigen::Index p = 0; p < n; ++p) {
    for (Eigen::Index k = 0; k < n; ++k)
      distances[static_cast<std::size_t>(k)] = (places_.col(k) - places_.col(p)).norm();
    std::nth_element(distances.begin(), distances.begin() + rank, distances.end());
    reaches.push_back(distances[static_cast<std::size_t>(rank)]);
  }
  // Paths at the border have their neighbours on one side only: the smaller distances are those of the inside.
  const auto quarter = reaches.begin() + n / 4;
  std::nth_element(reaches.begin(), quarter, reaches.end());
  reach_ = std::max(*quarter, 1e-6);
  low_ = places_.rowwise().minCoeff();
  const Eigen::Vector2d size = places_.rowwise().maxCoeff() - low_;
  n_columns_ = static_cast<std::size_t>(size.x() / reach_) + 1;
  n_rows_ = static_cast<std::size_t>(size.y() / reach_) + 1;
  cells_.resize(n_columns_ * n_rows_);
  for (Eigen::Index p = 0; p < n; ++p) cells_[cell_of(places_(0, p), places_(1, p))].push_back(static_cast<int>(p));
  std::vector<double> densities;
  LocalFit fit;
  for (Eigen::Index p = 0; p < n; ++p) {
    fit_at(places_.col(p), fit);
    double sum = 0;
    for (const auto& w : fit.weighted) sum += w.weight.value;
    densities.push_back(sum);
  }
  const auto upper = densities.begin() + (7 * n) / 10;
  std::nth_element(densities.begin(), upper, densities.end());
  full_density_ = *upper;
}

double MuscleSection::spacing() const {
  return reach_ * std::sqrt(std::acos(-1.0) / n_around);
}

std::size_t MuscleSection::cell_of(double x, double y) const {
  const auto column = std::min(n_columns_ - 1, static_cast<std::size_t>(std::max(0.0, (x - low_.x()) / reach_)));
  const auto row = std::min(n_rows_ - 1, static_cast<std::size_t>(std::max(0.0, (y - low_.y()) / reach_)));
  return row * n_columns_ + column;
}

void MuscleSection::fit_at(const Eigen::Vector2d& point, LocalFit& fit) const {
  fit.neighbours.clear();
  fit.weighted.clear();
  const auto first_column = static_cast<long>(std::floor((point.x() - low_.x()) / reach_)) - 1;
  const auto first_row = static_cast<long>(std::floor((point.y() - low_.y()) / reach_)) - 1;
  for (long row = std::max(0L, first_row); row <= first_row + 2 && row < static_cast<long>(n_rows_); ++row)
    for (long column = std::max(0L, first_column); column <= first_column + 2 && column < static_cast<long>(n_columns_);
         ++column)
      for (const int path : cells_[static_cast<std::size_t>(row) * n_columns_ + static_cast<std::size_t>(column)]) {
        const Eigen::Vector2d offset = (places_.col(path) - point) / reach_;
        const Smooth weight = bump(offset.norm());
        if (weight.value <= 0) continue;
        Powers powers;
        powers << 1, offset.x(), offset.y(), offset.x() * offset.x(), offset.x() * offset.y(), offset.y() * offset.y();
        fit.neighbours.push_back({path, Eigen::Vector3d::Zero()});
        fit.weighted.push_back({offset, weight, powers});
      }
  fit.inside.setZero();
  if (fit.weighted.empty()) {  // far outside: the nearest path stands for all
    Eigen::Index nearest = 0;
    (places_.colwise() - point).colwise().squaredNorm().minCoeff(&nearest);
    fit.neighbours.push_back({static_cast<int>(nearest), Eigen::Vector3d::UnitX()});
    return;
  }
  // The fit at the point is e^T N^-1 sum W P with N = sum W P P^T, e = (1, 0, …). By the point's coordinate c:
  // d offset = -1 / reach, so dW = -slope offset_c / reach and dP = -(its derivative by the offset) / reach.
  Normal normal = Normal::Zero();
  std::array<Normal, 2> change{Normal::Zero(), Normal::Zero()};
  double density = 0;
  Eigen::Vector2d density_change = Eigen::Vector2d::Zero();
  const auto powers_change = [&](const LocalFit::Weighted& w, int c) {
    Powers d = Powers::Zero();
    d[1 + c] = 1;
    d[3 + 2 * c] = 2 * w.offset[c];
    d[4] = w.offset[1 - c];
    return Powers(-d / reach_);
  };
  for (const auto& w : fit.weighted) {
    const Powers weighted = w.weight.value * w.powers;
    normal.noalias() += weighted * w.powers.transpose();
    density += w.weight.value;
    for (int c = 0; c < 2; ++c) {
      const double weight_change = -w.weight.slope * w.offset[c] / reach_;
      density_change[c] += weight_change;
      const Powers half = 0.5 * weight_change * w.powers + w.weight.value * powers_change(w, c);
      change[static_cast<std::size_t>(c)].noalias() += half * w.powers.transpose() + w.powers * half.transpose();
    }
  }
  Powers ridge;
  ridge << 0, linear_ridge, linear_ridge, quadratic_ridge, quadratic_ridge, quadratic_ridge;
  normal.diagonal() += density * ridge;
  for (std::size_t c = 0; c < 2; ++c) change[c].diagonal() += density_change[static_cast<Eigen::Index>(c)] * ridge;
  const Eigen::LDLT<Normal> solver(normal);
  const Powers row = solver.solve(Powers::Unit(0));
  const std::array<Powers, 2> row_change{solver.solve(-change[0] * row), solver.solve(-change[1] * row)};
  for (std::size_t k = 0; k < fit.weighted.size(); ++k) {
    const auto& w = fit.weighted[k];
    const double at = row.dot(w.powers);
    Eigen::Vector3d& share = fit.neighbours[k].share;
    share[0] = w.weight.value * at;
    for (int c = 0; c < 2; ++c)
      share[1 + c] =
          -w.weight.slope * w.offset[c] / reach_ * at +
          w.weight.value * (row_change[static_cast<std::size_t>(c)].dot(w.powers) + row.dot(powers_change(w, c)));
  }
  const double relative = full_density_ * (inside - outside_density);
  const Smooth step = smooth_step((density / full_density_ - outside_density) / (inside - outside_density));
  fit.inside << step.value, step.slope * density_change / relative;
}

std::vector<PathShare> MuscleSection::shares(const Eigen::Vector2d& centre, double radius) const {
  std::vector<PathShare> result;
  std::vector<int> place(static_cast<std::size_t>(places_.cols()), -1);
  Eigen::Vector4d total = Eigen::Vector4d::Zero();
  LocalFit fit;
  for (const Eigen::Vector2d& disc_point : disc_points()) {
    fit_at(centre + radius * disc_point, fit);
    const auto by_parameter = [&](const Eigen::Vector3d& by_point) {
      return Eigen::Vector4d(by_point[0], by_point[1], by_point[2],
                             by_point[1] * disc_point.x() + by_point[2] * disc_point.y());
    };
    Eigen::Vector4d weight = by_parameter(fit.inside);
    weight[0] += faintest;
    total += weight;
    for (const auto& neighbour : fit.neighbours) {
      int& at = place[static_cast<std::size_t>(neighbour.path)];
      if (at < 0) {
        at = static_cast<int>(result.size());
        result.push_back({neighbour.path, Eigen::Vector4d::Zero()});
      }
      const Eigen::Vector4d share = by_parameter(neighbour.share);
      Eigen::Vector4d product = weight[0] * share + share[0] * weight;
      product[0] = weight[0] * share[0];
      result[static_cast<std::size_t>(at)].share += product;
    }
  }
  for (PathShare& s : result) {
    s.share /= total[0];
    s.share.tail<3>() -= s.share[0] / total[0] * total.tail<3>();
  }
  std::sort(result.begin(), result.end(), [](const PathShare& a, const PathShare& b) { return a.path < b.path; });
  return result;
}

Eigen::Vector4d MuscleSection::part_inside(const Eigen::Vector2d& centre, double radius) const {
  Eigen::Vector4d total = Eigen::Vector4d::Zero();
  LocalFit fit;
  for (const Eigen::Vector2d& disc_point : disc_points()) {
    fit_at(centre + radius * disc_point, fit);
    total += Eigen::Vector4d(fit.inside[0], fit.inside[1], fit.inside[2],
                             fit.inside[1] * disc_point.x() + fit.inside[2] * disc_point.y());
  }
  return total / static_cast<double>(disc_points().size());
}

}  // namespace bmiss
