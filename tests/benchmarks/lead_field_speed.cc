// Question: what does a lead field cost, by solver, by size, and of what the machine can give?
// Command:  mpirun -n 2 build/release/bin/lead_field_speed methods <folder of a finished bmiss leadfield>
//           mpirun -n 2 build/release/bin/lead_field_speed scaling
// Minutes:  about 5 each on 2 cores
// Expect:   the policy's choice at least 8 times as fast as BoomerAMG one by one; exit code 3 when not
#include <algorithm>
#include <iostream>
#include <sstream>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "benchmarks/kernel_limits.h"
#include "benchmarks/machine_limits.h"
#include "benchmarks/one_by_one_multigrid.h"
#include "benchmarks/solver_case.h"
#include "solvers/linear/field_solver.h"

namespace {

using namespace bmiss;
using namespace bmiss::bench;

constexpr double wanted_speed_up = 8;
constexpr double wanted_share = 0.5;  // of the limit that binds

double slowest(double seconds, MPI_Comm communicator) {
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, communicator);
  return seconds;
}

double memory_of_all_ranks() {
  double bytes = peak_memory();
  MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return bytes;
}

bool is_root() {
  return mpi_rank(MPI_COMM_WORLD) == 0;
}

void print(const Table& table) {
  if (is_root()) std::cout << table.text() << std::endl;
}

struct Timed {
  SolverTimes times;
  std::string method;
};

Timed time_solver(const SolverCase& system, const std::string& method, std::size_t n_electrodes,
                  MPI_Comm communicator = MPI_COMM_WORLD) {
  std::ostringstream log;
  Report report(log, 1);
  SolverOptions options;
  options.method = method;
  const double start = MPI_Wtime();
  FieldSolver solver(system.mesh, system.nodes, system.tensors, options, system.loads.size(), communicator, report);
  Timed result;
  result.times.set_up = slowest(MPI_Wtime() - start, communicator);
  result.method = solver.method();
  const std::vector<NodalFunctional> loads(system.loads.begin(),
                                           system.loads.begin() + static_cast<std::ptrdiff_t>(n_electrodes));
  const double before = MPI_Wtime();
  std::vector<std::string> names(system.names.begin(),
                                 system.names.begin() + static_cast<std::ptrdiff_t>(n_electrodes));
  const FieldSolution solution = solver.solve(loads, names);
  result.times.per_electrode = slowest(MPI_Wtime() - before, communicator) / static_cast<double>(n_electrodes);
  result.times.iterations = *std::max_element(solution.iterations.begin(), solution.iterations.end());
  result.times.worst_residual = *std::max_element(solution.residuals.begin(), solution.residuals.end());
  return result;
}

std::vector<std::string> cells(const std::string& name, std::size_t n, const SolverTimes& times, double baseline) {
  return {name,
          std::to_string(n),
          format("%.1f", times.set_up),
          format("%.3f", times.per_electrode),
          std::to_string(times.iterations),
          format("%.0e", times.worst_residual),
          format("%.2f", memory_of_all_ranks() / 1e9),
          format("%.1f", baseline / times.per_electrode)};
}

bool compare_methods(const SolverCase& system) {
  if (is_root())
    std::cout << "  " << system.n_unknowns << " unknowns, " << system.loads.size() << " electrodes, "
              << mpi_size(MPI_COMM_WORLD) << " ranks; set-up includes distribution and assembly except one by one"
              << std::endl;
  Table table({"solver", "electrodes timed", "set-up s", "s per electrode", "iterations", "residual",
               "peak memory so far GB", "times as fast as BoomerAMG"});
  const std::size_t n_all = system.loads.size(), few = std::min<std::size_t>(4, n_all);
  // The leanest first, so that each peak of memory is its own.
  const Timed chosen = time_solver(system, "auto", n_all);
  const double memory_chosen = memory_of_all_ranks();
  const SolverTimes one_by_one = time_one_by_one_multigrid(system, few, SolverOptions().tolerance);
  const Timed algebraic = time_solver(system, "algebraic", few);
  const double baseline = algebraic.times.per_electrode;
  auto row = cells("the policy's choice: " + chosen.method, n_all, chosen.times, baseline);
  row[6] = format("%.2f", memory_chosen / 1e9);
  table.add_row(row);
  table.add_row(cells("p-multigrid one by one", few, one_by_one, baseline));
  table.add_row(cells("BoomerAMG tuned, one by one", few, algebraic.times, baseline));
  const double factor = predicted_factor_memory(system.n_unknowns);
  if (factor < 8e9)
    table.add_row(cells("direct (MUMPS)", n_all, time_solver(system, "direct", n_all).times, baseline));
  else
    table.add_row({"direct (MUMPS): not tried, its factor would take " + format("%.0f GB", factor / 1e9), "", "", "",
                   "", "", "", ""});
  print(table);
  const double speed_up = baseline / chosen.times.per_electrode;
  if (is_root())
    std::cout << "  policy's choice against BoomerAMG one by one: " << format("%.1f times", speed_up) << ", wanted "
              << format("%.0f", wanted_speed_up) << (speed_up >= wanted_speed_up ? ": ok" : ": FAIL") << "\n"
              << std::endl;
  return speed_up >= wanted_speed_up;
}

bool compare_with_limits(const SolverCase& system) {
  const double peak = peak_flops();
  Table table({"kernel, 16 right-hand sides", "ms", "GB/s", "triad, GB/s", "of the bandwidth", "Gflop/s",
               "of the flops", "binds"});
  double longest = 0, share_of_longest = 0;
  for (const KernelShare& kernel : time_kernels(system)) {
    const double bandwidth = kernel.bytes / kernel.seconds / kernel.bandwidth,
                 flops = kernel.flops / kernel.seconds / peak;
    if (kernel.seconds > longest) {
      longest = kernel.seconds;
      share_of_longest = std::max(bandwidth, flops);
    }
    table.add_row({kernel.kernel, format("%.1f", 1e3 * kernel.seconds),
                   format("%.1f", kernel.bytes / kernel.seconds / 1e9), format("%.1f", kernel.bandwidth / 1e9),
                   format("%.0f %%", 100 * bandwidth), format("%.1f", kernel.flops / kernel.seconds / 1e9),
                   format("%.0f %%", 100 * flops), bandwidth > flops ? "bandwidth" : "flops"});
  }
  if (is_root())
    std::cout << "  limits of " << mpi_size(MPI_COMM_WORLD) << " ranks: the triad timed in turn with each kernel, "
              << format("%.0f Gflop/s", peak / 1e9)
              << " from registers; wanted: " << format("%.0f %%", 100 * wanted_share)
              << " of one of them in the longest kernel: " << (share_of_longest >= wanted_share ? "ok" : "FAIL")
              << "\n";
  print(table);
  return share_of_longest >= wanted_share;
}

void scale_unknowns() {
  Table table({"unknowns", "electrodes", "set-up s", "s per electrode", "iterations", "us per electrode and unknown",
               "peak memory so far GB"});
  for (const double finest : {1.7e-3, 1.1e-3, 0.75e-3, 0.6e-3, 0.47e-3}) {
    const SolverCase system = case_of_cylinder(finest, 16);
    const SolverTimes times = time_solver(system, "multigrid", 16).times;
    table.add_row({std::to_string(system.n_unknowns), "16", format("%.1f", times.set_up),
                   format("%.4f", times.per_electrode), std::to_string(times.iterations),
                   format("%.3f", 1e6 * times.per_electrode / static_cast<double>(system.n_unknowns)),
                   format("%.2f", memory_of_all_ranks() / 1e9)});
  }
  print(table);
}

void scale_electrodes() {
  const SolverCase system = case_of_cylinder(1.3e-3, 256);
  Table table(
      {"electrodes", "unknowns", "method chosen", "set-up s", "all electrodes s", "s per electrode with set-up"});
  for (const std::size_t n : {1, 4, 16, 64, 256}) {
    SolverCase part = system;
    part.loads.resize(n);
    part.names.resize(n);
    const Timed timed = time_solver(part, "auto", n);
    const double all = timed.times.per_electrode * static_cast<double>(n);
    table.add_row({std::to_string(n), std::to_string(system.n_unknowns), timed.method,
                   format("%.1f", timed.times.set_up), format("%.2f", all),
                   format("%.3f", (all + timed.times.set_up) / static_cast<double>(n))});
  }
  print(table);
}

// Each rank a group of its own with half of the electrodes, against one group of all ranks.
void compare_groups() {
  const SolverCase system = case_of_cylinder(1.3e-3, 64);
  const int n_ranks = mpi_size(MPI_COMM_WORLD);
  const SolverTimes together = time_solver(system, "multigrid", 64).times;
  const SolverCase copy = case_of_cylinder(1.3e-3, 64, MPI_COMM_SELF);
  const std::size_t share = 64 / static_cast<std::size_t>(n_ranks);
  const SolverTimes apart = time_solver(copy, "multigrid", share, MPI_COMM_SELF).times;
  Table table({"groups", "ranks in each", "electrodes of each", "set-up s", "solves s", "unknowns"});
  table.add_row({"1", std::to_string(n_ranks), "64", format("%.1f", together.set_up),
                 format("%.2f", 64 * together.per_electrode), std::to_string(system.n_unknowns)});
  table.add_row({std::to_string(n_ranks), "1", std::to_string(share),
                 format("%.1f", slowest(apart.set_up, MPI_COMM_WORLD)),
                 format("%.2f", slowest(apart.per_electrode * static_cast<double>(share), MPI_COMM_WORLD)),
                 std::to_string(copy.n_unknowns)});
  print(table);
}

}  // namespace

int main(int argc, char** argv) {
  const MpiSession session(argc, argv);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 2 && arguments[0] == "methods") {
      const SolverCase system = case_of_study(arguments[1]);
      const bool fast = compare_methods(system), near = compare_with_limits(system);
      return fast && near ? 0 : static_cast<int>(ExitCode::check_failed);
    }
    if (arguments.size() == 1 && arguments[0] == "scaling") {
      scale_unknowns();
      scale_electrodes();
      compare_groups();
      return 0;
    }
    if (is_root()) std::cerr << "lead_field_speed: give 'methods <folder>' or 'scaling'" << std::endl;
    return static_cast<int>(ExitCode::bad_input);
  } catch (const std::exception& error) {
    std::cerr << "lead_field_speed: " << error.what() << std::endl;
    MPI_Abort(MPI_COMM_WORLD, static_cast<int>(ExitCode::not_converged));
  }
}
