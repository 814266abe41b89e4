#include "solvers/lead_field/cost_estimate.h"

#include <algorithm>
#include <cmath>

#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/lead_field/preparation.h"
#include "solvers/linear/lanes.h"
#include "solvers/verification/error_estimate.h"

namespace bmiss {
namespace {

// One core at about 3 GHz: distribution and assembly, and the recovered gradients of one row [s].
constexpr double seconds_per_tet = 2.1e-5, seconds_per_tet_and_row = 0.3e-6;

// Of the program itself, and of the whole mesh on the first rank of a group [bytes].
constexpr double memory_of_program = 150e6, memory_per_tet = 0.7e3;

std::string duration(double seconds) {
  if (seconds < 120) return format("%.0f s", seconds);
  if (seconds < 7200) return format("%.0f min", seconds / 60);
  return format("%.1f h", seconds / 3600);
}

std::string memory_text(double bytes) {
  return bytes < 1e9 ? format("%.0f MB", bytes / 1e6) : format("%.1f GB", bytes / 1e9);
}

}  // namespace

CostEstimate predict_cost(const ProblemSize& size, const SolverOptions& options, int n_ranks, double available) {
  CostEstimate result;
  result.size = size;
  result.n_ranks = n_ranks;
  result.available = available;
  const double root = memory_of_program + memory_per_tet * static_cast<double>(size.n_tets);
  result.method = choose_method(options, size.n_unknowns, size.n_missing + n_check_sources);
  if (options.ranks_per_group > 0) {
    result.n_groups = std::max(1, n_ranks / options.ranks_per_group);
    result.grouping = "as the parameters say";
  } else {
    const GroupChoice choice =
        choose_groups(n_ranks, size.n_missing, n_lanes,
                      method_cost(result.method.method, options.degree, size.n_unknowns, 1).memory, available - root);
    result.n_groups = choice.n_groups;
    result.grouping = choice.reason;
  }
  const auto n_groups = static_cast<std::size_t>(result.n_groups);
  const std::size_t share = (size.n_missing + n_groups - 1) / n_groups;
  result.method = choose_method(options, size.n_unknowns, share + n_check_sources);
  const int ranks_each = n_ranks / result.n_groups;
  const auto solving = [&](std::size_t n_rhs) {
    return method_cost(result.method.method, options.degree, size.n_unknowns, n_rhs);
  };
  const double speed_up = std::pow(ranks_each, 0.8), n_tets = static_cast<double>(size.n_tets);
  const MethodCost rows = solving(share);
  result.memory = root + rows.memory / ranks_each;
  result.set_up = seconds_per_tet * n_tets + rows.set_up / speed_up;
  result.rows = rows.solve / speed_up;
  result.checks = (solving(n_check_sources).solve + solving(n_error_duals).solve) / speed_up +
                  seconds_per_tet_and_row * n_tets * static_cast<double>(size.n_rows + n_error_duals);
  return result;
}

CostEstimate estimate_cost(ProblemSize size, const SolverOptions& options, MPI_Comm communicator) {
  MPI_Bcast(&size, sizeof size, MPI_BYTE, 0, communicator);
  return predict_cost(size, options, mpi_size(communicator), memory_per_rank(communicator));
}

std::string one_line(const CostEstimate& e) {
  return std::to_string(e.size.n_missing) + " of " + std::to_string(e.size.n_rows) + " rows of " +
         std::to_string(e.size.n_unknowns) + " unknowns, " + std::to_string(e.n_groups) +
         (e.n_groups == 1 ? " group" : " groups") + " of ranks (" + e.grouping + "), about " + memory_text(e.memory) +
         " a rank, " + memory_text(e.size.disk) + " on the disk, " + duration(e.seconds());
}

void print_estimate(const CostEstimate& e, Report& report) {
  Table table({"what", "estimate", "because"});
  table.add_row({"unknowns", std::to_string(e.size.n_unknowns), std::to_string(e.size.n_tets) + " tetrahedra; exact"});
  table.add_row({"rows to solve", std::to_string(e.size.n_missing), "of " + std::to_string(e.size.n_rows) + "; exact"});
  table.add_row({"groups of ranks", std::to_string(e.n_groups), e.grouping});
  table.add_row({"method", e.method.method, e.method.reason});
  table.add_row({"memory per rank", memory_text(e.memory), memory_text(e.available) + " available to each"});
  table.add_row({"disk", memory_text(e.size.disk), "lead_field.h5"});
  table.add_row({"time", duration(e.seconds()),
                 duration(e.set_up) + " set-up, " + duration(e.rows) + " rows, " + duration(e.checks) + " checks"});
  report.table(table);
}

}  // namespace bmiss
