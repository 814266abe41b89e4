// The same field on fewer and on more ranks, within one run.
#include <chrono>
#include <cmath>
#include <thread>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/table.h"
#include "solvers/verification/conductor_checks.h"

namespace bmiss {
namespace {

constexpr double largest_rank_difference = 1e-9;

// Waits for all ranks without using the processor, which others need meanwhile.
void meet(MPI_Comm communicator) {
  MPI_Request barrier;
  MPI_Ibarrier(communicator, &barrier);
  for (int done = 0; done == 0; MPI_Test(&barrier, &done, MPI_STATUS_IGNORE))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

// Slices of all ranks one after the other, on rank 0.
Eigen::VectorXd gathered(const Eigen::VectorXd& slice, MPI_Comm communicator) {
  const int n = static_cast<int>(slice.size()), n_ranks = mpi_size(communicator);
  std::vector<int> counts(static_cast<std::size_t>(n_ranks)), offsets(counts.size(), 0);
  MPI_Gather(&n, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, communicator);
  int total = 0;
  for (std::size_t r = 0; r < counts.size(); ++r) {
    offsets[r] = total;
    total += counts[r];
  }
  Eigen::VectorXd all(mpi_rank(communicator) == 0 ? total : 0);
  MPI_Gatherv(slice.data(), n, MPI_DOUBLE, all.data(), counts.data(), offsets.data(), MPI_DOUBLE, 0, communicator);
  return all;
}

// The first field on the first `n_ranks` ranks of `world`, whole, on rank 0 (real, then imaginary part). The others
// wait; a failure reaches them.
Eigen::VectorXd field_on(int n_ranks, const CheckCase& check_case, const SolverOptions& options, MPI_Comm world) {
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm_split(world, mpi_rank(world) < n_ranks ? 0 : MPI_UNDEFINED, mpi_rank(world), &part);
  Eigen::VectorXd field;
  SharedFailure failure;
  if (part != MPI_COMM_NULL) {
    try {
      const CheckFields fields = solve_case(check_case, options, part);
      const Eigen::VectorXd real = gathered(fields.real.col(0), part);
      const Eigen::VectorXd imaginary =
          check_case.is_complex ? gathered(fields.imaginary.col(0), part) : Eigen::VectorXd();
      field.resize(real.size() + imaginary.size());
      field << real, imaginary;
    } catch (...) {
      failure = capture_failure(std::current_exception());
    }
  }
  meet(world);
  if (part != MPI_COMM_NULL) MPI_Comm_free(&part);
  rethrow_everywhere(world, failure);
  return field;
}

}  // namespace

Verdict check_ranks(const CheckCase& check_case, const SolverOptions& options, MPI_Comm world) {
  const int n_ranks = mpi_size(world);
  const std::string name = "rank independence";
  if (n_ranks == 1) return not_checked(name, "one rank; run under mpirun -n 2 or -n 4");
  // Residuals of 1e-10, each legitimate, leave fields that differ by more than the limit.
  SolverOptions tight = options;
  if (options.tolerance <= SolverOptions().tolerance) tight.tolerance = 1e-12;
  CheckCase first = check_case;
  first.names.resize(1);
  first.loads.resize(1);
  const Eigen::VectorXd alone = field_on(1, first, tight, world);
  double worst = 0;
  std::string counts = "1";
  for (int n = 2; n <= n_ranks; n = n < n_ranks ? std::min(2 * n, n_ranks) : n + 1) {
    const Eigen::VectorXd together = field_on(n, first, tight, world);
    if (mpi_rank(world) == 0) {
      const double difference = relative_difference(together, alone, MPI_COMM_SELF);
      worst = std::isfinite(difference) ? std::max(worst, difference) : std::nan("");
    }
    counts += (n == n_ranks ? " and " : ", ") + std::to_string(n);
  }
  MPI_Bcast(&worst, 1, MPI_DOUBLE, 0, world);
  return judged(name, check_case.name, worst, largest_rank_difference, "one field on " + counts + " ranks");
}

}  // namespace bmiss
