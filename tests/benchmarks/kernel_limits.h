// What the kernels of the block solver take of what the machine gives at best, measured in one run.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/solver_case.h"

namespace bmiss::bench {

struct KernelShare {
  std::string kernel;
  double seconds = 0;  // of one call for sixteen right-hand sides on the quadratic level
  double bytes = 0;    // that must be streamed at least: matrix once, vectors once [byte]
  double flops = 0;
  double bandwidth = 0;  // of a triad on arrays far larger than the caches, call by call in turn with this [byte/s]
};
std::vector<KernelShare> time_kernels(const SolverCase& system);  // collective

}  // namespace bmiss::bench
