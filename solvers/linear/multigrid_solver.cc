// Conjugate gradients on sixteen right-hand sides at once, each with coefficients of its own.
#include <algorithm>
#include <cmath>
#include <string>

#include "solvers/conductor/finite_element_space.h"
#include "solvers/linear/block_kernels.h"
#include "solvers/linear/linear_solver.h"
#include "solvers/linear/multigrid_cycle.h"
#include "solvers/linear/solver_options.h"

namespace bmiss {
namespace {

// The recursive residual is replaced by the true one, computed in double precision, when a lane has fallen by this
// factor since the last time: single precision holds about 1e-6 of it. The search direction is kept, so that
// convergence goes on as if nothing had happened (van der Vorst & Ye 2000).
constexpr double replaced_after = 1e-4;

LaneValues ratio(const LaneValues& a, const LaneValues& b) {
  LaneValues result{};
  for (std::size_t lane = 0; lane < result.size(); ++lane) result[lane] = b[lane] > 0 ? a[lane] / b[lane] : 0;
  return result;
}

// Of squared norms: whether every, or some, lane has fallen to `factor` of `from`.
bool all_below(const LaneValues& norms, const LaneValues& from, double factor) {
  for (std::size_t lane = 0; lane < norms.size(); ++lane)
    if (norms[lane] > factor * factor * from[lane]) return false;
  return true;
}
bool any_below(const LaneValues& norms, const LaneValues& from, double factor) {
  for (std::size_t lane = 0; lane < norms.size(); ++lane)
    if (from[lane] > 0 && norms[lane] < factor * factor * from[lane]) return true;
  return false;
}

class MultigridSolver : public LinearSolver {
public:
  MultigridSolver(const FiniteElementSpace& space, const SplitMatrix& split, Mat matrix, PetscInt grounded,
                  const SolverOptions& options)
      : communicator_(space.communicator()),
        split_(split),
        cycle_(split, matrix, space.interpolation_from_linear(-1), grounded, communicator_),
        largest_iterations_(options.largest_iterations) {
    PetscInt n_unknowns = 0;
    BMISS_PETSC(MatGetSize(matrix, &n_unknowns, nullptr));
    n_unknowns_ = n_unknowns;
    const auto n = static_cast<std::size_t>(split.n_rows());
    for (FloatBlock* block : {&correction_, &residual_, &direction_, &product_}) block->resize(n);
    preconditioned_.resize(split.n_extended());
  }

  std::vector<int> solve(const DoubleBlock& rhs, DoubleBlock& solution, int n_rhs, double tolerance) override {
    std::fill(solution.begin(), solution.end(), DoubleRow{});
    std::fill(direction_.begin(), direction_.end(), FloatRow{});
    std::fill(product_.begin(), product_.end(), FloatRow{});
    std::fill(correction_.begin(), correction_.end(), FloatRow{});
    const LaneValues load = true_residual(rhs, solution);
    LaneValues replaced = load, norms = load, curvature{};
    int iterations = 0;
    while (iterations < largest_iterations_ && !all_below(norms, load, tolerance)) {
      ++iterations;
      iterate(norms, curvature);
      if (!any_below(norms, replaced, replaced_after) && !all_below(norms, load, 0.8 * tolerance)) continue;
      kernels::take_over(correction_, solution);
      norms = replaced = true_residual(rhs, solution);
    }
    kernels::take_over(correction_, solution);
    return std::vector<int>(static_cast<std::size_t>(n_rhs), iterations);
  }

  std::size_t block_size() const override { return n_lanes; }
  std::string description() const override {
    return "conjugate gradients with p-multigrid on blocks of " + std::to_string(n_lanes) + " electrodes (" +
           std::to_string(cycle_.n_levels()) + " levels)";
  }

private:
  // The new direction is made conjugate to the last one by its own product, not by the quotient of residuals, so that
  // it stays so after rounding and after a replaced residual.
  void iterate(LaneValues& norms, LaneValues& curvature) {
    LaneValues descent{}, overlap{};
    cycle_.apply(residual_, preconditioned_);
    kernels::dot(residual_, product_, preconditioned_.data(), descent, overlap);
    sum_over_ranks(descent, communicator_);
    sum_over_ranks(overlap, communicator_);
    LaneValues beta = ratio(overlap, curvature);
    for (double& value : beta) value = -value;
    curvature.fill(0);
    cycle_.continue_direction(residual_, preconditioned_, beta, direction_, product_, curvature);
    sum_over_ranks(curvature, communicator_);
    norms.fill(0);
    kernels::step(ratio(descent, curvature), direction_.data(), product_, correction_, residual_, norms);
    sum_over_ranks(norms, communicator_);
  }

  // b - A x into residual_; its squared norms. Constants are no part of what A can give: what rounding left of them in
  // b would gather at the vertex that the level of linear elements holds at zero.
  LaneValues true_residual(const DoubleBlock& rhs, DoubleBlock& solution) {
    multiply(split_, solution, true_product_);
    LaneValues norms{};
    kernels::subtract(rhs, true_product_, residual_, norms);
    sum_over_ranks(norms, communicator_);
    const LaneValues means = remove_means(residual_, residual_.size(), n_unknowns_, communicator_);
    for (std::size_t lane = 0; lane < norms.size(); ++lane)
      norms[lane] = std::max(0.0, norms[lane] - n_unknowns_ * means[lane] * means[lane]);
    return norms;
  }

  MPI_Comm communicator_;
  const SplitMatrix& split_;
  MultigridCycle cycle_;
  int largest_iterations_;
  double n_unknowns_ = 0;
  FloatBlock correction_, residual_, product_, preconditioned_, direction_;
  DoubleBlock true_product_;
};

}  // namespace

std::unique_ptr<LinearSolver> make_multigrid_solver(const FiniteElementSpace& space, const SplitMatrix& split,
                                                    Mat matrix, PetscInt grounded, const SolverOptions& options) {
  return std::make_unique<MultigridSolver>(space, split, matrix, grounded, options);
}

}  // namespace bmiss
