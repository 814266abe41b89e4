// Conductivities of tissues as parameters of a model, and what a change of one does to the tensors of a mesh.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "forward/lead_field.h"
#include "solvers/conductor/conductivity.h"

namespace bmiss {

// Tissues of one kind that conduct equally well share their parameters: one, or two of a muscle that conducts better
// along its fibres. They are called by the kind ("conductivity fat", "conductivity muscle along"), or, when a kind has
// several conductivities, by the names of the tissues.
class ConductivityParameters {
public:
  ConductivityParameters() = default;
  // Of those tissues whose labels occur.
  ConductivityParameters(const TissueTable& table, const std::vector<int>& labels);

  const std::vector<ModelParameter>& parameters() const { return parameters_; }  // as in the table
  // The table with other values [n_parameters]. Throws InputError for values that no tissue has.
  TissueTable at(const Eigen::VectorXd& values) const;

private:
  std::vector<Tissue> tissues_;
  std::vector<LabelRule> rules_;
  std::vector<ModelParameter> parameters_;
  struct Place {
    std::size_t tissue = 0;
    double Tissue::*number = nullptr;
  };
  std::vector<std::vector<Place>> places_;  // [n_parameters] where each value stands
};

// d tensor / d parameter at `values`, for any conductivity law. By central differences: exact up to rounding where the
// law is linear in the table's numbers, as the fibre-aligned one is, else to 1e-8. Throws as conductivity_at_corners().
CornerTensors tensor_derivative(const TetMesh& mesh, const FibreDirections& directions, const ConductivityLaws& laws,
                                const ConductivityParameters& conductivities, const Eigen::VectorXd& values,
                                std::size_t parameter);

}  // namespace bmiss
