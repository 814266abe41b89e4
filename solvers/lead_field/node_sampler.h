// Values at points of fields whose nodes are spread over ranks, and the transpose: loads at points.
#pragma once

#include <mpi.h>

#include <Eigen/SparseCore>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "anatomy/tissue_table.h"
#include "forward/lead_field.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/lead_field/point_locator.h"

namespace bmiss {

class NodeSampler {
public:
  // Mesh and nodes on rank 0, tissues on every rank. `my_nodes`: [first, last) of this rank.
  NodeSampler(const TetMesh& mesh, const ElementNodes& nodes, const TissueTable& tissues,
              std::pair<std::size_t, std::size_t> my_nodes, MPI_Comm communicator);

  struct Places {
    Eigen::SparseMatrix<double, Eigen::RowMajor> weights;  // [n_points x n_my_nodes] of this rank's nodes
    Eigen::VectorXd mean_edges;                            // of the tetrahedra around the points [m]
  };
  // The last points asked for are kept. Collective, the same points on every rank; throws as locate_points().
  const Places& locate(const FieldPoints& points) const;

private:
  void find(const FieldPoints& points, std::vector<int>& nodes, std::vector<double>& weights,
            Eigen::VectorXd& edges) const;

  ElementNodes nodes_;                   // rank 0
  std::optional<PointLocator> locator_;  // rank 0
  std::map<int, std::string> names_;
  std::pair<std::size_t, std::size_t> my_nodes_;
  MPI_Comm communicator_;
  mutable FieldPoints last_;
  mutable Places places_;
};

// This rank's slice of functionals as columns [n_my_nodes x n_functionals].
Eigen::MatrixXd nodal_slices(const std::vector<NodalFunctional>& functionals,
                             std::pair<std::size_t, std::size_t> my_nodes);
// Adds up what every rank has; collective.
void sum_over_ranks(Eigen::MatrixXd& values, MPI_Comm communicator);

}  // namespace bmiss
