#include "solvers/lead_field/finite_element_model.h"

#include <algorithm>
#include <numeric>
#include <sstream>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/nearest_name.h"
#include "base/provenance.h"
#include "base/report.h"
#include "base/table.h"
#include "forward/grid_motion.h"
#include "solvers/conductor/conductivity_parameters.h"
#include "solvers/conductor/share_functionals.h"
#include "solvers/lead_field/electrode_load.h"
#include "solvers/lead_field/file_layout.h"
#include "solvers/lead_field/node_sampler.h"
#include "solvers/lead_field/preparation.h"
#include "solvers/lead_field/row_reader.h"
#include "solvers/lead_field/skin_walk.h"
#include "solvers/lead_field/smoothing_widths.h"
#include "solvers/linear/field_solver.h"

namespace bmiss {
namespace {

// Of the patches whose loads are subtracted, along the skin [m]: a twentieth of a patch and more of the pieces that it
// is cut into.
constexpr double patch_step = 0.1e-3;
constexpr double same_place = 0.1e-3;  // between an electrode and its namesake [m]

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

}  // namespace

// What all models of a limb share.
struct FiniteElementModel::Limb {
  std::shared_ptr<const LeadFieldProblem> problem;
  FiniteElementModelOptions options;
  MPI_Comm communicator = MPI_COMM_NULL;
  ElementNodes nodes;                // rank 0
  std::unique_ptr<SkinWalker> skin;  // rank 0
  ConductivityParameters conductivities;
  GridMotions motions;
  std::unique_ptr<NodeSampler> sampler;  // made with the first conductor: the slices of all are the same

  Eigen::Index n_conductivities() const { return static_cast<Eigen::Index>(conductivities.parameters().size()); }
  Eigen::Index n_motions() const { return static_cast<Eigen::Index>(motions.parameters().size()); }

  std::string identity;  // of the problem, everywhere

  // As if the grids lay where they were laid: widths count as constants.
  Eigen::VectorXd widths(const FieldPoints& points) const {
    return options.smoothing *
           widths_along_fibres(sampler->locate(points).mean_edges, points.places, problem->electrodes);
  }
  // With grids elsewhere; on rank 0.
  ElectrodeArray moved(const Eigen::VectorXd& placement) const {
    return motions.moved(placement, [&](const Electrode& laid, const Eigen::Vector3d& way, double spin) {
      return skin->walk(laid, way, spin);
    });
  }
};

struct FiniteElementModel::Conductor {
  std::unique_ptr<FieldSolver> solver;
};

FiniteElementModel::FiniteElementModel(std::shared_ptr<const LeadFieldProblem> problem,
                                       const FiniteElementModelOptions& options, MPI_Comm communicator)
    : limb_(std::make_shared<Limb>()) {
  require_valid(options.solver);
  require_differentiable(*problem);
  Limb& limb = *limb_;
  limb.problem = std::move(problem);
  limb.options = options;
  limb.communicator = communicator;
  limb.conductivities = ConductivityParameters(limb.problem->tissues, labels_of(*limb.problem, communicator));
  Eigen::Vector3d axis;
  on_rank_zero(communicator, [&] {
    limb.nodes = number_nodes(limb.problem->mesh, options.solver.degree);
    limb.skin = std::make_unique<SkinWalker>(limb.problem->mesh);
    axis = limb_axis(limb.problem->mesh);
    limb.identity = identity_of(*limb.problem, options.solver).content_hash();
  });
  share(limb.identity, communicator);
  MPI_Bcast(axis.data(), 3, MPI_DOUBLE, 0, communicator);
  limb.motions = GridMotions(limb.problem->electrodes, axis);
  values_.setZero(limb.n_conductivities() + limb.n_motions());
  for (Eigen::Index p = 0; p < limb.n_conductivities(); ++p)
    values_[p] = limb.conductivities.parameters()[static_cast<std::size_t>(p)].value;
  set_up_conductor();
  lay_electrodes();
  set_electrodes(array_);
  std::vector<std::size_t> all(array_.electrodes.size());
  std::iota(all.begin(), all.end(), 0);
  if (options.stored.empty())
    solve_for(all);
  else
    read_fields(options.stored);
}

void FiniteElementModel::set_up_conductor() {
  Limb& limb = *limb_;
  auto conductor = std::make_shared<Conductor>();
  CornerTensors tensors;
  on_rank_zero(limb.communicator, [&] {
    tensors =
        conductivity_at_corners(limb.problem->mesh, limb.problem->directions,
                                limb.conductivities.at(values_.head(limb.n_conductivities())), limb.problem->laws);
  });
  std::ostringstream unheard;
  Report quiet(unheard, mpi_rank(limb.communicator));
  const std::size_t n_loads = limb.problem->electrodes.electrodes.size() * static_cast<std::size_t>(values_.size() + 1);
  conductor->solver = std::make_unique<FieldSolver>(limb.problem->mesh, limb.nodes, tensors, limb.options.solver,
                                                    n_loads, limb.communicator, quiet);
  conductor_ = std::move(conductor);
  if (!limb.sampler)
    limb.sampler = std::make_unique<NodeSampler>(limb.problem->mesh, limb.nodes, limb.problem->tissues,
                                                 conductor_->solver->node_range(), limb.communicator);
}

// Patches where the values say.
void FiniteElementModel::lay_electrodes() {
  const Limb& limb = *limb_;
  array_ = limb.problem->electrodes;
  RowFunctionals rows;
  on_rank_zero(limb.communicator, [&] {
    array_ = limb.moved(values_.tail(limb.n_motions()));
    rows = row_functionals(limb.problem->mesh, limb.nodes, array_);
  });
  array_ = shared_array(std::move(array_), limb.communicator);
  std::vector<NodalFunctional> reference = {std::move(rows.reference)};
  patches_ = std::move(rows.rows);
  share_functionals(patches_, limb.communicator);
  share_functionals(reference, limb.communicator);
  reference_ = std::move(reference.front());
}

void FiniteElementModel::solve_for(const std::vector<std::size_t>& electrodes) {
  std::vector<NodalFunctional> loads;
  std::vector<std::string> names;
  for (const std::size_t e : electrodes) {
    loads.push_back(difference(patches_[e], reference_));
    names.push_back(array_.electrodes[e].name);
  }
  const FieldSolution solution = conductor_->solver->solve(loads, names);
  fields_.conservativeResize(solution.values.rows(), static_cast<Eigen::Index>(patches_.size()));
  for (std::size_t i = 0; i < electrodes.size(); ++i)
    fields_.col(static_cast<Eigen::Index>(electrodes[i])) = solution.values.col(static_cast<Eigen::Index>(i));
}

void FiniteElementModel::read_fields(const std::string& path) {
  const Limb& limb = *limb_;
  const Hdf5File file(path, Hdf5File::Mode::read);
  if (!file.has_attribute("/", "content_hash") || file.text_attribute("/", "content_hash") != limb.identity)
    throw InputError(
        "is not the lead field of this study's mesh, conductivities, electrodes and solver; run bmiss leadfield again",
        path);
  const RowReader rows(file, potential_dataset);
  const auto [first, last] = conductor_->solver->node_range();
  fields_.resize(static_cast<Eigen::Index>(last - first), static_cast<Eigen::Index>(patches_.size()));
  for (std::size_t e = 0; e < patches_.size(); ++e)
    rows.read(e, first, last - first, fields_.col(static_cast<Eigen::Index>(e)).data());
}

void FiniteElementModel::set_electrodes(const ElectrodeArray& electrodes) {
  const auto names = array_.names();
  if (electrodes.reference.name != array_.reference.name)
    throw InputError("the model has the reference '" + array_.reference.name + "' but '" + electrodes.reference.name +
                     "' is wanted; compute a lead field with that reference");
  ElectrodeArray recorded;
  std::vector<std::size_t> numbers;
  for (const Electrode& electrode : electrodes.electrodes) {
    const auto found = std::find(names.begin(), names.end(), electrode.name);
    if (found == names.end())
      throw InputError("the model has no electrode '" + electrode.name + "'" + known_names(electrode.name, names));
    const std::size_t number = static_cast<std::size_t>(found - names.begin());
    const double distance = (array_.electrodes[number].position - electrode.position).norm();
    if (distance > same_place)
      throw InputError("electrode '" + electrode.name + "' of the model lies " + format("%.1f mm", 1e3 * distance) +
                       " away from where it is wanted; compute the lead field of these electrodes");
    if (electrode.passive) continue;
    recorded.electrodes.push_back(electrode);
    numbers.push_back(number);
  }
  recorded.reference = electrodes.reference;
  recorded_ = std::move(recorded);
  numbers_ = std::move(numbers);
}

std::size_t FiniteElementModel::n_unknowns() const {
  return conductor_->solver->n_nodes();
}

Eigen::MatrixXd FiniteElementModel::recorded_fields() const {
  Eigen::MatrixXd fields(fields_.rows(), static_cast<Eigen::Index>(numbers_.size()));
  for (std::size_t e = 0; e < numbers_.size(); ++e)
    fields.col(static_cast<Eigen::Index>(e)) = fields_.col(static_cast<Eigen::Index>(numbers_[e]));
  return fields;
}

Eigen::MatrixXd FiniteElementModel::sampled(const FieldPoints& points, const Eigen::MatrixXd& fields) const {
  const auto& places = limb_->sampler->locate(points);
  const Eigen::MatrixXd reference = nodal_slices({reference_}, conductor_->solver->node_range());
  Eigen::MatrixXd values(points.places.cols() + 1, fields.cols());
  values.topRows(points.places.cols()) = places.weights * fields;
  values.bottomRows(1) = reference.transpose() * fields;
  sum_over_ranks(values, limb_->communicator);
  return (values.topRows(points.places.cols()).rowwise() - values.bottomRows(1).row(0)).transpose();
}

Eigen::MatrixXd FiniteElementModel::potential(const Eigen::Matrix3Xd& points) const {
  return sampled({points, {}}, recorded_fields());
}

Eigen::VectorXd FiniteElementModel::smoothing_widths(const Eigen::Matrix3Xd& points) const {
  return limb_->widths({points, {}});
}

FieldSamples FiniteElementModel::sample(const FieldPoints& points) const {
  return {sampled(points, recorded_fields()), limb_->widths(points)};
}

std::vector<ModelParameter> FiniteElementModel::model_parameters() const {
  std::vector<ModelParameter> result = limb_->conductivities.parameters();
  const auto& motions = limb_->motions.parameters();
  result.insert(result.end(), motions.begin(), motions.end());
  for (std::size_t p = 0; p < result.size(); ++p) result[p].value = values_[static_cast<Eigen::Index>(p)];
  return result;
}

CornerTensors FiniteElementModel::tensor_derivative_by(std::size_t conductivity) const {
  const Limb& limb = *limb_;
  CornerTensors result;
  on_rank_zero(limb.communicator, [&] {
    result = tensor_derivative(limb.problem->mesh, limb.problem->directions, limb.problem->laws, limb.conductivities,
                               values_.head(limb.n_conductivities()), conductivity);
  });
  return result;
}

Eigen::MatrixXd FiniteElementModel::load_derivative_by(std::size_t motion) const {
  const Limb& limb = *limb_;
  const auto& moving = limb.motions.electrodes_of(motion);
  std::vector<NodalFunctional> derivatives(numbers_.size());
  on_rank_zero(limb.communicator, [&] {
    const double step = patch_step / limb.motions.reach(motion);
    Eigen::VectorXd placement = values_.tail(limb.n_motions());
    const auto at = static_cast<Eigen::Index>(motion);
    placement[at] += step;
    const ElectrodeArray ahead = limb.moved(placement);
    placement[at] -= 2 * step;
    const ElectrodeArray behind = limb.moved(placement);
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const std::size_t e = numbers_[i];
      if (std::find(moving.begin(), moving.end(), e) == moving.end()) continue;
      derivatives[i] = difference(electrode_load(limb.problem->mesh, limb.nodes, ahead.electrodes[e]).functional,
                                  electrode_load(limb.problem->mesh, limb.nodes, behind.electrodes[e]).functional);
      for (double& weight : derivatives[i].weights) weight /= 2 * step;
    }
  });
  share_functionals(derivatives, limb.communicator);
  return nodal_slices(derivatives, conductor_->solver->node_range());
}

Eigen::MatrixXd FiniteElementModel::solve_some(const Eigen::MatrixXd& loads) const {
  // A load that is zero everywhere has a field that is.
  Eigen::MatrixXd sizes = loads.colwise().squaredNorm().transpose();
  sum_over_ranks(sizes, limb_->communicator);
  std::vector<Eigen::Index> columns;
  std::vector<std::string> names;
  for (Eigen::Index e = 0; e < loads.cols(); ++e)
    if (sizes(e, 0) > 0) {
      columns.push_back(e);
      names.push_back(recorded_.electrodes[static_cast<std::size_t>(e)].name);
    }
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(loads.rows(), loads.cols());
  if (!columns.empty()) result(Eigen::all, columns) = conductor_->solver->solve(loads(Eigen::all, columns), names);
  return result;
}

Eigen::MatrixXd FiniteElementModel::tangent(const Eigen::Matrix3Xd& points, std::size_t parameter) const {
  const auto n_conductivities = static_cast<std::size_t>(limb_->n_conductivities());
  BMISS_ASSERT(parameter < static_cast<std::size_t>(values_.size()));
  const Eigen::MatrixXd loads =
      parameter < n_conductivities
          ? Eigen::MatrixXd(-conductor_->solver->apply(tensor_derivative_by(parameter), recorded_fields()))
          : load_derivative_by(parameter - n_conductivities);
  return sampled({points, {}}, solve_some(loads));
}

Eigen::VectorXd FiniteElementModel::adjoint(const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& gradient) const {
  BMISS_ASSERT(gradient.rows() == static_cast<Eigen::Index>(numbers_.size()) && gradient.cols() == points.cols());
  const auto& places = limb_->sampler->locate({points, {}});
  Eigen::MatrixXd loads = places.weights.transpose() * gradient.transpose();
  loads -= nodal_slices({reference_}, conductor_->solver->node_range()) * gradient.rowwise().sum().transpose();
  const Eigen::MatrixXd adjoints = solve_some(loads), fields = recorded_fields();
  Eigen::MatrixXd result(values_.size(), 1);
  for (Eigen::Index p = 0; p < result.rows(); ++p) {
    const auto parameter = static_cast<std::size_t>(p);
    if (p < limb_->n_conductivities())
      result(p, 0) = -adjoints.cwiseProduct(conductor_->solver->apply(tensor_derivative_by(parameter), fields)).sum();
    else
      result(p, 0) =
          adjoints.cwiseProduct(load_derivative_by(parameter - static_cast<std::size_t>(limb_->n_conductivities())))
              .sum();
  }
  sum_over_ranks(result, limb_->communicator);
  return result;
}

std::unique_ptr<LeadField> FiniteElementModel::at(const Eigen::VectorXd& values) const {
  BMISS_ASSERT(values.size() == values_.size());
  auto result = std::make_unique<FiniteElementModel>(*this);
  const Eigen::Index n = limb_->n_conductivities();
  const bool same_conductor = values.head(n) == values_.head(n);
  result->values_ = values;
  if (!same_conductor) result->set_up_conductor();
  result->lay_electrodes();
  std::vector<std::size_t> changed;
  for (std::size_t e = 0; e < patches_.size(); ++e)
    if (!same_conductor || result->array_.electrodes[e].position != array_.electrodes[e].position ||
        result->array_.electrodes[e].along != array_.electrodes[e].along)
      changed.push_back(e);
  if (!changed.empty()) result->solve_for(changed);
  for (std::size_t i = 0; i < numbers_.size(); ++i)
    result->recorded_.electrodes[i] = result->array_.electrodes[numbers_[i]];
  return result;
}

std::string FiniteElementModel::hash() const {
  const Limb& limb = *limb_;
  ContentHash hash;
  hash.add(limb.identity)
      .add(std::vector<double>(values_.data(), values_.data() + values_.size()))
      .add(recorded_.hash());
  return hash.hex();
}

std::string FiniteElementModel::citation() const {
  return "derivatives by adjoint equations: Vauhkonen PJ, Vauhkonen M, Savolainen T, Kaipio JP (1999) "
         "Three-dimensional "
         "electrical impedance tomography based on the complete electrode model. IEEE Transactions on Biomedical "
         "Engineering 46:1150-1160.";
}

}  // namespace bmiss
