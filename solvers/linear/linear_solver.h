// Solvers of the singular symmetric system A x = b (sum of b zero), one interface for the direct and the iterative
// methods. All of them hold one degree of freedom at zero, on their coarsest level at least, which has the same
// solutions up to a constant.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "solvers/linear/lanes.h"
#include "solvers/linear/petsc_handle.h"

namespace bmiss {

class FiniteElementSpace;
struct SolverOptions;
struct SplitMatrix;

class LinearSolver {
public:
  virtual ~LinearSolver() = default;
  // Solves for the first `n_rhs` lanes to about the relative residual `tolerance`, up to a constant; `solution` has at
  // least as many rows as `rhs`. Returns the iterations of each. Does not throw when it stops early: the caller
  // measures the true residual. Collective.
  virtual std::vector<int> solve(const DoubleBlock& rhs, DoubleBlock& solution, int n_rhs, double tolerance) = 0;
  virtual std::size_t block_size() const = 0;  // right-hand sides that gain from being solved together
  virtual std::string description() const = 0;
};

// The matrix with the row and column of `grounded` replaced by its diagonal.
MatHandle grounded_copy(Mat matrix, PetscInt grounded);

std::unique_ptr<LinearSolver> make_direct_solver(Mat matrix, PetscInt grounded);
std::unique_ptr<LinearSolver> make_algebraic_solver(Mat matrix, PetscInt grounded, const SolverOptions& options);
// Conjugate gradients in single precision on blocks of right-hand sides, with residuals replaced by true ones in double
// precision, preconditioned by a V-cycle (multigrid_cycle.h). Degree 2 only.
std::unique_ptr<LinearSolver> make_multigrid_solver(const FiniteElementSpace& space, const SplitMatrix& split,
                                                    Mat matrix, PetscInt grounded, const SolverOptions& options);

// HMIS coarsening and extended+i interpolation keep BoomerAMG at about ten iterations on stretched tetrahedra, at less
// memory than its defaults (De Sterck, Yang & Heys 2006).
void set_boomeramg(PC pc);

}  // namespace bmiss
