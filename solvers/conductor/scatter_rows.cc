#include "solvers/conductor/scatter_rows.h"

#include <algorithm>
#include <numeric>

#include "base/errors.h"
#include "base/mpi_session.h"

namespace bmiss {
namespace {

std::vector<int> offsets_of(const std::vector<int>& counts) {
  std::vector<int> offsets(counts.size(), 0);
  std::partial_sum(counts.begin(), counts.end() - 1, offsets.begin() + 1);
  return offsets;
}

MPI_Datatype mpi_type(int) {
  return MPI_INT;
}
MPI_Datatype mpi_type(double) {
  return MPI_DOUBLE;
}

}  // namespace

RowRequest::RowRequest(std::vector<int> rows, MPI_Comm communicator)
    : mine_(std::move(rows)), counts_(static_cast<std::size_t>(mpi_size(communicator))), communicator_(communicator) {
  const int n = static_cast<int>(mine_.size());
  MPI_Gather(&n, 1, MPI_INT, counts_.data(), 1, MPI_INT, 0, communicator);
  const auto offsets = offsets_of(counts_);
  if (mpi_rank(communicator) == 0) all_.resize(static_cast<std::size_t>(offsets.back() + counts_.back()));
  MPI_Gatherv(mine_.data(), n, MPI_INT, all_.data(), counts_.data(), offsets.data(), MPI_INT, 0, communicator);
}

template <typename T>
std::vector<T> RowRequest::fetch(const T* data, int width) const {
  // One row is one MPI element, so that counts stay within an int.
  MPI_Datatype row;
  MPI_Type_contiguous(width, mpi_type(T()), &row);
  MPI_Type_commit(&row);
  const std::size_t w = static_cast<std::size_t>(width);
  std::vector<T> packed(all_.size() * w), result(mine_.size() * w);
  for (std::size_t i = 0; i < all_.size(); ++i)
    std::copy_n(data + static_cast<std::size_t>(all_[i]) * w, w, packed.begin() + static_cast<std::ptrdiff_t>(i * w));
  const auto offsets = offsets_of(counts_);
  MPI_Scatterv(packed.data(), counts_.data(), offsets.data(), row, result.data(), static_cast<int>(mine_.size()), row,
               0, communicator_);
  MPI_Type_free(&row);
  return result;
}

template std::vector<int> RowRequest::fetch<int>(const int*, int) const;
template std::vector<double> RowRequest::fetch<double>(const double*, int) const;

}  // namespace bmiss
