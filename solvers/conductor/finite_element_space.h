// The distributed finite-element space on a tetrahedral mesh: degrees of freedom over ranks, the operator, and the way
// between degrees of freedom and the rank-independent node numbers.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/linear/petsc_handle.h"

namespace bmiss {

class FiniteElementSpace {
public:
  // Collective. `mesh` and `nodes` count on rank 0, which hands every rank its part and keeps nothing else.
  FiniteElementSpace(const TetMesh& mesh, const ElementNodes& nodes, MPI_Comm communicator);
  ~FiniteElementSpace();

  // Matrix of the bilinear form int sigma grad u . grad v dx, with the constants as its null space. Collective;
  // `tensors` on rank 0.
  MatHandle assemble(const CornerTensors& tensors) const;
  // Linear to quadratic elements on the same mesh [n_dofs x n_vertices]: vertices copied, edge nodes averaged. Degree 2
  // only. `grounded` is a degree of freedom at a vertex that does not interpolate to its neighbours; -1: none.
  MatHandle interpolation_from_linear(PetscInt grounded) const;
  PetscInt dof_of_node_zero() const;

  std::size_t n_my_dofs() const;
  // The entries of a functional that are this rank's: local degree of freedom and weight.
  std::vector<std::pair<std::size_t, double>> my_part(const NodalFunctional& functional) const;
  // Between values at this rank's degrees of freedom and its slice of the nodes. Collective.
  Eigen::VectorXd to_nodes(const Eigen::VectorXd& dofs) const;
  Eigen::VectorXd from_nodes(const Eigen::VectorXd& slice) const;

  int degree() const { return degree_; }
  std::size_t n_nodes() const { return n_nodes_; }
  std::pair<std::size_t, std::size_t> node_range() const { return {first_node_, last_node_}; }  // [first, last)
  MPI_Comm communicator() const { return communicator_; }

private:
  struct Discretisation;
  enum class ScatterDirection { to_nodes, to_dofs };
  void connect_nodes_and_dofs();
  void scatter(const double* dofs, const double* slice, ScatterDirection direction) const;

  MPI_Comm communicator_;
  int degree_ = 2;
  std::size_t n_nodes_ = 0, first_node_ = 0, last_node_ = 0;
  std::unique_ptr<Discretisation> fe_;
  std::vector<std::pair<int, std::size_t>> dof_of_node_;  // this rank's degrees of freedom, by node
  VecHandle dof_vector_, node_vector_;                    // layouts over ranks
  ScatterHandle dofs_to_nodes_;
};

}  // namespace bmiss
