#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <queue>

#include "anatomy/electrodes.h"
#include "anatomy/fibres.h"
#include "anatomy/harmonic_field.h"
#include "anatomy/muscle_ends.h"
#include "anatomy/muscle_tets.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"

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
// plane: there the potential changes sideways along the slope of the centroid line, a_e slope.(x - c). Its amplitude
// a_e is the mean gradient normal to the cut, which depends on the amplitudes itself: area_e a_e = flux_e(base) + sum_f
// a_f flux_e(response f).
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
    double outward;  // of the gradient from proximal to distal; the slope of the distal end looks back, against it
    Eigen::VectorXd response, reaction;
  };
  std::vector<Inclined> inclined;
  for (const auto& [end, outward] : {std::pair{&ends.proximal, -1.0}, std::pair{&ends.distal, 1.0}}) {
    if (!end->is_cut || end->slope.norm() == 0) continue;
    values.setZero();
    for (const int point : end->points)
      values[point] = -outward * end->slope.dot(piece.points.col(point) - end->centre);
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

struct PieceDirections {
  Eigen::Matrix3Xd directions;  // [3 x n]
  int filled = 0;               // tetrahedra whose own gradient was too weak
};

PieceDirections follow_gradient(const MuscleTets& piece, const Eigen::VectorXd& field) {
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
  return result;
}

struct MuscleSummary {
  double volume_by_axis = 0, volume_by_limb_ends = 0, volume = 0;  // m^3
  int pieces_by_axis = 0, filled = 0, tets_by_axis = 0;
};

void warn(const Tissue& tissue, const MuscleTets& muscle, const MuscleSummary& summary, Report& report) {
  const std::string name = "muscle '" + tissue.name + "' (label " + std::to_string(tissue.label) + ")";
  if (summary.pieces_by_axis > 0)
    report.warn(name + ": fibres of " + std::to_string(summary.pieces_by_axis) + " of its " +
                std::to_string(muscle.n_pieces) + " pieces (" + std::to_string(summary.tets_by_axis) + " tetrahedra, " +
                format("%.2g", 100 * summary.volume_by_axis / summary.volume) +
                " % of its volume) follow the limb's axis, because these pieces are too small to tell their ends");
  if (summary.volume_by_limb_ends > 0)
    report.warn(name + ": " + format("%.0f", 100 * summary.volume_by_limb_ends / summary.volume) +
                " % of its volume is about as wide as long, so its ends are taken along the limb's axis");
}

}  // namespace

FibreDirections harmonic_fibre_directions(const TetMesh& mesh, const TissueTable& tissues, Report& report) {
  const Phase phase(report, "fibre directions");
  FibreDirections result = FibreDirections::Zero(3, static_cast<Eigen::Index>(mesh.n_tets()));
  const Eigen::Vector3d axis = limb_axis(mesh);
  std::size_t filled = 0, total = 0;
  for (const Tissue* tissue : tissues.of_kind(TissueKind::muscle)) {
    const MuscleTets muscle = muscle_tets(mesh, tissue->label);
    MuscleSummary summary;
    summary.volume = muscle.volumes.sum();
    for (int number = 0; number < muscle.n_pieces; ++number) {
      const MuscleTets piece = muscle.piece(number);
      const auto stiffness = stiffness_matrix(piece);
      const MuscleEnds ends = find_ends(piece, stiffness, axis);
      Eigen::Matrix3Xd directions = axis.replicate(1, piece.size());
      if (ends.found) {
        PieceDirections found = follow_gradient(piece, potential(piece, stiffness, ends));
        directions = std::move(found.directions);
        summary.filled += found.filled;
        if (ends.along_limb_axis) summary.volume_by_limb_ends += piece.volumes.sum();
      } else {
        ++summary.pieces_by_axis;
        summary.tets_by_axis += piece.size();
        summary.volume_by_axis += piece.volumes.sum();
      }
      for (int tet = 0; tet < piece.size(); ++tet)
        result.col(static_cast<Eigen::Index>(piece.source[static_cast<std::size_t>(tet)])) = directions.col(tet);
    }
    if (muscle.size() > 0) warn(*tissue, muscle, summary, report);
    filled += static_cast<std::size_t>(summary.filled);
    total += muscle.tets.size();
  }
  report.fact("fibres/tetrahedra", static_cast<double>(total));
  report.fact("fibres/tetrahedra filled from neighbours", static_cast<double>(filled));
  return result;
}

}  // namespace bmiss
