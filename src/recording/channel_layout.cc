#include "recording/channel_layout.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <map>
#include <set>
#include <string>

namespace bmiss {
namespace {

constexpr double unknown = std::numeric_limits<double>::infinity();

Eigen::MatrixXd straight_distances(const Eigen::Matrix3Xd& places) {
  Eigen::MatrixXd distances(places.cols(), places.cols());
  for (Eigen::Index i = 0; i < places.cols(); ++i)
    distances.col(i) = (places.colwise() - places.col(i)).colwise().norm().transpose();
  return distances;
}

// Median over the electrodes of the distance to the nearest other one.
double neighbour_distance(const Eigen::MatrixXd& distances) {
  const Eigen::Index n = distances.rows();
  std::vector<double> nearest(static_cast<std::size_t>(n), unknown);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j)
      if (j != i)
        nearest[static_cast<std::size_t>(i)] = std::min(nearest[static_cast<std::size_t>(i)], distances(i, j));
  std::nth_element(nearest.begin(), nearest.begin() + n / 2, nearest.end());
  return nearest[static_cast<std::size_t>(n / 2)];
}

// Shortest ways (Floyd 1962) over steps of at most `reach`, more where the net falls apart otherwise.
Eigen::MatrixXd distances_along(const Eigen::MatrixXd& straight, double reach) {
  for (;; reach *= 1.5) {
    Eigen::MatrixXd ways = (straight.array() <= reach).select(straight, unknown);
    for (Eigen::Index k = 0; k < ways.rows(); ++k)
      for (Eigen::Index j = 0; j < ways.cols(); ++j)
        if (ways(k, j) < unknown) ways.col(j) = ways.col(j).cwiseMin((ways.col(k).array() + ways(k, j)).matrix());
    if (ways.maxCoeff() < unknown) return ways;
  }
}

// Classical scaling: the places in the plane whose distances come nearest to these.
Eigen::Matrix2Xd flattened(const Eigen::MatrixXd& distances) {
  Eigen::MatrixXd products = -0.5 * distances.cwiseAbs2();
  products.rowwise() -= products.colwise().mean().eval();
  products.colwise() -= products.rowwise().mean().eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(products);
  const Eigen::Index n = distances.rows();
  Eigen::Matrix2Xd places = Eigen::Matrix2Xd::Zero(2, n);
  for (Eigen::Index axis = 0; axis < std::min<Eigen::Index>(2, n); ++axis)
    places.row(axis) = std::sqrt(std::max(0.0, solver.eigenvalues()[n - 1 - axis])) *
                       solver.eigenvectors().col(n - 1 - axis).transpose();
  return places;
}

// Rows become level: directions to neighbours, which differ by quarter turns, are averaged as fourth powers.
void level(Eigen::Matrix2Xd& places, double spacing) {
  std::complex<double> sum = 0;
  for (Eigen::Index i = 0; i < places.cols(); ++i)
    for (Eigen::Index j = 0; j < i; ++j) {
      const std::complex<double> step(places(0, i) - places(0, j), places(1, i) - places(1, j));
      if (std::abs(step) < 1.2 * spacing) sum += std::pow(step / std::abs(step), 4);
    }
  if (sum == 0.0) return;
  const double angle = -std::arg(sum) / 4, c = std::cos(angle), s = std::sin(angle);
  places = (Eigen::Matrix2d() << c, -s, s, c).finished() * places.eval();
}

// Steps from channel to channel go to the right rather than down, and the channels begin at the upper left.
void read_like_a_page(Eigen::Matrix2Xd& places) {
  const Eigen::Index n = places.cols();
  const Eigen::Matrix2Xd steps = places.rightCols(n - 1) - places.leftCols(n - 1);
  Eigen::Index level_steps = 0;
  for (Eigen::Index k = 0; k < n - 1; ++k)
    if (std::abs(steps(0, k)) >= std::abs(steps(1, k))) ++level_steps;
  if (2 * level_steps < n - 1) places = places.colwise().reverse().eval();
  const Eigen::VectorXd order = Eigen::VectorXd::LinSpaced(n, -1, 1);
  if (places.row(1).dot(order) < 0) places.row(1) *= -1;
  int rightward = 0;
  for (Eigen::Index k = 0; k + 1 < n; ++k) {
    const Eigen::Vector2d step = places.col(k + 1) - places.col(k);
    if (std::abs(step.x()) > std::abs(step.y())) rightward += step.x() > 0 ? 1 : -1;
  }
  // Ends of rows go back far: small steps decide, unless rows run to and fro.
  if (rightward < 0) places.row(0) *= -1;
}

// The whole numbers that places of a regular grid are near to; other grids are left as they are.
void snap(Eigen::Matrix2Xd& places) {
  Eigen::Matrix2Xd cells = places;
  std::set<std::pair<double, double>> taken;
  for (Eigen::Index axis = 0; axis < 2; ++axis) {
    std::complex<double> phase = 0;
    for (const double x : places.row(axis)) phase += std::polar(1.0, 2 * std::acos(-1.0) * x);
    cells.row(axis).array() -= std::arg(phase) / (2 * std::acos(-1.0));
  }
  const Eigen::Matrix2Xd rounded = cells.array().round();
  for (Eigen::Index k = 0; k < rounded.cols(); ++k) taken.insert({rounded(0, k), rounded(1, k)});
  if ((rounded - cells).cwiseAbs().maxCoeff() < 0.35 && static_cast<Eigen::Index>(taken.size()) == rounded.cols())
    places = rounded;
}

Eigen::Matrix2Xd rows_of_eight(Eigen::Index n) {
  Eigen::Matrix2Xd places(2, n);
  for (Eigen::Index k = 0; k < n; ++k) places.col(k) << static_cast<double>(k % 8), static_cast<double>(k / 8);
  return places;
}

Eigen::Matrix2Xd lay_out(Eigen::Matrix3Xd positions) {
  if (positions.row(2).hasNaN()) positions.row(2).setZero();  // places in a plane
  const Eigen::Index n = positions.cols();
  if (n < 2 || !positions.allFinite()) return rows_of_eight(n);
  const Eigen::MatrixXd straight = straight_distances(positions);
  const double spacing = neighbour_distance(straight);
  if (!(spacing > 0)) return rows_of_eight(n);
  Eigen::Matrix2Xd places = flattened(distances_along(straight, 2.5 * spacing)) / spacing;
  level(places, 1);
  read_like_a_page(places);
  snap(places);
  places.colwise() -= places.rowwise().minCoeff().eval();
  return places;
}

}  // namespace

Eigen::Matrix2Xd channel_layout(const std::vector<Channel>& channels) {
  std::map<std::string, std::vector<Eigen::Index>> grids;
  for (std::size_t i = 0; i < channels.size(); ++i) grids[channels[i].group].push_back(static_cast<Eigen::Index>(i));
  Eigen::Matrix2Xd layout(2, static_cast<Eigen::Index>(channels.size()));
  double left = 0;
  for (const auto& [name, members] : grids) {
    Eigen::Matrix3Xd positions(3, static_cast<Eigen::Index>(members.size()));
    for (std::size_t k = 0; k < members.size(); ++k)
      positions.col(static_cast<Eigen::Index>(k)) = channels[static_cast<std::size_t>(members[k])].position;
    Eigen::Matrix2Xd places = lay_out(positions);
    places.row(0).array() += left;
    left = places.row(0).maxCoeff() + 2;
    layout(Eigen::all, members) = places;
  }
  return layout;
}

}  // namespace bmiss
