// A finite-element lead field that keeps its solver at hand: exact derivatives by conductivities and places of grids,
// and the same limb with other values of them.
#pragma once

#include <mpi.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "forward/lead_field.h"
#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/lead_field/engine.h"
#include "solvers/linear/solver_options.h"

namespace bmiss {

struct ModelLimb;  // what models at other values share

struct FiniteElementModelOptions {
  SolverOptions solver;
  std::string stored;    // a finished lead-field file of the problem to take the potentials from; empty: solve for them
  double smoothing = 1;  // along fibres, as 'Lead field/Smoothing along fibres' has it
  double derivative_tolerance = 0;  // of the solutions for derivatives and adjoints; 0: that of the solver
};

// Parameters: conductivities of the tissues (conductivity_parameters.h), then shifts and rotation of each grid
// (grid_motion.h). With A w_e = b_e for electrode e, A_q = dA/dq of a conductivity q, P the sampling at the points
// (against the reference) and g_e = dJ/d(P w_e):
//   tangent  dw_e = -A^-1 A_q w_e, for a grid A^-1 db_e;                  one solution for each electrode and parameter
//   adjoint  A lambda_e = P^T g_e, dJ/dq = -sum_e lambda_e^T A_q w_e, for a grid sum_e lambda_e^T db_e;
//                                                                         one solution for each electrode in all
// A_q is assembled from the tensors' derivative with the elements of A, so derivatives are those of the discrete field,
// to the tolerance of the solver. Loads are those of patches that walk along the skin, db_e their difference 0.1 mm
// either side: right to about 1e-4, to 1e-3 where elements are as large as the patches, and for points only between the
// edges of elements, where their field has kinks.
// Needs the memory of the solver and of potentials at all nodes [n_nodes x n_electrodes], in derivatives three times.
//
// Everything is collective over the communicator, with the same arguments on every rank.
class FiniteElementModel final : public LeadField {
public:
  // `problem` counts on rank 0 but for tissues, electrodes and laws. Throws InputError: complete electrodes, complex
  // laws, a stored file of another problem; otherwise as compute_lead_field().
  FiniteElementModel(std::shared_ptr<const LeadFieldProblem> problem, const FiniteElementModelOptions& options,
                     MPI_Comm communicator);

  std::size_t n_unknowns() const;
  std::size_t n_electrodes() const { return patches_.size(); }  // of the problem
  // Calls on rank 0 for every electrode of the problem, with its tangent at all nodes [n_nodes] against the reference;
  // zero for one that is not recorded.
  void for_each_nodal_tangent(std::size_t parameter,
                              const std::function<void(std::size_t electrode, const Eigen::VectorXf&)>& action) const;
  void on_root(const std::function<void()>& action) const;  // rank 0; when it throws, all ranks do
  std::string content_hash() const;                         // of the lead-field file that has these potentials
  // A choice of the problem's electrodes, at their places. Throws InputError for others.
  void set_electrodes(const ElectrodeArray& electrodes) override;
  const ElectrodeArray& electrodes() const override { return recorded_; }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override;
  // As if every grid lay where it was laid.
  Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const override;
  FieldSamples sample(const FieldPoints& points) const override;

  std::vector<ModelParameter> model_parameters() const override;
  Eigen::MatrixXd tangent(const Eigen::Matrix3Xd& points, std::size_t parameter) const override;
  Eigen::VectorXd adjoint(const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& gradient) const override;
  // Solves again only for electrodes that move, where conductivities stay.
  std::unique_ptr<LeadField> at(const Eigen::VectorXd& values) const override;

  std::string hash() const override;
  std::string citation() const override;

private:
  struct Conductor;  // what stays when only grids move

  void set_up_conductor();
  void lay_electrodes();
  void solve_for(const std::vector<std::size_t>& electrodes);
  void read_fields(const std::string& path);
  Eigen::MatrixXd recorded_fields() const;  // [n_my_nodes x n_recorded]
  // Nodal fields, one a column, at the points against the reference [n_columns x n_points].
  Eigen::MatrixXd sampled(const FieldPoints& points, const Eigen::MatrixXd& fields) const;
  Eigen::MatrixXd tangent_fields(std::size_t parameter) const;     // [n_my_nodes x n_recorded], up to constants
  Eigen::MatrixXd solve_some(const Eigen::MatrixXd& loads) const;  // [n_my_nodes x n_recorded], balanced
  CornerTensors tensor_derivative_by(std::size_t conductivity) const;
  // d load / d parameter of a motion of the grids [n_my_nodes x n_recorded].
  Eigen::MatrixXd load_derivative_by(std::size_t motion) const;

  std::shared_ptr<ModelLimb> limb_;
  std::shared_ptr<Conductor> conductor_;
  Eigen::VectorXd values_;
  ElectrodeArray array_;  // all, where they are now
  std::vector<NodalFunctional> patches_;
  NodalFunctional reference_;
  Eigen::MatrixXd fields_;  // [n_my_nodes x n_electrodes], V/A up to a constant each
  ElectrodeArray recorded_;
  std::vector<std::size_t> numbers_;  // of the recorded ones among all
};

}  // namespace bmiss
