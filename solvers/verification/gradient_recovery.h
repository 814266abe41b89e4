// How far a finite-element field is from a smoother one with the same values: the gradient averaged at every node over
// the tetrahedra of one tissue, against the gradient itself (Zienkiewicz & Zhu 1987; tissue by tissue, because the
// exact gradient jumps between tissues).
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss {

// One field a column [n_nodes x n_fields]; the fields of a node lie together.
using NodalFields = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Of every tetrahedron t and field: int_t g . sigma g dx, in units of the field squared times S [n_tets x n_fields].
struct RecoveredEnergies {
  Eigen::MatrixXf error;  // g: recovered minus own gradient
  Eigen::MatrixXf field;  // g: the gradient itself
};

class GradientRecovery {
public:
  // `nodes` must outlive the recovery. sigma is taken as constant in a tetrahedron, the mean of its corners'.
  GradientRecovery(const ElementNodes& nodes, const std::vector<int>& labels, const CornerTensors& tensors);

  RecoveredEnergies energies(const NodalFields& fields) const;  // of at most `most_fields`
  static constexpr int most_fields = 8;
  std::size_t n_tets() const { return labels_.size(); }

private:
  using Lane = Eigen::Array<double, 1, most_fields>;
  using Gradients = std::array<std::array<Lane, 3>, 10>;  // at the nodes of a tetrahedron
  struct Shape {
    Eigen::Matrix<double, 4, 3> slopes;  // of the barycentric coordinates
    double volume = 0;
  };
  Shape shape(std::size_t tet) const;
  void gradients(std::size_t tet, const Shape& shape, const std::vector<Lane>& values, Gradients& result) const;
  std::vector<std::array<Lane, 3>> averages(const std::vector<Lane>& values) const;

  const ElementNodes& nodes_;
  std::vector<int> labels_;
  std::vector<int> places_;      // [n_tets x 10] number of (node, tissue); edges of linear elements have -1
  std::vector<double> weights_;  // of each (node, tissue): volume of its tetrahedra
  Eigen::Matrix<float, 6, Eigen::Dynamic> sigma_;
};

}  // namespace bmiss
