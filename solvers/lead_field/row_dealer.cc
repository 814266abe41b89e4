#include "solvers/lead_field/row_dealer.h"

#include <utility>

#include "base/mpi_session.h"

namespace bmiss {
namespace {

enum Count { dealt, completed };
constexpr long beyond = 1L << 40;  // more than all rows; the ranks of a world can all add it without overflow

}  // namespace

RowDealer::RowDealer(MPI_Comm world, int n_groups) {
  if (n_groups < 2) return;
  long* counts = nullptr;
  const MPI_Aint size = mpi_rank(world) == 0 ? sizeof counts_ : 0;
  MPI_Win_allocate(size, sizeof(long), MPI_INFO_NULL, world, &counts, &window_);
  if (mpi_rank(world) == 0) {
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, window_);
    counts[dealt] = counts[completed] = 0;
    MPI_Win_unlock(0, window_);
  }
  MPI_Barrier(world);
}

void RowDealer::close() {
  if (window_ != MPI_WIN_NULL) MPI_Win_free(&window_);
}

long RowDealer::add(int what, long value) {
  if (window_ == MPI_WIN_NULL) return std::exchange(counts_[what], counts_[what] + value);
  long before = 0;
  MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, window_);
  MPI_Fetch_and_op(&value, &before, MPI_LONG, 0, what, MPI_SUM, window_);
  MPI_Win_unlock(0, window_);
  return before;
}

std::size_t RowDealer::take(std::size_t count) {
  return static_cast<std::size_t>(add(dealt, static_cast<long>(count)));
}

std::size_t RowDealer::complete(std::size_t count) {
  return static_cast<std::size_t>(add(completed, static_cast<long>(count))) + count;
}

void RowDealer::stop() {
  add(dealt, beyond);
}

}  // namespace bmiss
