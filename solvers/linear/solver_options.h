// How the linear systems are solved, and the choice of a method from the size of the problem.
#pragma once

#include <cstddef>
#include <string>

namespace bmiss {

class Parameters;

struct SolverOptions {
  int degree = 2;               // of the tetrahedra
  std::string method = "auto";  // auto, direct (MUMPS), multigrid (p-multigrid), algebraic (BoomerAMG)
  double tolerance = 1e-10;     // relative residual
  int largest_iterations = 200;
  double memory_for_direct = 4e9;  // predicted factor size up to which auto may choose direct [bytes]
  int ranks_per_group = 0;         // that hold one copy of the system; 0: as few as the memory allows
  static void declare_parameters(Parameters& parameters);  // section "Solver"
  static SolverOptions parse_parameters(const Parameters& parameters);
};

// Throws InputError: degree other than 1 or 2, unknown method, multigrid with degree 1, tolerance out of (1e-14, 1e-2).
void require_valid(const SolverOptions& options);

struct MethodChoice {
  std::string method;  // direct, multigrid or algebraic
  std::string reason;  // one sentence for the log
};

// Memory of a Cholesky factor of `n_unknowns` in three dimensions [bytes].
double predicted_factor_memory(std::size_t n_unknowns);

// What a method takes on one core for a matrix that is assembled: fitted to measurements with MUMPS, BoomerAMG and
// p-multigrid on layered anisotropic conductors of 64 000 to 435 000 unknowns (one core at about 3 GHz).
struct MethodCost {
  double memory = 0;             // [bytes]
  double set_up = 0, solve = 0;  // the latter of all right-hand sides [s]
};
MethodCost method_cost(const std::string& method, int degree, std::size_t n_unknowns, std::size_t n_rhs);

// The method predicted to take less time, set-up included, among those that the memory allows.
MethodChoice choose_method(const SolverOptions& options, std::size_t n_unknowns, std::size_t n_rhs);

}  // namespace bmiss
