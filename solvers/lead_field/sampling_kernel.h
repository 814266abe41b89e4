// The inner loops of sampling, compiled for several instruction sets of which the one of the machine is taken.
#pragma once

#include <cstddef>

#include "solvers/lead_field/sampling_operator.h"

namespace bmiss {

inline constexpr std::size_t lane = 8;  // rows that are worked on together

// A lane of rows of nodal values, row by row [lane x row_stride], to node by node: values of the node `source[i]` go to
// target + place[i] * target_stride, for i < n; `target` starts at a cache line, target_stride is a multiple of `lane`.
// `past_caches`: they are not needed soon.
void transpose_rows(const double* rows, std::size_t row_stride, const int* source, const int* place, std::size_t n,
                    double* target, std::size_t target_stride, bool past_caches);

// Where columns of n_values numbers lie: the k-th at `values` + stride * column[k].
struct Columns {
  double* values;
  std::size_t stride, n_values;
  const int* column;
};

// Values at all points, in the order of the operator, from nodal ones [n_nodes x n_rows], node by node;
// output.n_values <= n_rows.
void sample_elements(const SamplingOperator& sampling, const double* nodal, std::size_t n_rows, const Columns& output);

// output column k += weights * samples(:, k) for k < n; weights [output.n_values x n_rows] column by column with
// n_values a multiple of `lane`, samples [n_rows of sample_stride x n].
void add_combinations(const double* weights, const double* samples, std::size_t n_rows, std::size_t sample_stride,
                      std::size_t n, const Columns& output);

}  // namespace bmiss
