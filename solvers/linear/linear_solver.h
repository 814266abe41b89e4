// Solvers of the singular symmetric system A x = b (sum of b zero), one interface for the direct and the iterative
// methods. All of them work on the system in which one degree of freedom is held at zero, which has the same solutions
// up to a constant: a factorisation needs it, and multigrid converges as fast with it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "solvers/linear/petsc_handle.h"

namespace bmiss {

class FiniteElementSpace;
struct SolverOptions;

class LinearSolver {
public:
  virtual ~LinearSolver() = default;
  // Solves for every right-hand side to about the relative residual `tolerance`; x[i][grounded] = 0. Returns the
  // iterations of each. Does not throw when it stops early: the caller measures the true residual.
  virtual std::vector<int> solve(const std::vector<Vec>& rhs, const std::vector<Vec>& solutions, double tolerance) = 0;
  virtual std::size_t block_size() const = 0;  // right-hand sides that gain from being solved together
  virtual std::string description() const = 0;
};

// The matrix with the row and column of `grounded` replaced by its diagonal.
MatHandle grounded_copy(Mat matrix, PetscInt grounded);

std::unique_ptr<LinearSolver> make_direct_solver(Mat matrix, PetscInt grounded);
std::unique_ptr<LinearSolver> make_algebraic_solver(Mat matrix, PetscInt grounded, const SolverOptions& options);
// Conjugate gradients with two levels: quadratic elements smoothed by Chebyshev-Jacobi, linear elements on the same
// mesh.
std::unique_ptr<LinearSolver> make_multigrid_solver(const FiniteElementSpace& space, Mat matrix, PetscInt grounded,
                                                    const SolverOptions& options);

}  // namespace bmiss
