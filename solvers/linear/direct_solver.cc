// MUMPS Cholesky: one factorisation, then blocks of right-hand sides.
#include <string>

#include "solvers/linear/linear_solver.h"

namespace bmiss {

MatHandle grounded_copy(Mat matrix, PetscInt grounded) {
  MatHandle copy;
  BMISS_PETSC(MatDuplicate(matrix, MAT_COPY_VALUES, copy.address()));
  BMISS_PETSC(MatSetNullSpace(copy, nullptr));
  VecHandle diagonal;
  BMISS_PETSC(MatCreateVecs(matrix, diagonal.address(), nullptr));
  BMISS_PETSC(MatGetDiagonal(matrix, diagonal));
  PetscInt first = 0, last = 0;
  BMISS_PETSC(MatGetOwnershipRange(matrix, &first, &last));
  const bool mine = grounded >= first && grounded < last;
  PetscScalar value = 0;
  if (mine) BMISS_PETSC(VecGetValues(diagonal, 1, &grounded, &value));
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, PetscObjectComm(reinterpret_cast<PetscObject>(matrix)));
  BMISS_PETSC(MatZeroRowsColumns(copy, mine ? 1 : 0, &grounded, value, nullptr, nullptr));
  BMISS_PETSC(MatSetOption(copy, MAT_SYMMETRIC, PETSC_TRUE));
  BMISS_PETSC(MatSetOption(copy, MAT_SPD, PETSC_TRUE));
  return copy;
}

namespace {

class DirectSolver : public LinearSolver {
public:
  DirectSolver(Mat matrix, PetscInt grounded) : grounded_(grounded), matrix_(grounded_copy(matrix, grounded)) {
    BMISS_PETSC(KSPCreate(PetscObjectComm(reinterpret_cast<PetscObject>(matrix)), ksp_.address()));
    BMISS_PETSC(KSPSetOperators(ksp_, matrix_, matrix_));
    BMISS_PETSC(KSPSetType(ksp_, KSPPREONLY));
    PC pc;
    BMISS_PETSC(KSPGetPC(ksp_, &pc));
    BMISS_PETSC(PCSetType(pc, PCCHOLESKY));
    BMISS_PETSC(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
    BMISS_PETSC(KSPSetUp(ksp_));
    require_set_up(ksp_);
    Mat factor;
    BMISS_PETSC(PCFactorGetMatrix(pc, &factor));
    BMISS_PETSC(MatMumpsGetInfog(factor, 22, &megabytes_));  // used by all ranks together (MUMPS users' guide, INFOG)
  }

  std::vector<int> solve(const std::vector<Vec>& rhs, const std::vector<Vec>& solutions, double) override {
    const MatHandle b = dense(rhs.size()), x = dense(rhs.size());
    for (std::size_t i = 0; i < rhs.size(); ++i) {
      Vec column;
      BMISS_PETSC(MatDenseGetColumnVecWrite(b, static_cast<PetscInt>(i), &column));
      BMISS_PETSC(VecCopy(rhs[i], column));
      PetscInt first = 0, last = 0;
      BMISS_PETSC(VecGetOwnershipRange(column, &first, &last));
      if (grounded_ >= first && grounded_ < last) BMISS_PETSC(VecSetValue(column, grounded_, 0, INSERT_VALUES));
      BMISS_PETSC(VecAssemblyBegin(column));
      BMISS_PETSC(VecAssemblyEnd(column));
      BMISS_PETSC(MatDenseRestoreColumnVecWrite(b, static_cast<PetscInt>(i), &column));
    }
    BMISS_PETSC(KSPMatSolve(ksp_, b, x));
    for (std::size_t i = 0; i < rhs.size(); ++i) {
      Vec column;
      BMISS_PETSC(MatDenseGetColumnVecRead(x, static_cast<PetscInt>(i), &column));
      BMISS_PETSC(VecCopy(column, solutions[i]));
      BMISS_PETSC(MatDenseRestoreColumnVecRead(x, static_cast<PetscInt>(i), &column));
    }
    return std::vector<int>(rhs.size(), 1);
  }

  std::size_t block_size() const override { return 16; }
  std::string description() const override {
    return "MUMPS Cholesky factorisation (" + std::to_string(megabytes_) + " MB)";
  }

private:
  MatHandle dense(std::size_t n_columns) const {
    PetscInt n_mine = 0, n = 0;
    BMISS_PETSC(MatGetLocalSize(matrix_, &n_mine, nullptr));
    BMISS_PETSC(MatGetSize(matrix_, &n, nullptr));
    MatHandle result;
    BMISS_PETSC(MatCreateDense(PetscObjectComm(reinterpret_cast<PetscObject>(static_cast<Mat>(matrix_))), n_mine,
                               PETSC_DECIDE, n, static_cast<PetscInt>(n_columns), nullptr, result.address()));
    BMISS_PETSC(MatAssemblyBegin(result, MAT_FINAL_ASSEMBLY));
    BMISS_PETSC(MatAssemblyEnd(result, MAT_FINAL_ASSEMBLY));
    return result;
  }

  PetscInt grounded_, megabytes_ = 0;
  MatHandle matrix_;
  KspHandle ksp_;
};

}  // namespace

std::unique_ptr<LinearSolver> make_direct_solver(Mat matrix, PetscInt grounded) {
  return std::make_unique<DirectSolver>(matrix, grounded);
}

}  // namespace bmiss
