// Potentials of balanced currents on a finite-element mesh: the operator, a linear solver for it, and node numbers that
// do not depend on the ranks. No library type shows: values are this rank's slice of the nodes.
#pragma once

#include <mpi.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/linear/solver_options.h"

namespace bmiss {

class Report;

struct FieldSolution {
  Eigen::MatrixXd values;     // [n_my_nodes x n_loads], V for loads in A; zero at node 0
  Eigen::MatrixXd imaginary;  // as values; empty unless the conductor is complex
  std::vector<int> iterations;
  std::vector<double> residuals;          // |b - A x| / |b|, recomputed
  std::vector<NodalFunctional> currents;  // A x at the nodes of each load: what the field delivers there [A]
};

class FieldSolver {
public:
  // Collective. Mesh, nodes and tensors count on rank 0. `n_loads` is how many solves are expected: auto weighs them.
  // Throws InputError (options), NumericalError (the factorisation failed, e.g. no memory).
  FieldSolver(const TetMesh& mesh, const ElementNodes& nodes, const CornerTensors& tensors,
              const SolverOptions& options, std::size_t n_loads, MPI_Comm communicator, Report& report);
  ~FieldSolver();

  // Makes the conductor complex: its admittivity gets i times these tensors (rank 0). Collective.
  void add_susceptivity(const CornerTensors& tensors);

  // Collective; the same loads on every rank, each of them balanced (its weights sum to zero). `names` are for the
  // message. Throws NumericalError naming the first load that does not reach the tolerance.
  FieldSolution solve(const std::vector<NodalFunctional>& loads, const std::vector<std::string>& names);
  // The same for loads [n_my_nodes x n_loads, A] that are this rank's slice of the nodes: derivatives and adjoints. Not
  // in a complex conductor. Only the values [n_my_nodes x n_loads, V], zero at node 0.
  Eigen::MatrixXd solve(const Eigen::MatrixXd& loads, const std::vector<std::string>& names);
  // B u [n_my_nodes x n_columns] for the operator B of other tensors (rank 0) on the same elements. Collective.
  Eigen::MatrixXd apply(const CornerTensors& tensors, const Eigen::MatrixXd& values) const;
  // A u at the nodes of a functional, the current [A] that leaves through each, for every column of potentials; with
  // `imaginary` its real part in a complex conductor. Collective.
  std::vector<NodalFunctional> currents(const std::vector<NodalFunctional>& places, const Eigen::MatrixXd& values,
                                        const Eigen::MatrixXd& imaginary);
  Eigen::VectorXd evaluate(const std::vector<NodalFunctional>& functionals,
                           const Eigen::VectorXd& values) const;  // collective

  std::size_t block_size() const;
  std::size_t n_nodes() const;
  std::pair<std::size_t, std::size_t> node_range() const;  // of this rank: [first, last)
  MPI_Comm communicator() const;
  const std::string& method() const;

private:
  struct State;
  FieldSolution solve_complex(const Eigen::MatrixXd& loads, const std::vector<std::string>& names);
  std::unique_ptr<State> state_;
};

}  // namespace bmiss
