#include "benchmarks/one_by_one_multigrid.h"

#include <algorithm>

#include "solvers/conductor/finite_element_space.h"
#include "solvers/linear/linear_solver.h"

namespace bmiss::bench {
namespace {

void set_cycle(PC pc, Mat interpolation) {
  BMISS_PETSC(PCSetType(pc, PCMG));
  BMISS_PETSC(PCMGSetLevels(pc, 2, nullptr));
  BMISS_PETSC(PCMGSetInterpolation(pc, 1, interpolation));
  BMISS_PETSC(PCMGSetGalerkin(pc, PC_MG_GALERKIN_BOTH));
  KSP smoother, coarse;
  PC jacobi, coarse_pc;
  BMISS_PETSC(PCMGGetSmoother(pc, 1, &smoother));
  BMISS_PETSC(KSPSetType(smoother, KSPCHEBYSHEV));
  BMISS_PETSC(KSPChebyshevEstEigSet(smoother, 0, 0.1, 0, 1.1));
  BMISS_PETSC(KSPSetTolerances(smoother, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 2));
  BMISS_PETSC(KSPSetNormType(smoother, KSP_NORM_NONE));
  BMISS_PETSC(KSPGetPC(smoother, &jacobi));
  BMISS_PETSC(PCSetType(jacobi, PCJACOBI));
  BMISS_PETSC(PCMGGetCoarseSolve(pc, &coarse));
  BMISS_PETSC(KSPSetType(coarse, KSPPREONLY));
  BMISS_PETSC(KSPGetPC(coarse, &coarse_pc));
  set_boomeramg(coarse_pc);
}

double slowest(double seconds) {
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return seconds;
}

}  // namespace

SolverTimes time_one_by_one_multigrid(const SolverCase& system, std::size_t n_electrodes, double tolerance) {
  SolverTimes times;
  const FiniteElementSpace space(system.mesh, system.nodes, MPI_COMM_WORLD);
  const MatHandle matrix = space.assemble(system.tensors);
  const double start = MPI_Wtime();
  const PetscInt grounded = space.dof_of_node_zero();
  const MatHandle operand = grounded_copy(matrix, grounded), interpolation = space.interpolation_from_linear(grounded);
  KspHandle ksp;
  BMISS_PETSC(KSPCreate(MPI_COMM_WORLD, ksp.address()));
  BMISS_PETSC(KSPSetOperators(ksp, operand, operand));
  BMISS_PETSC(KSPSetType(ksp, KSPCG));
  BMISS_PETSC(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  BMISS_PETSC(KSPSetTolerances(ksp, 0.5 * tolerance, 1e-300, 1e10, 200));
  PC pc;
  BMISS_PETSC(KSPGetPC(ksp, &pc));
  set_cycle(pc, interpolation);
  BMISS_PETSC(KSPSetUp(ksp));
  times.set_up = slowest(MPI_Wtime() - start);

  VecHandle rhs, solution, rest;
  BMISS_PETSC(MatCreateVecs(operand, solution.address(), rhs.address()));
  BMISS_PETSC(VecDuplicate(rhs, rest.address()));
  PetscInt first = 0, last = 0;
  BMISS_PETSC(VecGetOwnershipRange(rhs, &first, &last));
  double seconds = 0;
  for (std::size_t e = 0; e < n_electrodes; ++e) {
    PetscScalar* values = nullptr;
    BMISS_PETSC(VecSet(rhs, 0));
    BMISS_PETSC(VecGetArray(rhs, &values));
    for (const auto& [dof, weight] : space.my_part(system.loads[e]))
      if (first + static_cast<PetscInt>(dof) != grounded) values[dof] = weight;
    BMISS_PETSC(VecRestoreArray(rhs, &values));
    const double before = MPI_Wtime();
    BMISS_PETSC(KSPSolve(ksp, rhs, solution));
    seconds += slowest(MPI_Wtime() - before);
    PetscInt iterations = 0;
    PetscReal norm = 0, size = 0;
    BMISS_PETSC(KSPGetIterationNumber(ksp, &iterations));
    BMISS_PETSC(MatMult(operand, solution, rest));
    BMISS_PETSC(VecAXPY(rest, -1, rhs));
    BMISS_PETSC(VecNorm(rest, NORM_2, &norm));
    BMISS_PETSC(VecNorm(rhs, NORM_2, &size));
    times.iterations = std::max(times.iterations, static_cast<int>(iterations));
    times.worst_residual = std::max(times.worst_residual, norm / size);
  }
  times.per_electrode = seconds / static_cast<double>(n_electrodes);
  return times;
}

}  // namespace bmiss::bench
