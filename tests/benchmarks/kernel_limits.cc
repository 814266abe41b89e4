#include "benchmarks/kernel_limits.h"

#include <algorithm>
#include <limits>

#include "solvers/conductor/finite_element_space.h"
#include "solvers/linear/block_kernels.h"
#include "base/instruction_sets.h"

namespace bmiss::bench {
namespace {

constexpr int repetitions = 15;  // the fastest counts

double total(double value) {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return value;
}

// Seconds of one call, all ranks starting together; of the slowest rank.
template <typename Action>
double seconds_of(Action&& action) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  action();
  double seconds = MPI_Wtime() - start;
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return seconds;
}

BMISS_KERNEL void triad(std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& c) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = b[i] + 0.5F * c[i];
}

// Ten sums of sixteen numbers each: enough of them to hide the latency of an addition.
BMISS_KERNEL __attribute__((optimize("fast-math"))) float multiply_and_add(long rounds) {
  typedef float Lanes __attribute__((vector_size(sizeof(FloatRow))));
  Lanes sums[10] = {}, factor{};
  for (int lane = 0; lane < n_lanes; ++lane) factor[lane] = 1e-3F * static_cast<float>(lane + 1);
  for (long r = 0; r < rounds; ++r)
    for (auto& sum : sums) sum = sum * factor + factor;
  float result = 0;
  for (const auto& sum : sums)
    for (int lane = 0; lane < n_lanes; ++lane) result += sum[lane];
  return result;
}

// a = b + c / 2 on arrays far larger than the caches.
class StreamTriad {
public:
  double bytes() const { return total(3.0 * sizeof(float) * static_cast<double>(a_.size())); }
  void operator()() { triad(a_, b_, c_); }

private:
  std::vector<float> a_ = std::vector<float>(std::size_t(1) << 26, 0), b_ = std::vector<float>(a_.size(), 1),
                     c_ = std::vector<float>(a_.size(), 2);
};

}  // namespace

double peak_flops() {
  constexpr long rounds = 10'000'000;
  volatile float sink = 0;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repetitions; ++i) best = std::min(best, seconds_of([&] { sink = multiply_and_add(rounds); }));
  return total(2.0 * 10 * n_lanes * rounds) / best;
}

std::vector<KernelShare> time_kernels(const SolverCase& system) {
  const FiniteElementSpace space(system.mesh, system.nodes, MPI_COMM_WORLD);
  const MatHandle matrix = space.assemble(system.tensors);
  const SplitMatrix split = split_matrix(matrix, MPI_COMM_WORLD);
  const SplitPattern& pattern = *split.pattern;
  const SplitValues<float> values = {{split.values.diagonal.begin(), split.values.diagonal.end()},
                                     {split.values.lower.begin(), split.values.lower.end()},
                                     {split.values.upper.begin(), split.values.upper.end()}};
  const MatHandle interpolation = space.interpolation_from_linear(-1);
  const CoarseLink link = coarse_link(interpolation, matrix_product(matrix, interpolation), MPI_COMM_WORLD);
  std::vector<float> inverse;
  for (const float d : values.diagonal) inverse.push_back(1 / d);
  const auto n = static_cast<std::size_t>(split.n_rows());
  FloatBlock x(split.n_extended(), FloatRow{}), change(x), b(n), r(n), p(n), q(n), coarse(link.n_extended());
  for (FloatRow& row : b)
    for (float& value : row.values) value = 1;
  // Bytes that must come from memory or go there, each once: entries with their columns, ends of rows, vectors.
  const double rows = static_cast<double>(n), row_bytes = sizeof(FloatRow), entry = sizeof(float) + sizeof(int),
               end = sizeof(std::size_t), one = sizeof(float),
               lower = static_cast<double>(pattern.lower.columns.size()),
               upper = static_cast<double>(pattern.upper.columns.size()),
               few = static_cast<double>(link.interpolation.columns.size()),
               reach = static_cast<double>(link.product.columns.size()),
               below = row_bytes * static_cast<double>(link.n_extended());
  const LaneValues beta{};
  LaneValues curvatures{};
  std::vector<KernelShare> shares;
  StreamTriad stream;
  const auto add = [&](const std::string& name, double bytes, double entries, auto&& action) {
    double seconds = std::numeric_limits<double>::infinity(), streaming = seconds;
    for (int i = 0; i < repetitions; ++i) {
      streaming = std::min(streaming, seconds_of(stream));
      seconds = std::min(seconds, seconds_of(action));
    }
    shares.push_back({name, seconds, total(bytes), total(2 * n_lanes * entries), stream.bytes() / streaming});
  };
  add("sweep forwards", lower * entry + rows * (2 * row_bytes + end + one), lower + rows,
      [&] { kernels::sweep_from_zero(pattern, values, inverse.data(), b.data(), x.data()); });
  add("residual, restricted", (upper + few) * entry + rows * (2 * row_bytes + 2 * end + 2 * one) + 2 * below,
      upper + few + rows,
      [&] { kernels::restrict_residual(pattern, values, inverse.data(), x.data(), link, r.data(), coarse.data()); });
  add("correction, sweep back", (upper + few + reach) * entry + rows * (4 * row_bytes + 3 * end + one) + below,
      upper + few + reach + rows, [&] {
        kernels::sweep_back(pattern, values, inverse.data(), link, coarse.data(), r.data(), change.data(), x.data());
      });
  add("direction, product", lower * entry + rows * (7 * row_bytes + end + 2 * one), lower + 3 * rows, [&] {
    kernels::continue_direction(pattern, values, inverse.data(), b.data(), change.data(), x.data(), beta, p.data(),
                                q.data(), curvatures);
  });
  return shares;
}

}  // namespace bmiss::bench
