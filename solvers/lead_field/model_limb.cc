#include "solvers/lead_field/model_limb.h"

#include <algorithm>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "solvers/lead_field/electrode_load.h"
#include "solvers/lead_field/preparation.h"
#include "solvers/lead_field/smoothing_widths.h"

namespace bmiss {
namespace {

// Of the patches whose loads are subtracted, along the skin [m]: as long as the pieces that patches of 2 mm are cut
// into.
constexpr double patch_step = 0.1e-3;

void require_differentiable(const LeadFieldProblem& problem) {
  if (problem.laws.is_complex())
    throw InputError(
        "the conductivity law is complex, and lead fields have derivatives by real conductivities only; take a law "
        "without imaginary part");
  std::vector<Electrode> all = problem.electrodes.electrodes;
  all.push_back(problem.electrodes.reference);
  for (const Electrode& electrode : all)
    if (electrode.model == ElectrodeModel::complete)
      throw InputError("electrode '" + electrode.name +
                       "' is a complete one, whose contact has no derivatives; make it uniform to fit conductivities "
                       "or the place of its grid");
}

std::vector<int> labels_of(const LeadFieldProblem& problem, MPI_Comm communicator) {
  std::vector<int> labels;
  for (const Tissue& tissue : problem.tissues.tissues()) labels.push_back(tissue.label);
  std::vector<int> present(labels.size(), 0);
  on_rank_zero(communicator, [&] {
    for (std::size_t i = 0; i < labels.size(); ++i)
      present[i] =
          static_cast<int>(std::count(problem.mesh.tet_labels.begin(), problem.mesh.tet_labels.end(), labels[i]) > 0);
  });
  MPI_Bcast(present.data(), static_cast<int>(present.size()), MPI_INT, 0, communicator);
  std::vector<int> result;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (present[i] != 0) result.push_back(labels[i]);
  return result;
}

void share(std::string& text, MPI_Comm communicator) {
  unsigned long size = text.size();
  MPI_Bcast(&size, 1, MPI_UNSIGNED_LONG, 0, communicator);
  text.resize(size);
  MPI_Bcast(text.data(), static_cast<int>(size), MPI_CHAR, 0, communicator);
}

}  // namespace

ModelLimb::ModelLimb(std::shared_ptr<const LeadFieldProblem> the_problem, const FiniteElementModelOptions& the_options,
                     MPI_Comm the_communicator)
    : problem(std::move(the_problem)), options(the_options), communicator(the_communicator) {
  require_valid(options.solver);
  require_differentiable(*problem);
  conductivities = ConductivityParameters(problem->tissues, labels_of(*problem, communicator));
  Eigen::Vector3d axis;
  on_rank_zero(communicator, [&] {
    nodes = number_nodes(problem->mesh, options.solver.degree);
    skin = std::make_unique<SkinWalker>(problem->mesh);
    axis = limb_axis(problem->mesh);
    identity = identity_of(*problem, options.solver).content_hash();
  });
  share(identity, communicator);
  MPI_Bcast(axis.data(), 3, MPI_DOUBLE, 0, communicator);
  motions = GridMotions(problem->electrodes, axis);
}

Eigen::VectorXd ModelLimb::assumed_values() const {
  Eigen::VectorXd values = Eigen::VectorXd::Zero(n_conductivities() + n_motions());
  for (Eigen::Index p = 0; p < n_conductivities(); ++p)
    values[p] = conductivities.parameters()[static_cast<std::size_t>(p)].value;
  return values;
}

double ModelLimb::derivative_tolerance() const {
  return options.derivative_tolerance > 0 ? options.derivative_tolerance : options.solver.tolerance;
}

Eigen::VectorXd ModelLimb::widths(const FieldPoints& points) const {
  return options.smoothing *
         widths_along_fibres(sampler->locate(points).mean_edges, points.places, problem->electrodes);
}

CornerTensors ModelLimb::tensors(const Eigen::VectorXd& values) const {
  return conductivity_at_corners(problem->mesh, problem->directions, conductivities.at(values.head(n_conductivities())),
                                 problem->laws);
}

CornerTensors ModelLimb::tensor_derivative_by(std::size_t conductivity, const Eigen::VectorXd& values) const {
  return tensor_derivative(problem->mesh, problem->directions, problem->laws, conductivities,
                           values.head(n_conductivities()), conductivity);
}

ElectrodeArray ModelLimb::moved(const Eigen::VectorXd& values) const {
  return motions.moved(values.tail(n_motions()), [&](const Electrode& laid, const Eigen::Vector3d& way, double spin) {
    return skin->walk(laid, way, spin);
  });
}

std::vector<NodalFunctional> ModelLimb::load_derivatives_by(std::size_t motion, const Eigen::VectorXd& values) const {
  const double step = patch_step / motions.reach(motion);
  Eigen::VectorXd there = values;
  double& value = there[n_conductivities() + static_cast<Eigen::Index>(motion)];
  value += step;
  const ElectrodeArray ahead = moved(there);
  value -= 2 * step;
  const ElectrodeArray behind = moved(there);
  std::vector<NodalFunctional> derivatives(problem->electrodes.electrodes.size());
  for (const std::size_t e : motions.electrodes_of(motion)) {
    derivatives[e] = difference(electrode_load(problem->mesh, nodes, ahead.electrodes[e]).functional,
                                electrode_load(problem->mesh, nodes, behind.electrodes[e]).functional);
    for (double& weight : derivatives[e].weights) weight /= 2 * step;
  }
  return derivatives;
}

// The places that rank 0 found.
ElectrodeArray shared_array(ElectrodeArray array, MPI_Comm communicator) {
  std::vector<double> frames;
  for (const Electrode& e : array.electrodes)
    for (const Eigen::Vector3d& v : {e.position, e.normal, e.along})
      frames.insert(frames.end(), v.data(), v.data() + 3);
  MPI_Bcast(frames.data(), static_cast<int>(frames.size()), MPI_DOUBLE, 0, communicator);
  for (std::size_t e = 0; e < array.electrodes.size(); ++e) {
    const double* frame = frames.data() + 9 * e;
    array.electrodes[e].position = Eigen::Map<const Eigen::Vector3d>(frame);
    array.electrodes[e].normal = Eigen::Map<const Eigen::Vector3d>(frame + 3);
    array.electrodes[e].along = Eigen::Map<const Eigen::Vector3d>(frame + 6);
  }
  return array;
}

}  // namespace bmiss
