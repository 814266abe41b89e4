// What a level of multigrid needs of the level below it.
#pragma once

#include <memory>
#include <vector>

#include "solvers/linear/split_matrix.h"

namespace bmiss {

// A B. Collective.
MatHandle matrix_product(Mat a, Mat b);

// Columns: this rank's unknowns of the level below, then the ghosts of `exchange`.
struct CoarseLink {
  SparseRows interpolation, product;           // P and A P
  std::vector<float> weights, product_values;  // their entries
  std::shared_ptr<GhostExchange> exchange;     // of the columns
  std::size_t n_extended() const { return static_cast<std::size_t>(exchange->n_owned() + exchange->n_ghosts()); }
};

// `product` is the matrix times the interpolation. Collective.
CoarseLink coarse_link(Mat interpolation, Mat product, MPI_Comm communicator);

}  // namespace bmiss
