// What a lead field will cost on the ranks at hand, before anything is computed: how the ranks are grouped, the solver,
// memory, disk and time.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <string>

#include "solvers/lead_field/rank_groups.h"
#include "solvers/linear/solver_options.h"

namespace bmiss {

class Report;

struct ProblemSize {
  std::size_t n_tets = 0, n_unknowns = 0;
  std::size_t n_rows = 0, n_missing = 0;  // the latter are still to be solved
  double disk = 0;                        // of the finished file [bytes]
};

struct CostEstimate {
  ProblemSize size;
  int n_ranks = 1, n_groups = 1;
  std::string grouping;                     // why so
  MethodChoice method;                      // of each group
  double memory = 0;                        // of the rank that needs most [bytes]
  double available = 0;                     // for each rank [bytes]
  double set_up = 0, rows = 0, checks = 0;  // [s]
  double seconds() const { return set_up + rows + checks; }
};

CostEstimate predict_cost(const ProblemSize& size, const SolverOptions& options, int n_ranks, double available);
// With the memory of the machine. Collective; `size` counts on rank 0.
CostEstimate estimate_cost(ProblemSize size, const SolverOptions& options, MPI_Comm communicator);

std::string one_line(const CostEstimate& estimate);
void print_estimate(const CostEstimate& estimate, Report& report);  // a table

}  // namespace bmiss
