// A linear solver with its true residuals: measured in double precision after every solve, and repaired when rounding
// left them above the tolerance.
#pragma once

#include <memory>
#include <vector>

#include "solvers/linear/linear_solver.h"
#include "solvers/linear/split_matrix.h"

namespace bmiss {

class RefinedSolver {
public:
  // `matrix` must outlive it.
  RefinedSolver(const SplitMatrix& matrix, std::unique_ptr<LinearSolver> solver, int largest_iterations,
                MPI_Comm communicator);

  struct Outcome {
    std::vector<int> iterations;
    std::vector<double> residuals;  // |b - A x| / |b|
  };
  // Solves for the first `n` lanes of rhs() into solution(), up to a constant; current() is then A x. Collective.
  Outcome solve(int n, double tolerance);

  DoubleBlock& rhs() { return rhs_; }
  DoubleBlock& solution() { return solution_; }
  const DoubleBlock& current() const { return current_; }
  const LinearSolver& method() const { return *solver_; }

private:
  LaneValues residuals(const LaneValues& sizes);
  void refine(int n, double tolerance, const LaneValues& sizes, LaneValues& relative, std::vector<int>& iterations);

  const SplitMatrix& matrix_;
  std::unique_ptr<LinearSolver> solver_;
  int largest_iterations_;
  MPI_Comm communicator_;
  DoubleBlock rhs_, solution_, current_;
};

}  // namespace bmiss
