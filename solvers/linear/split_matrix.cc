#include "solvers/linear/split_matrix.h"

#include "base/errors.h"
#include "base/mpi_session.h"
#include "solvers/linear/block_kernels.h"

namespace bmiss {
namespace {

// The compressed rows of a matrix on one rank, valid during its life.
class SequentialView {
public:
  explicit SequentialView(Mat matrix) : matrix_(matrix) {
    PetscBool done = PETSC_FALSE;
    BMISS_PETSC(MatGetRowIJ(matrix_, 0, PETSC_FALSE, PETSC_FALSE, &n_rows, &first, &columns, &done));
    BMISS_ASSERT(done == PETSC_TRUE);
    BMISS_PETSC(MatSeqAIJGetArrayRead(matrix_, &values));
  }
  ~SequentialView() {
    PetscBool done = PETSC_FALSE;
    MatSeqAIJRestoreArrayRead(matrix_, &values);
    MatRestoreRowIJ(matrix_, 0, PETSC_FALSE, PETSC_FALSE, &n_rows, &first, &columns, &done);
  }
  SequentialView(const SequentialView&) = delete;
  SequentialView& operator=(const SequentialView&) = delete;

  PetscInt n_rows = 0;
  const PetscInt *first = nullptr, *columns = nullptr;
  const PetscScalar* values = nullptr;

private:
  Mat matrix_;
};

}  // namespace

LocalRows local_rows(Mat matrix) {
  PetscBool sequential = PETSC_FALSE;
  BMISS_PETSC(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(matrix), MATSEQAIJ, &sequential));
  Mat diagonal = matrix, off_diagonal = nullptr;
  const PetscInt* ghosts = nullptr;
  if (sequential == PETSC_FALSE) BMISS_PETSC(MatMPIAIJGetSeqAIJ(matrix, &diagonal, &off_diagonal, &ghosts));
  LocalRows result;
  const int n_ranks = mpi_size(PetscObjectComm(reinterpret_cast<PetscObject>(matrix)));
  const PetscInt* starts = nullptr;
  BMISS_PETSC(MatGetOwnershipRangesColumn(matrix, &starts));
  result.starts.assign(starts, starts + n_ranks + 1);
  PetscInt n_columns = 0, n_ghosts = 0;
  BMISS_PETSC(MatGetSize(diagonal, nullptr, &n_columns));
  if (off_diagonal != nullptr) BMISS_PETSC(MatGetSize(off_diagonal, nullptr, &n_ghosts));
  result.ghosts.assign(ghosts, ghosts + n_ghosts);

  const SequentialView inside(diagonal);
  const SequentialView outside(off_diagonal != nullptr ? off_diagonal : diagonal);
  const auto n_outside = [&](PetscInt row) {
    return off_diagonal != nullptr ? outside.first[row + 1] - outside.first[row] : 0;
  };
  SparseRows& rows = result.rows;
  rows.first.assign(1, 0);
  for (PetscInt row = 0; row < inside.n_rows; ++row) {
    for (PetscInt k = inside.first[row]; k < inside.first[row + 1]; ++k) {
      rows.columns.push_back(inside.columns[k]);
      result.values.push_back(inside.values[k]);
    }
    for (PetscInt k = 0; k < n_outside(row); ++k) {
      rows.columns.push_back(n_columns + outside.columns[outside.first[row] + k]);
      result.values.push_back(outside.values[outside.first[row] + k]);
    }
    rows.first.push_back(rows.columns.size());
  }
  return result;
}

std::size_t SplitMatrix::n_extended() const {
  return static_cast<std::size_t>(exchange->n_owned() + exchange->n_ghosts());
}

SplitMatrix split_matrix(Mat matrix, MPI_Comm communicator) {
  const LocalRows local = local_rows(matrix);
  SplitMatrix result;
  auto pattern = std::make_shared<SplitPattern>();
  const int n = local.rows.n_rows();
  SparseRows &lower = pattern->lower, &upper = pattern->upper;
  const auto margin = static_cast<std::size_t>(entries_ahead);
  for (SparseRows* rows : {&lower, &upper}) {
    rows->columns.assign(margin, 0);
    rows->first.assign(1, margin);
  }
  for (std::vector<double>* values : {&result.values.lower, &result.values.upper}) values->assign(margin, 0);
  result.values.diagonal.assign(static_cast<std::size_t>(n), 0);
  for (int row = 0; row < n; ++row) {
    const auto i = static_cast<std::size_t>(row);
    for (std::size_t k = local.rows.first[i]; k < local.rows.first[i + 1]; ++k) {
      const int column = local.rows.columns[k];
      if (column == row) {
        result.values.diagonal[i] = local.values[k];
        continue;
      }
      if (column >= n && (pattern->boundary.empty() || pattern->boundary.back() != row)) {
        pattern->boundary.push_back(row);
        pattern->first_ghost.push_back(upper.columns.size());
      }
      (column < row ? lower : upper).columns.push_back(column);
      (column < row ? result.values.lower : result.values.upper).push_back(local.values[k]);
    }
    lower.first.push_back(lower.columns.size());
    upper.first.push_back(upper.columns.size());
  }
  for (SparseRows* rows : {&lower, &upper}) {
    rows->columns.resize(rows->columns.size() + margin, 0);
    rows->columns.shrink_to_fit();
  }
  for (std::vector<double>* values : {&result.values.lower, &result.values.upper}) {
    values->resize(values->size() + margin, 0);
    values->shrink_to_fit();
  }
  result.pattern = std::move(pattern);
  result.exchange = std::make_shared<GhostExchange>(local.ghosts, local.starts, communicator);
  return result;
}

void multiply(const SplitMatrix& matrix, DoubleBlock& x, DoubleBlock& y) {
  BMISS_ASSERT(x.size() == matrix.n_extended());
  y.resize(static_cast<std::size_t>(matrix.n_rows()));
  matrix.exchange->fetch(x.data());
  kernels::multiply(*matrix.pattern, matrix.values, x.data(), y.data());
}

}  // namespace bmiss
