#include "solvers/linear/refined_solver.h"

#include <algorithm>
#include <cmath>

namespace bmiss {

RefinedSolver::RefinedSolver(const SplitMatrix& matrix, std::unique_ptr<LinearSolver> solver, int largest_iterations,
                             MPI_Comm communicator)
    : matrix_(matrix),
      solver_(std::move(solver)),
      largest_iterations_(largest_iterations),
      communicator_(communicator),
      rhs_(static_cast<std::size_t>(matrix.n_rows())),
      solution_(matrix.n_extended()),
      current_(static_cast<std::size_t>(matrix.n_rows())) {}

LaneValues RefinedSolver::residuals(const LaneValues& sizes) {
  multiply(matrix_, solution_, current_);
  LaneValues sums{};
  for (std::size_t row = 0; row < rhs_.size(); ++row)
    for (std::size_t lane = 0; lane < sums.size(); ++lane) {
      const double rest = rhs_[row].values[lane] - current_[row].values[lane];
      sums[lane] += rest * rest;
    }
  sum_over_ranks(sums, communicator_);
  for (std::size_t lane = 0; lane < sums.size(); ++lane)
    sums[lane] = sizes[lane] > 0 ? std::sqrt(sums[lane] / sizes[lane]) : 0;
  return sums;
}

RefinedSolver::Outcome RefinedSolver::solve(int n, double tolerance) {
  LaneValues sizes{};  // squared
  for (const DoubleRow& row : rhs_)
    for (std::size_t lane = 0; lane < sizes.size(); ++lane) sizes[lane] += row.values[lane] * row.values[lane];
  sum_over_ranks(sizes, communicator_);
  Outcome outcome;
  outcome.iterations = solver_->solve(rhs_, solution_, n, 0.5 * tolerance);
  LaneValues relative = residuals(sizes);
  refine(n, tolerance, sizes, relative, outcome.iterations);
  outcome.residuals.assign(relative.begin(), relative.begin() + n);
  return outcome;
}

// Cannot rescue a solver that does not converge.
void RefinedSolver::refine(int n, double tolerance, const LaneValues& sizes, LaneValues& relative,
                           std::vector<int>& iterations) {
  const auto unfinished = [&](std::size_t lane) {
    return relative[lane] > tolerance && std::isfinite(relative[lane]) && iterations[lane] < largest_iterations_;
  };
  const auto n_used = static_cast<std::size_t>(n);
  for (int round = 0; round < 3; ++round) {
    double worst = 0;
    for (std::size_t lane = 0; lane < n_used; ++lane)
      if (unfinished(lane)) worst = std::max(worst, relative[lane]);
    if (worst == 0) return;
    DoubleBlock defect(rhs_.size()), correction(solution_.size());
    for (std::size_t lane = 0; lane < n_used; ++lane)
      if (unfinished(lane))
        for (std::size_t row = 0; row < defect.size(); ++row)
          defect[row].values[lane] = rhs_[row].values[lane] - current_[row].values[lane];
    const std::vector<int> more = solver_->solve(defect, correction, n, 0.2 * tolerance / worst);
    for (std::size_t lane = 0; lane < n_used; ++lane) {
      if (!unfinished(lane)) continue;
      iterations[lane] += more[lane];
      for (std::size_t row = 0; row < rhs_.size(); ++row) solution_[row].values[lane] += correction[row].values[lane];
    }
    relative = residuals(sizes);
  }
}

}  // namespace bmiss
