// What the finite-element models of one limb share, whatever the values of their parameters.
#pragma once

#include <mpi.h>

#include <Eigen/Core>
#include <memory>
#include <string>
#include <vector>

#include "forward/grid_motion.h"
#include "solvers/conductor/conductivity_parameters.h"
#include "solvers/lead_field/finite_element_model.h"
#include "solvers/lead_field/node_sampler.h"
#include "solvers/lead_field/skin_walk.h"

namespace bmiss {

struct ModelLimb {
  std::shared_ptr<const LeadFieldProblem> problem;
  FiniteElementModelOptions options;
  MPI_Comm communicator = MPI_COMM_NULL;
  std::string identity;              // of the problem
  ElementNodes nodes;                // rank 0
  std::unique_ptr<SkinWalker> skin;  // rank 0
  ConductivityParameters conductivities;
  GridMotions motions;
  std::unique_ptr<NodeSampler> sampler;  // made with the first solver: the slices of all are the same

  // Collective. Throws InputError: complete electrodes, complex laws, options.
  ModelLimb(std::shared_ptr<const LeadFieldProblem> problem, const FiniteElementModelOptions& options,
            MPI_Comm communicator);

  Eigen::Index n_conductivities() const { return static_cast<Eigen::Index>(conductivities.parameters().size()); }
  Eigen::Index n_motions() const { return static_cast<Eigen::Index>(motions.parameters().size()); }
  Eigen::VectorXd assumed_values() const;  // of all parameters
  double derivative_tolerance() const;
  // As if the grids lay where they were laid: widths count as constants. Collective.
  Eigen::VectorXd widths(const FieldPoints& points) const;

  // On rank 0, for these values of all parameters.
  CornerTensors tensors(const Eigen::VectorXd& values) const;
  CornerTensors tensor_derivative_by(std::size_t conductivity, const Eigen::VectorXd& values) const;
  ElectrodeArray moved(const Eigen::VectorXd& values) const;
  // d load / d parameter of a motion, of all electrodes; empty for those that it does not move.
  std::vector<NodalFunctional> load_derivatives_by(std::size_t motion, const Eigen::VectorXd& values) const;
};

// The places that rank 0 found, on every rank. Collective.
ElectrodeArray shared_array(ElectrodeArray array, MPI_Comm communicator);

}  // namespace bmiss
