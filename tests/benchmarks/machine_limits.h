// What the machine gives at best, for shares of it that are measured in the same run.
#pragma once

#include <mpi.h>

#include <vector>

namespace bmiss::bench {

// Seconds of one call, all ranks starting together; of the slowest rank. Collective.
template <typename Action>
double seconds_of(Action&& action) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  action();
  double seconds = MPI_Wtime() - start;
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return seconds;
}

double sum_over_ranks(double value);  // collective

// Of all ranks together, each running at the same time: fused multiply-adds in single precision, from registers [1/s].
double peak_flops();  // collective

// a = b + c / 2 on arrays far larger than the caches.
class StreamTriad {
public:
  double bytes() const { return sum_over_ranks(3.0 * sizeof(float) * static_cast<double>(a_.size())); }  // collective
  void operator()();

private:
  std::vector<float> a_ = std::vector<float>(std::size_t(1) << 26, 0), b_ = std::vector<float>(a_.size(), 1),
                     c_ = std::vector<float>(a_.size(), 2);
};

}  // namespace bmiss::bench
