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
#include "solvers/conductor/share_functionals.h"
#include "solvers/lead_field/file_layout.h"
#include "solvers/lead_field/lead_field_rows.h"
#include "solvers/lead_field/model_limb.h"
#include "solvers/lead_field/row_reader.h"
#include "solvers/linear/field_solver.h"

namespace bmiss {
namespace {

constexpr double same_place = 0.1e-3;  // between an electrode and its namesake [m]

}  // namespace

struct FiniteElementModel::Conductor {
  std::unique_ptr<FieldSolver> solver;
};

FiniteElementModel::FiniteElementModel(std::shared_ptr<const LeadFieldProblem> problem,
                                       const FiniteElementModelOptions& options, MPI_Comm communicator)
    : limb_(std::make_shared<ModelLimb>(std::move(problem), options, communicator)), values_(limb_->assumed_values()) {
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
  ModelLimb& limb = *limb_;
  auto conductor = std::make_shared<Conductor>();
  CornerTensors tensors;
  on_rank_zero(limb.communicator, [&] { tensors = limb.tensors(values_); });
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
  const ModelLimb& limb = *limb_;
  array_ = limb.problem->electrodes;
  RowFunctionals rows;
  on_rank_zero(limb.communicator, [&] {
    array_ = limb.moved(values_);
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
  const ModelLimb& limb = *limb_;
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
  CornerTensors result;
  on_rank_zero(limb_->communicator, [&] { result = limb_->tensor_derivative_by(conductivity, values_); });
  return result;
}

Eigen::MatrixXd FiniteElementModel::load_derivative_by(std::size_t motion) const {
  std::vector<NodalFunctional> derivatives(numbers_.size());
  on_rank_zero(limb_->communicator, [&] {
    const auto all = limb_->load_derivatives_by(motion, values_);
    for (std::size_t i = 0; i < numbers_.size(); ++i) derivatives[i] = all[numbers_[i]];
  });
  share_functionals(derivatives, limb_->communicator);
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
  if (!columns.empty())
    result(Eigen::all, columns) =
        conductor_->solver->solve(loads(Eigen::all, columns), names, limb_->derivative_tolerance());
  return result;
}

Eigen::MatrixXd FiniteElementModel::tangent_fields(std::size_t parameter) const {
  const auto n_conductivities = static_cast<std::size_t>(limb_->n_conductivities());
  BMISS_ASSERT(parameter < static_cast<std::size_t>(values_.size()));
  if (parameter >= n_conductivities) return solve_some(load_derivative_by(parameter - n_conductivities));
  return solve_some(-conductor_->solver->apply(tensor_derivative_by(parameter), recorded_fields()));
}

Eigen::MatrixXd FiniteElementModel::tangent(const Eigen::Matrix3Xd& points, std::size_t parameter) const {
  return sampled({points, {}}, tangent_fields(parameter));
}

void FiniteElementModel::for_each_nodal_tangent(
    std::size_t parameter, const std::function<void(std::size_t electrode, const Eigen::VectorXf&)>& action) const {
  Eigen::MatrixXd fields = tangent_fields(parameter);
  const auto& solver = *conductor_->solver;
  const auto [first, last] = solver.node_range();
  for (Eigen::Index i = 0; i < fields.cols(); ++i)
    fields.col(i).array() -= solver.evaluate({reference_}, fields.col(i))[0];
  for (std::size_t e = 0; e < patches_.size(); ++e) {
    Eigen::VectorXf row = Eigen::VectorXf::Zero(static_cast<Eigen::Index>(n_unknowns()));
    const auto found = std::find(numbers_.begin(), numbers_.end(), e);
    if (found != numbers_.end())
      row.segment(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(last - first)) =
          fields.col(found - numbers_.begin()).cast<float>();
    const bool root = mpi_rank(limb_->communicator) == 0;
    MPI_Reduce(root ? MPI_IN_PLACE : row.data(), row.data(), static_cast<int>(row.size()), MPI_FLOAT, MPI_SUM, 0,
               limb_->communicator);
    on_root([&] { action(e, row); });
  }
}

void FiniteElementModel::on_root(const std::function<void()>& action) const {
  on_rank_zero(limb_->communicator, action);
}

std::string FiniteElementModel::content_hash() const {
  return limb_->identity;
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
  const ModelLimb& limb = *limb_;
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
