#include "benchmarks/kernel_limits.h"

#include <algorithm>
#include <limits>

#include "benchmarks/machine_limits.h"
#include "solvers/conductor/finite_element_space.h"
#include "solvers/linear/block_kernels.h"

namespace bmiss::bench {
namespace {

constexpr int repetitions = 15;  // the fastest counts

}  // namespace

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
    shares.push_back(
        {name, seconds, sum_over_ranks(bytes), sum_over_ranks(2 * n_lanes * entries), stream.bytes() / streaming});
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
