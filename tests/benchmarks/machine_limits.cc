#include "benchmarks/machine_limits.h"

#include <algorithm>
#include <limits>

#include "base/instruction_sets.h"

namespace bmiss::bench {
namespace {

constexpr int repetitions = 15;  // the fastest counts
constexpr int n_lanes = sizeof(Lanes) / sizeof(float);

BMISS_KERNEL void triad(std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& c) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = b[i] + 0.5F * c[i];
}

// Ten sums of sixteen numbers each: enough of them to hide the latency of an addition.
BMISS_KERNEL __attribute__((optimize("fast-math"))) float multiply_and_add(long rounds) {
  Lanes sums[10] = {}, factor{};
  for (int lane = 0; lane < n_lanes; ++lane) factor[lane] = 1e-3F * static_cast<float>(lane + 1);
  for (long r = 0; r < rounds; ++r)
    for (auto& sum : sums) sum = sum * factor + factor;
  float result = 0;
  for (const auto& sum : sums)
    for (int lane = 0; lane < n_lanes; ++lane) result += sum[lane];
  return result;
}

}  // namespace

double sum_over_ranks(double value) {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return value;
}

double peak_flops() {
  constexpr long rounds = 10'000'000;
  volatile float sink = 0;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repetitions; ++i) best = std::min(best, seconds_of([&] { sink = multiply_and_add(rounds); }));
  return sum_over_ranks(2.0 * 10 * n_lanes * rounds) / best;
}

void StreamTriad::operator()() {
  triad(a_, b_, c_);
}

}  // namespace bmiss::bench
