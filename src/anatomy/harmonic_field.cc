#include "anatomy/harmonic_field.h"

#include <Eigen/IterativeLinearSolvers>

#include "base/errors.h"

namespace bmiss {
namespace {

using Matrix = Eigen::SparseMatrix<double>;
using Solver = Eigen::ConjugateGradient<Matrix, Eigen::Lower | Eigen::Upper, Eigen::IncompleteCholesky<double>>;

// Directions are wanted to a fraction of a degree: 1e-9 leaves the discretisation as the only error.
constexpr double tolerance = 1e-9;

Eigen::VectorXd solve_or_throw(const Solver& solver, const Eigen::VectorXd& rhs) {
  Eigen::VectorXd result = solver.solve(rhs);
  if (solver.info() != Eigen::Success || !result.allFinite())
    throw NumericalError("the Laplace problem of the fibre directions did not converge (residual " +
                         std::to_string(solver.error()) + " after " + std::to_string(solver.iterations()) +
                         " iterations); the mesh of the muscle probably has degenerate tetrahedra");
  return result;
}

void prepare(Solver& solver, const Matrix& matrix) {
  solver.setTolerance(tolerance);
  solver.setMaxIterations(20000);
  solver.compute(matrix);
}

}  // namespace

Matrix stiffness_matrix(const MuscleTets& muscle) {
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(muscle.tets.size() * 16);
  for (int tet = 0; tet < muscle.size(); ++tet) {
    const auto gradients = muscle.gradients(tet);
    const Eigen::Matrix4d block = muscle.volumes[tet] * (gradients.transpose() * gradients);
    const auto& t = muscle.tets[static_cast<std::size_t>(tet)];
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j)
        entries.emplace_back(t[static_cast<std::size_t>(i)], t[static_cast<std::size_t>(j)], block(i, j));
  }
  Matrix result(muscle.points.cols(), muscle.points.cols());
  result.setFromTriplets(entries.begin(), entries.end());
  return result;
}

Eigen::VectorXd lumped_volumes(const MuscleTets& muscle) {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(muscle.points.cols());
  for (int tet = 0; tet < muscle.size(); ++tet)
    for (const int point : muscle.tets[static_cast<std::size_t>(tet)]) result[point] += muscle.volumes[tet] / 4;
  return result;
}

struct DirichletProblem::State {
  std::vector<int> unknown;  // [n_points] number among the unknowns, -1: fixed
  int n_unknowns = 0;
  Matrix inner, coupling;  // unknown x unknown, unknown x all points
  Solver solver;
};

DirichletProblem::DirichletProblem(const Matrix& stiffness, const std::vector<char>& fixed)
    : state_(std::make_unique<State>()) {
  state_->unknown.assign(fixed.size(), -1);
  for (std::size_t i = 0; i < fixed.size(); ++i)
    if (fixed[i] == 0) state_->unknown[i] = state_->n_unknowns++;
  std::vector<Eigen::Triplet<double>> inner, coupling;
  for (int column = 0; column < stiffness.outerSize(); ++column)
    for (Matrix::InnerIterator entry(stiffness, column); entry; ++entry) {
      const int row = state_->unknown[static_cast<std::size_t>(entry.row())];
      if (row < 0) continue;
      const int other = state_->unknown[static_cast<std::size_t>(column)];
      if (other >= 0)
        inner.emplace_back(row, other, entry.value());
      else
        coupling.emplace_back(row, column, entry.value());
    }
  state_->inner.resize(state_->n_unknowns, state_->n_unknowns);
  state_->inner.setFromTriplets(inner.begin(), inner.end());
  state_->coupling.resize(state_->n_unknowns, stiffness.cols());
  state_->coupling.setFromTriplets(coupling.begin(), coupling.end());
  if (state_->n_unknowns > 0) prepare(state_->solver, state_->inner);
}

DirichletProblem::~DirichletProblem() = default;

Eigen::VectorXd DirichletProblem::solve(const Eigen::VectorXd& values, const Eigen::VectorXd& load) const {
  Eigen::VectorXd result = values;
  if (state_->n_unknowns == 0) return result;
  Eigen::VectorXd rhs = -(state_->coupling * values);
  for (std::size_t i = 0; i < state_->unknown.size(); ++i)
    if (state_->unknown[i] >= 0) rhs[state_->unknown[i]] += load[static_cast<Eigen::Index>(i)];
  const Eigen::VectorXd inner = solve_or_throw(state_->solver, rhs);
  for (std::size_t i = 0; i < state_->unknown.size(); ++i)
    if (state_->unknown[i] >= 0) result[static_cast<Eigen::Index>(i)] = inner[state_->unknown[i]];
  return result;
}

Eigen::VectorXd slowest_mode(const Matrix& stiffness, const Eigen::VectorXd& volumes, const Eigen::VectorXd& guess) {
  const double total = volumes.sum();
  const auto without_mean = [&](const Eigen::VectorXd& v) -> Eigen::VectorXd {
    return v.array() - v.dot(volumes) / total;
  };
  Eigen::VectorXd mode = without_mean(guess);
  // Inverse iteration with a shift well below the wanted eigenvalue (estimated from the guess) keeps K regular.
  const double estimate = mode.dot(stiffness * mode) / mode.dot(volumes.cwiseProduct(mode));
  Matrix shifted = stiffness;
  for (Eigen::Index i = 0; i < volumes.size(); ++i)
    shifted.coeffRef(static_cast<int>(i), static_cast<int>(i)) += 0.05 * estimate * volumes[i];
  Solver solver;
  prepare(solver, shifted);
  for (int sweep = 0; sweep < 12; ++sweep) {
    mode = without_mean(solve_or_throw(solver, volumes.cwiseProduct(mode)));
    mode /= mode.cwiseAbs().maxCoeff();
  }
  return mode;
}

}  // namespace bmiss
