// Conjugate gradients preconditioned by BoomerAMG, one right-hand side after the other.
#include <algorithm>
#include <string>

#include "solvers/linear/linear_solver.h"
#include "solvers/linear/solver_options.h"

namespace bmiss {

void set_boomeramg(PC pc) {
  // They can only be set as options.
  const char* prefix = "bmiss_amg_";
  const std::string option = std::string("-") + prefix + "pc_hypre_boomeramg_";
  BMISS_PETSC(PetscOptionsSetValue(nullptr, (option + "coarsen_type").c_str(), "HMIS"));
  BMISS_PETSC(PetscOptionsSetValue(nullptr, (option + "interp_type").c_str(), "ext+i"));
  BMISS_PETSC(PetscOptionsSetValue(nullptr, (option + "strong_threshold").c_str(), "0.5"));
  BMISS_PETSC(PetscOptionsSetValue(nullptr, (option + "P_max").c_str(), "4"));
  BMISS_PETSC(PCSetOptionsPrefix(pc, prefix));
  BMISS_PETSC(PCSetType(pc, PCHYPRE));
  BMISS_PETSC(PCHYPRESetType(pc, "boomeramg"));
  BMISS_PETSC(PCSetFromOptions(pc));
}

namespace {

class AlgebraicSolver : public LinearSolver {
public:
  AlgebraicSolver(Mat matrix, PetscInt grounded, const SolverOptions& options)
      : grounded_(grounded), largest_iterations_(options.largest_iterations), matrix_(grounded_copy(matrix, grounded)) {
    BMISS_PETSC(KSPCreate(PetscObjectComm(reinterpret_cast<PetscObject>(matrix)), ksp_.address()));
    BMISS_PETSC(KSPSetOperators(ksp_, matrix_, matrix_));
    BMISS_PETSC(KSPSetType(ksp_, KSPCG));
    BMISS_PETSC(KSPSetNormType(ksp_, KSP_NORM_UNPRECONDITIONED));
    BMISS_PETSC(MatCreateVecs(matrix_, solution_.address(), rhs_.address()));
    PC pc;
    BMISS_PETSC(KSPGetPC(ksp_, &pc));
    set_boomeramg(pc);
    BMISS_PETSC(KSPSetUp(ksp_));
    require_set_up(ksp_);
  }

  std::vector<int> solve(const DoubleBlock& rhs, DoubleBlock& solution, int n_rhs, double tolerance) override {
    BMISS_PETSC(KSPSetTolerances(ksp_, tolerance, 1e-300, 1e10, largest_iterations_));
    PetscInt first = 0, last = 0;
    BMISS_PETSC(VecGetOwnershipRange(rhs_, &first, &last));
    const auto n_mine = static_cast<std::size_t>(last - first);
    std::vector<int> iterations;
    for (int lane = 0; lane < n_rhs; ++lane) {
      PetscScalar* values = nullptr;
      BMISS_PETSC(VecGetArrayWrite(rhs_, &values));
      for (std::size_t row = 0; row < n_mine; ++row) values[row] = rhs[row].values[lane];
      if (grounded_ >= first && grounded_ < last) values[grounded_ - first] = 0;
      BMISS_PETSC(VecRestoreArrayWrite(rhs_, &values));
      BMISS_PETSC(KSPSolve(ksp_, rhs_, solution_));
      PetscInt n = 0;
      BMISS_PETSC(KSPGetIterationNumber(ksp_, &n));
      iterations.push_back(static_cast<int>(n));
      const PetscScalar* found = nullptr;
      BMISS_PETSC(VecGetArrayRead(solution_, &found));
      for (std::size_t row = 0; row < n_mine; ++row) solution[row].values[lane] = found[row];
      BMISS_PETSC(VecRestoreArrayRead(solution_, &found));
    }
    return iterations;
  }

  std::size_t block_size() const override { return 1; }
  std::string description() const override { return "conjugate gradients with BoomerAMG (HMIS, ext+i)"; }

private:
  PetscInt grounded_;
  int largest_iterations_;
  MatHandle matrix_;
  KspHandle ksp_;
  VecHandle rhs_, solution_;
};

}  // namespace

std::unique_ptr<LinearSolver> make_algebraic_solver(Mat matrix, PetscInt grounded, const SolverOptions& options) {
  return std::make_unique<AlgebraicSolver>(matrix, grounded, options);
}

}  // namespace bmiss
