#include "solvers/lead_field/sampling_kernel.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>

#include "solvers/linear/instruction_sets.h"

namespace bmiss {
namespace {

constexpr int ahead = 8;  // points, whose places in the output are asked from memory before they are needed

// Vectors of GCC and Clang: one AVX-512 register, two of AVX2, four of SSE2. Written out because the compiler does not
// reliably vectorise over a fixed number of rows.
typedef double Lane __attribute__((vector_size(sizeof(double) * lane), aligned(sizeof(double)), may_alias));

[[gnu::always_inline]] inline Lane& lane_at(double* values) {
  return *reinterpret_cast<Lane*>(values);
}
[[gnu::always_inline]] inline const Lane& lane_at(const double* values) {
  return *reinterpret_cast<const Lane*>(values);
}

// A whole cache line that is not needed soon, without reading it first.
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

template <std::size_t n_local>
[[gnu::always_inline]] inline void sample(const SamplingOperator& sampling, std::size_t first, std::size_t last,
                                          const double* nodal, std::size_t n_rows, const SampledValues& output) {
  const int start = sampling.first[first], end = sampling.first[last] - 1;
  const std::size_t whole = output.n_values / lane * lane;
  std::array<const double*, n_local> node{};
  std::array<double, 10> weight{};
  for (std::size_t e = first; e < last; ++e) {
    for (std::size_t i = 0; i < n_local; ++i)
      node[i] = nodal + static_cast<std::size_t>(sampling.elements[e * n_local + i]) * n_rows;
    // Nodes of the next element, while this one is worked on.
    if (e + 1 < last)
      for (std::size_t i = 0; i < n_local; ++i) {
        const double* const soon = nodal + static_cast<std::size_t>(sampling.elements[(e + 1) * n_local + i]) * n_rows;
        for (std::size_t r = 0; r < output.n_values; r += lane) __builtin_prefetch(soon + r);
      }
    for (int k = sampling.first[e]; k < sampling.first[e + 1]; ++k) {
      shape_functions(sampling.degree, sampling.barycentric.col(k), weight);
      double* const target = output.values + output.stride * static_cast<std::size_t>(output.column[k - start]);
      const double* const coming =
          output.values + output.stride * static_cast<std::size_t>(output.column[std::min(k + ahead, end) - start]);
      for (std::size_t r = 0; r < output.n_values; r += lane) __builtin_prefetch(coming + r, 1);
      const auto value = [&](std::size_t r) __attribute__((always_inline)) {
        Lane sum = weight[0] * lane_at(node[0] + r);
        for (std::size_t i = 1; i < n_local; ++i) sum += weight[i] * lane_at(node[i] + r);
        return sum;
      };
      for (std::size_t r = 0; r < whole; r += lane) lane_at(target + r) = value(r);
      if (whole < output.n_values) {
        const Lane rest = value(whole);
        std::memcpy(target + whole, &rest, (output.n_values - whole) * sizeof(double));
      }
    }
  }
}

}  // namespace

BMISS_KERNEL void transpose_rows(const double* rows, std::size_t row_stride, const int* source, const int* place,
                                 std::size_t n, double* target, std::size_t target_stride) {
  for (std::size_t i = 0; i < n; ++i) {
    const double* from = rows + source[i];
    Lane values;
    for (std::size_t r = 0; r < lane; ++r) values[r] = from[r * row_stride];
    store_past_caches(values, target + static_cast<std::size_t>(place[i]) * target_stride);
  }
}

BMISS_KERNEL void sample_elements(const SamplingOperator& sampling, std::size_t first, std::size_t last,
                                  const double* nodal, std::size_t n_rows, const SampledValues& output) {
  if (sampling.degree == 1)
    sample<4>(sampling, first, last, nodal, n_rows, output);
  else
    sample<10>(sampling, first, last, nodal, n_rows, output);
}

BMISS_KERNEL void add_combinations(const double* weights, const double* samples, std::size_t n_rows,
                                   std::size_t n_points, const SampledValues& output) {
  constexpr std::size_t together = 4;  // points that share the loads of the weights
  const std::size_t stride = (output.n_values + lane - 1) / lane * lane;
  for (std::size_t k = 0; k < n_points; k += together) {
    const std::size_t n = n_points - k < together ? n_points - k : together;
    const double* point[together];
    for (std::size_t q = 0; q < together; ++q) point[q] = samples + (k + (q < n ? q : 0)) * n_rows;
    for (std::size_t v = 0; v < output.n_values; v += lane) {
      Lane sum[together] = {};
      for (std::size_t r = 0; r < n_rows; ++r) {
        const Lane weight = lane_at(weights + r * stride + v);
        for (std::size_t q = 0; q < together; ++q) sum[q] += point[q][r] * weight;
      }
      for (std::size_t q = 0; q < n; ++q) {
        double* const target = output.values + output.stride * static_cast<std::size_t>(output.column[k + q]) + v;
        for (std::size_t i = 0; i < lane && v + i < output.n_values; ++i) target[i] += sum[q][i];
      }
    }
  }
}

}  // namespace bmiss
