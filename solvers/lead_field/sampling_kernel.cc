#include "solvers/lead_field/sampling_kernel.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/instruction_sets.h"

namespace bmiss {
namespace {

constexpr std::size_t elements_ahead = 2;  // whose nodes are asked from memory before they are needed

// Vectors of GCC and Clang: one AVX-512 register, two of AVX2, four of SSE2. Written out because the compiler does not
// reliably vectorise over a fixed number of rows.
typedef double Lane __attribute__((vector_size(sizeof(double) * lane), aligned(sizeof(double)), may_alias));

[[gnu::always_inline]] inline Lane& lane_at(double* values) {
  return *reinterpret_cast<Lane*>(values);
}
[[gnu::always_inline]] inline const Lane& lane_at(const double* values) {
  return *reinterpret_cast<const Lane*>(values);
}

// Numbers that are not needed soon, without reading their cache lines first.
[[gnu::always_inline]] inline void store_past_caches(const Lane& values, double* target) {
#ifdef __SSE2__
  _mm_stream_pd(target, __builtin_shufflevector(values, values, 0, 1));
  _mm_stream_pd(target + 2, __builtin_shufflevector(values, values, 2, 3));
  _mm_stream_pd(target + 4, __builtin_shufflevector(values, values, 4, 5));
  _mm_stream_pd(target + 6, __builtin_shufflevector(values, values, 6, 7));
#else
  lane_at(target) = values;
#endif
}

// Values at `m` points of one element: they share the loads of its nodes.
template <std::size_t n_local, std::size_t m>
[[gnu::always_inline]] inline void sample_points(const SamplingOperator& sampling, int first,
                                                 const std::array<const double*, n_local>& node, const int* columns,
                                                 bool past_caches, const Columns& output) {
  const std::size_t whole = output.n_values / lane * lane;
  std::array<std::array<double, 10>, m> weight{};
  std::array<double*, m> target{};
  for (std::size_t q = 0; q < m; ++q) {
    shape_functions(sampling.degree, sampling.barycentric.col(first + static_cast<int>(q)), weight[q]);
    target[q] = output.values + output.stride * static_cast<std::size_t>(columns[q]);
  }
  for (std::size_t r = 0; r < output.n_values; r += lane) {
    Lane sum[m] = {};
    for (std::size_t i = 0; i < n_local; ++i) {
      const Lane nodal = lane_at(node[i] + r);
      for (std::size_t q = 0; q < m; ++q) sum[q] += weight[q][i] * nodal;
    }
    for (std::size_t q = 0; q < m; ++q)
      if (r >= whole)
        std::memcpy(target[q] + r, &sum[q], (output.n_values - r) * sizeof(double));
      else if (past_caches)
        store_past_caches(sum[q], target[q] + r);
      else
        lane_at(target[q] + r) = sum[q];
  }
}

template <std::size_t n_local>
[[gnu::always_inline]] inline void sample(const SamplingOperator& sampling, const double* nodal, std::size_t n_rows,
                                          const Columns& output) {
  const bool past_caches =
      output.stride % 2 == 0 && reinterpret_cast<std::uintptr_t>(output.values) % (2 * sizeof(double)) == 0;
  const auto node_of = [&](std::size_t e, std::size_t i) __attribute__((always_inline)) {
    return nodal + static_cast<std::size_t>(sampling.elements[e * n_local + i]) * n_rows;
  };
  std::array<const double*, n_local> node{};
  for (std::size_t e = 0; e < sampling.n_elements(); ++e) {
    for (std::size_t i = 0; i < n_local; ++i) node[i] = node_of(e, i);
    // Nodes of an element to come, while this one is worked on.
    if (e + elements_ahead < sampling.n_elements())
      for (std::size_t i = 0; i < n_local; ++i)
        for (std::size_t r = 0; r < output.n_values; r += lane) __builtin_prefetch(node_of(e + elements_ahead, i) + r);
    int k = sampling.first[e];
    for (; k + 1 < sampling.first[e + 1]; k += 2)
      sample_points<n_local, 2>(sampling, k, node, output.column + k, past_caches, output);
    if (k < sampling.first[e + 1]) sample_points<n_local, 1>(sampling, k, node, output.column + k, past_caches, output);
  }
}

}  // namespace

BMISS_KERNEL void transpose_rows(const double* rows, std::size_t row_stride, const int* source, const int* place,
                                 std::size_t n, double* target, std::size_t target_stride, bool past_caches) {
  for (std::size_t i = 0; i < n; ++i) {
    const double* from = rows + source[i];
    double* const to = target + static_cast<std::size_t>(place[i]) * target_stride;
    Lane values;
    for (std::size_t r = 0; r < lane; ++r) values[r] = from[r * row_stride];
    if (past_caches)
      store_past_caches(values, to);
    else
      lane_at(to) = values;
  }
}

BMISS_KERNEL void sample_elements(const SamplingOperator& sampling, const double* nodal, std::size_t n_rows,
                                  const Columns& output) {
  if (sampling.degree == 1)
    sample<4>(sampling, nodal, n_rows, output);
  else
    sample<10>(sampling, nodal, n_rows, output);
}

BMISS_KERNEL void add_combinations(const double* weights, const double* samples, std::size_t n_rows,
                                   std::size_t sample_stride, std::size_t n, const Columns& output) {
  constexpr std::size_t together = 8;  // columns that share the loads of the weights
  for (std::size_t k = 0; k < n; k += together) {
    const std::size_t m = n - k < together ? n - k : together;
    const double* sample[together];
    double* target[together];
    for (std::size_t q = 0; q < together; ++q) {
      sample[q] = samples + (k + (q < m ? q : 0)) * sample_stride;
      target[q] = output.values + output.stride * static_cast<std::size_t>(output.column[k + (q < m ? q : 0)]);
    }
    for (std::size_t v = 0; v < output.n_values; v += lane) {
      Lane sum[together] = {};
      for (std::size_t r = 0; r < n_rows; ++r) {
        const Lane weight = lane_at(weights + r * output.n_values + v);
        for (std::size_t q = 0; q < together; ++q) sum[q] += sample[q][r] * weight;
      }
      for (std::size_t q = 0; q < m; ++q) lane_at(target[q] + v) += sum[q];
    }
  }
}

}  // namespace bmiss
