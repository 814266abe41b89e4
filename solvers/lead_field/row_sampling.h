// Rows of nodal values, too many for the memory, at the points of a sampling operator.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>

#include "solvers/lead_field/sampling_operator.h"

namespace bmiss {

// Where rows come from: values of the nodes [first_node, first_node + n_nodes) of a row into `values`.
struct RowSource {
  std::size_t n_nodes = 0;
  std::function<void(std::size_t row, std::size_t first_node, std::size_t n_nodes, double* values)> read;
};

struct RowSamplingOptions {
  double memory = 256e6;  // for nodal values of some electrodes; at least those of 8 are held [bytes]
};

// result = montage * (rows at the points) [n_electrodes x n_points]; `montage` [n_electrodes x n_rows]. Rows are
// combined at the nodes, of which there are fewer than points. A row that no electrode uses is not read; where the
// montage only picks rows the others are read once for each electrode, else once for each 64 electrodes or fewer that
// the memory holds. A result that has the size already keeps its memory. What `read` throws passes through.
void sample_rows(const SamplingOperator& sampling, const RowSource& source, const Eigen::MatrixXd& montage,
                 Eigen::MatrixXd& result, const RowSamplingOptions& options = {});

}  // namespace bmiss
