// This rank's rows of a distributed square matrix, split into what lies before the diagonal, the diagonal, and what
// lies after it: a Gauss-Seidel sweep and the residual after it then read each entry once.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "solvers/linear/ghost_exchange.h"
#include "solvers/linear/petsc_handle.h"

namespace bmiss {

// Compressed rows. Columns are local: owned rows by their place, then the ghosts.
struct SparseRows {
  std::vector<std::size_t> first;  // [n_rows + 1]
  std::vector<int> columns;
  int n_rows() const { return static_cast<int>(first.size()) - 1; }
};

// Entries before the first row and after the last: products ask for vectors so many entries ahead of their turn.
inline constexpr std::ptrdiff_t entries_ahead = 96;

struct SplitPattern {
  SparseRows lower, upper;  // `upper` includes the ghosts; with `entries_ahead` unused ones at both ends
  // Rows with ghosts, ascending, and which of their upper entries is the first ghost.
  std::vector<int> boundary;
  std::vector<std::size_t> first_ghost;
};

template <typename Real>
struct SplitValues {
  std::vector<Real> diagonal, lower, upper;
};

// A matrix of the library as compressed rows [n_my_rows x (n_my_columns + ghosts)], columns ascending, ghosts last.
struct LocalRows {
  SparseRows rows;
  std::vector<double> values;
  std::vector<int> ghosts;  // global numbers of the ghost columns, ascending
  std::vector<int> starts;  // [n_ranks + 1] first column of each rank
};
LocalRows local_rows(Mat matrix);  // collective; aij of any kind

struct SplitMatrix {
  std::shared_ptr<const SplitPattern> pattern;
  SplitValues<double> values;
  std::shared_ptr<GhostExchange> exchange;
  int n_rows() const { return pattern->lower.n_rows(); }
  std::size_t n_extended() const;  // rows of a block that has room for the ghosts
};
// Collective; square. The library frees the communicators of its own objects with the last of them, so that of the
// caller is used.
SplitMatrix split_matrix(Mat matrix, MPI_Comm communicator);

// y = A x in double precision; fetches the ghosts of `x` [n_extended]. Collective.
void multiply(const SplitMatrix& matrix, DoubleBlock& x, DoubleBlock& y);

}  // namespace bmiss
