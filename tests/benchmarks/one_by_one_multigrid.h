// p-multigrid as a library gives it, for comparison: one right-hand side after the other, all in double precision.
#pragma once

#include <vector>

#include "benchmarks/solver_case.h"

namespace bmiss::bench {

struct SolverTimes {
  double set_up = 0, per_electrode = 0;  // [s], the slowest rank
  int iterations = 0;                    // largest of any electrode
  double worst_residual = 0;
};

// Conjugate gradients with two Chebyshev-Jacobi steps before and after BoomerAMG on the linear elements, for the first
// `n_electrodes`. Collective.
SolverTimes time_one_by_one_multigrid(const SolverCase& system, std::size_t n_electrodes, double tolerance);

}  // namespace bmiss::bench
