#include "anatomy/piece_directions.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <queue>

#include "anatomy/direction_smoothing.h"
#include "anatomy/harmonic_field.h"
#include "base/errors.h"

namespace bmiss {
namespace {

// Gradients weaker than this part of the median have no direction of their own (inside a free end, dead corners).
constexpr double weakest_gradient = 0.15;

// Mean gradient through an end, counted from proximal to distal, times its area.
double flux_through(const MuscleEnd& end, const Eigen::VectorXd& reaction, double outward) {
  double sum = 0;
  for (const int point : end.points) sum += reaction[point];
  return outward * sum;
}

// Potential 0 at the proximal and 1 at the distal end. At a cut a constant would force the fibres to be normal to the
// plane: there the potential changes along the slope of the centroid line, a_e g.(x - c), also beyond it where the
// muscle goes on behind a plane. Its amplitude a_e is the mean gradient normal to the cut, which depends on the
// amplitudes itself: area_e a_e = flux_e(base) + sum_f a_f flux_e(response f).
Eigen::VectorXd potential(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                          const MuscleEnds& ends) {
  std::vector<char> fixed(piece.source_points.size(), 0);
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(piece.points.cols());
  Eigen::VectorXd values = none;
  for (const int point : ends.proximal.points) fixed[static_cast<std::size_t>(point)] = 1;
  for (const int point : ends.distal.points) {
    fixed[static_cast<std::size_t>(point)] = 1;
    values[point] = 1;
  }
  const DirichletProblem problem(stiffness, fixed);
  const Eigen::VectorXd base = problem.solve(values, none);

  struct Inclined {
    const MuscleEnd* end;
    double outward;  // of the direction from proximal to distal
    Eigen::VectorXd response, reaction;
  };
  std::vector<Inclined> inclined;
  for (const auto& [end, outward] : {std::pair{&ends.proximal, -1.0}, std::pair{&ends.distal, 1.0}}) {
    if (!end->is_cut) continue;
    values.setZero();
    for (const int point : end->points) values[point] = end->onward.dot(piece.points.col(point) - end->centre);
    if (values.cwiseAbs().maxCoeff() < 1e-9) continue;  // [m]: a flat cut met at a right angle
    const Eigen::VectorXd response = problem.solve(values, none);
    inclined.push_back({end, outward, response, stiffness * response});
  }
  const auto n = static_cast<Eigen::Index>(inclined.size());
  Eigen::MatrixXd matrix(n, n);
  Eigen::VectorXd rhs(n);
  const Eigen::VectorXd reaction = stiffness * base;
  for (Eigen::Index e = 0; e < n; ++e) {
    const Inclined& at = inclined[static_cast<std::size_t>(e)];
    rhs[e] = flux_through(*at.end, reaction, at.outward) / at.end->area;
    for (Eigen::Index f = 0; f < n; ++f)
      matrix(e, f) = (e == f ? 1 : 0) -
                     flux_through(*at.end, inclined[static_cast<std::size_t>(f)].reaction, at.outward) / at.end->area;
  }
  const Eigen::VectorXd amplitude = matrix.fullPivLu().solve(rhs);
  Eigen::VectorXd result = base;
  for (Eigen::Index e = 0; e < n; ++e) {
    // Coupled too strongly (a cut as wide as the muscle is long): the first estimate is kept.
    const bool plausible = amplitude[e] > 0.5 * rhs[e] && amplitude[e] < 2 * rhs[e];
    result += (plausible ? amplitude[e] : rhs[e]) * inclined[static_cast<std::size_t>(e)].response;
  }
  return result;
}

// Tetrahedra without a direction take that of the nearest one with, walking through the piece.
void fill_from_nearest(const MuscleTets& piece, std::vector<char>& good, Eigen::Matrix3Xd& directions) {
  using Item = std::pair<double, int>;
  std::priority_queue<Item, std::vector<Item>, std::greater<>> front;
  std::vector<double> distance(piece.tets.size(), INFINITY);
  std::vector<int> origin(piece.tets.size(), -1);
  for (int tet = 0; tet < piece.size(); ++tet)
    if (good[static_cast<std::size_t>(tet)] != 0) {
      distance[static_cast<std::size_t>(tet)] = 0;
      origin[static_cast<std::size_t>(tet)] = tet;
      for (const int next : piece.neighbours[static_cast<std::size_t>(tet)])
        if (next >= 0 && good[static_cast<std::size_t>(next)] == 0) {
          front.emplace(0.0, tet);
          break;
        }
    }
  while (!front.empty()) {
    const auto [reached, tet] = front.top();
    front.pop();
    if (reached > distance[static_cast<std::size_t>(tet)]) continue;
    for (const int next : piece.neighbours[static_cast<std::size_t>(tet)]) {
      if (next < 0) continue;
      const int from = origin[static_cast<std::size_t>(tet)];
      const double there = (piece.centroid(next) - piece.centroid(from)).norm();
      if (good[static_cast<std::size_t>(next)] != 0 || there >= distance[static_cast<std::size_t>(next)]) continue;
      distance[static_cast<std::size_t>(next)] = there;
      origin[static_cast<std::size_t>(next)] = from;
      front.emplace(there, next);
    }
  }
  for (std::size_t tet = 0; tet < piece.tets.size(); ++tet)
    directions.col(static_cast<Eigen::Index>(tet)) = directions.col(origin[tet]).eval();
}

PieceDirections follow_gradient(const MuscleTets& piece, const Eigen::VectorXd& field, double wavelength) {
  PieceDirections result;
  result.directions.resize(3, piece.size());
  std::vector<double> magnitude(piece.tets.size());
  for (int tet = 0; tet < piece.size(); ++tet) {
    const auto& t = piece.tets[static_cast<std::size_t>(tet)];
    const Eigen::Vector4d values(field[t[0]], field[t[1]], field[t[2]], field[t[3]]);
    const Eigen::Vector3d gradient = piece.gradients(tet) * values;
    magnitude[static_cast<std::size_t>(tet)] = gradient.norm();
    result.directions.col(tet) = gradient.normalized();
  }
  std::vector<double> sorted = magnitude;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  std::vector<char> good(piece.tets.size());
  for (std::size_t tet = 0; tet < good.size(); ++tet) {
    good[tet] = magnitude[tet] > 0 && magnitude[tet] >= weakest_gradient * *middle;
    result.filled += good[tet] == 0;
  }
  if (std::count(good.begin(), good.end(), 1) == 0) throw NumericalError("the Laplace field of a muscle is constant");
  fill_from_nearest(piece, good, result.directions);
  smooth_along_fibres(piece, wavelength, result.directions);
  return result;
}

}  // namespace

PieceDirections directions_between(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                                   const MuscleEnds& ends, double wavelength) {
  BMISS_ASSERT(ends.found);
  return follow_gradient(piece, potential(piece, stiffness, ends), wavelength);
}

void incline(const MuscleTets& piece, const FibreMuscle& muscle, const Eigen::Vector3d& centroid,
             Eigen::Matrix3Xd& directions) {
  if (muscle.pennation == 0) return;
  const Eigen::Vector3d towards = muscle.pennation_direction.normalized();
  for (int tet = 0; tet < piece.size(); ++tet) {
    const Eigen::Vector3d along = directions.col(tet), across = towards - along * along.dot(towards);
    if (across.norm() < 1e-6) continue;  // the line of action runs along the direction: no plane, no inclination
    double sign = 1;
    if (muscle.pennation_kind == PennationKind::bipennate)
      sign = towards.dot(piece.centroid(tet) - centroid) > 0 ? -1 : 1;
    directions.col(tet) = std::cos(muscle.pennation) * along + sign * std::sin(muscle.pennation) * across.normalized();
  }
}

}  // namespace bmiss
