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

  std::vector<int> solve(const DoubleBlock& rhs, DoubleBlock& solution, int n_rhs, double) override {
    const MatHandle b = dense(n_rhs), x = dense(n_rhs);
    PetscInt first = 0, last = 0, stride = 0;
    BMISS_PETSC(MatGetOwnershipRange(matrix_, &first, &last));
    PetscScalar* entries = nullptr;
    BMISS_PETSC(MatDenseGetLDA(b, &stride));
    BMISS_PETSC(MatDenseGetArrayWrite(b, &entries));
    for (PetscInt row = 0; row < last - first; ++row)
      for (int lane = 0; lane < n_rhs; ++lane)
        entries[row + lane * stride] = first + row == grounded_ ? 0 : rhs[static_cast<std::size_t>(row)].values[lane];
    BMISS_PETSC(MatDenseRestoreArrayWrite(b, &entries));
    BMISS_PETSC(KSPMatSolve(ksp_, b, x));
    const PetscScalar* results = nullptr;
    BMISS_PETSC(MatDenseGetLDA(x, &stride));
    BMISS_PETSC(MatDenseGetArrayRead(x, &results));
    for (PetscInt row = 0; row < last - first; ++row)
      for (int lane = 0; lane < n_rhs; ++lane)
        solution[static_cast<std::size_t>(row)].values[lane] = results[row + lane * stride];
    BMISS_PETSC(MatDenseRestoreArrayRead(x, &results));
    return std::vector<int>(static_cast<std::size_t>(n_rhs), 1);
  }

  std::size_t block_size() const override { return n_lanes; }
  std::string description() const override {
    return "MUMPS Cholesky factorisation (" + std::to_string(megabytes_) + " MB)";
  }

private:
  MatHandle dense(int n_columns) const {
    PetscInt n_mine = 0, n = 0;
    BMISS_PETSC(MatGetLocalSize(matrix_, &n_mine, nullptr));
    BMISS_PETSC(MatGetSize(matrix_, &n, nullptr));
    MatHandle result;
    BMISS_PETSC(MatCreateDense(PetscObjectComm(reinterpret_cast<PetscObject>(static_cast<Mat>(matrix_))), n_mine,
                               PETSC_DECIDE, n, n_columns, nullptr, result.address()));
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
