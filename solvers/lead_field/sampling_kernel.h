// The inner loops of sampling, compiled for several instruction sets of which the one of the machine is taken.
#pragma once

#include <cstddef>

#include "solvers/lead_field/sampling_operator.h"

namespace bmiss {

inline constexpr std::size_t lane = 8;  // rows that are worked on together

// A lane of rows of nodal values, row by row [lane x row_stride], to node by node: values of the node `source[i]` go to
// target + place[i] * target_stride, for i < n;
// `target` starts at a cache line, target_stride is a multiple of `lane`.
void transpose_rows(const double* rows, std::size_t row_stride, const int* source, const int* place, std::size_t n,
                    double* target, std::size_t target_stride);

// Values at the points of the elements [first, last): of the k-th point counted from the first of them, n_values (at
// most n_rows) are written to `values` + stride * column[k].
struct SampledValues {
  double* values;
  std::size_t stride, n_values;
  const int* column;
};
void sample_elements(const SamplingOperator& sampling, std::size_t first, std::size_t last, const double* nodal,
                     std::size_t n_rows, const SampledValues& output);

// output(:, column[k]) += weights * samples(:, k) for k < n_points; weights [n_values rounded up to lanes x n_rows]
// column by column, samples [n_rows x n_points].
void add_combinations(const double* weights, const double* samples, std::size_t n_rows, std::size_t n_points,
                      const SampledValues& output);

}  // namespace bmiss
