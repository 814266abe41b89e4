#include "inversion/refine/muap_model.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/report.h"
#include "base/tsv_file.h"
#include "inversion/refine/muscle_field.h"
#include "inversion/refine/single_product.h"
#include "inversion/refine/weighted_sums.h"

namespace bmiss {

struct MuapModel::Muscle {
  SectionFrame frame;
  std::vector<SectionedPath> paths;
  FibreGrid grid;
  MuscleSection section;
  Eigen::MatrixXf curvature;  // [n_rows grid.size x n_paths]
  Propagation propagation;
  UnitBounds bounds;
};

namespace {

// Paths at even distances in the list, as many as the memory holds.
std::vector<SectionedPath> thinned(std::vector<SectionedPath> paths, std::size_t most) {
  if (paths.size() <= most) return paths;
  std::vector<SectionedPath> kept;
  for (std::size_t k = 0; k < most; ++k) kept.push_back(std::move(paths[k * paths.size() / most]));
  return kept;
}

Eigen::Matrix2Xd places_of(const std::vector<SectionedPath>& paths) {
  Eigen::Matrix2Xd places(2, static_cast<Eigen::Index>(paths.size()));
  for (std::size_t p = 0; p < paths.size(); ++p) places.col(static_cast<Eigen::Index>(p)) = paths[p].place;
  return places;
}

UnitBounds bounds_of(const std::vector<SectionedPath>& paths, const MuscleSection& section, const FibreGrid& grid) {
  const Eigen::Vector2d low = section.places().rowwise().minCoeff(), high = section.places().rowwise().maxCoeff();
  double longest = 0, first = -1e30, last = 1e30;
  for (const auto& path : paths) {
    longest = std::max(longest, path.length());
    first = std::max(first, -path.origin), last = std::min(last, path.length() - path.origin);
  }
  const double margin = 5e-3;  // of the zone from the ends of the fibres
  if (first + 2 * margin >= last) first = grid.place(0), last = grid.place(grid.size - 1);
  UnitBounds bounds;
  bounds.lower << low, 0.1e-3, first + margin, 10e-3, 10e-3, 2, std::max(1e-3, grid.step), -5e-3, -60;
  bounds.upper << high, std::clamp((high - low).maxCoeff() / 3, 1e-3, 12e-3), last - margin, longest + 10e-3,
      longest + 10e-3, 7, 12e-3, 5e-3, 60;
  return bounds;
}

void validate(const MuapModelOptions& options, const LeadField& lead_field) {
  const auto n_electrodes = static_cast<Eigen::Index>(lead_field.electrodes().electrodes.size());
  BMISS_ASSERT(options.rate > 0 && options.n_lags > 0 && options.grid_step > 0 && options.memory > 0);
  BMISS_ASSERT(options.velocity_scatter >= 0 && options.end_scatter >= 0);
  if (options.channel_operator.size() > 0 && options.channel_operator.cols() != n_electrodes)
    throw InputError("the operator on the channels is made for " + std::to_string(options.channel_operator.cols()) +
                     " electrodes, but the lead field has " + std::to_string(n_electrodes) +
                     "; take recording and lead field of the same electrodes");
  if (options.lag_operator.size() > 0 && options.lag_operator.rows() != options.n_lags)
    throw InputError("the operator on the lags is made for waveforms of " +
                     std::to_string(options.lag_operator.rows()) + " samples, but they have " +
                     std::to_string(options.n_lags) + "; give both the same length");
}

std::string known_muscles(const FibreAtlas& atlas, const std::string& asked) {
  std::vector<std::string> names;
  for (const auto& entry : atlas.paths) names.push_back(entry.first);
  return known_names(asked, names);
}

}  // namespace

MuapModel::MuapModel(const FibreAtlas& atlas, const std::vector<std::string>& muscles, const LeadField& lead_field,
                     const ActionPotential& action_potential, const MuapModelOptions& options, Report& report)
    : options_(options), names_(muscles) {
  validate(options, lead_field);
  const auto& electrodes = lead_field.electrodes();
  n_rows_ = options.channel_operator.size() > 0 ? options.channel_operator.rows()
                                                : static_cast<Eigen::Index>(electrodes.electrodes.size());
  lag_operator_ = options.lag_operator.cast<float>();
  const Eigen::VectorXd times =
      Eigen::VectorXd::LinSpaced(options.n_lags, options.first_lag, options.first_lag + options.n_lags - 1) /
      options.rate;
  for (const std::string& name : muscles) {
    if (atlas.paths.count(name) == 0)
      throw InputError("muscle '" + name + "' has no fibre paths" + known_muscles(atlas, name));
    const SectionFrame frame = make_section_frame(atlas, name, electrodes);
    std::vector<SectionedPath> paths = paths_in_reach(atlas, name, frame, electrodes, options.reach);
    if (paths.size() < 3)
      throw InputError("only " + std::to_string(paths.size()) + " fibre paths of muscle '" + name + "' come within " +
                       format_real(options.reach * 1e3) +
                       " mm of an electrode, and 3 are needed; leave the muscle out or trace more fibres");
    FibreGrid grid = grid_of(paths, options.grid_step);
    const double bytes = 4.0 * static_cast<double>(n_rows_ * grid.size);
    const auto most =
        static_cast<std::size_t>(std::max(3.0, options.memory / static_cast<double>(muscles.size()) / bytes));
    if (paths.size() > most)
      report.warn("the fields along " + std::to_string(paths.size()) + " fibres of muscle '" + name + "' take " +
                  format_real(std::ceil(bytes * static_cast<double>(paths.size()) / 1e6)) + " MB; only " +
                  std::to_string(most) + " of them are kept, so as not to use more memory than allowed");
    paths = thinned(std::move(paths), most);
    Eigen::MatrixXf curvature = sample_curvature(paths, lead_field, grid, options, report);
    MuscleSection section(places_of(paths));
    const UnitBounds bounds = bounds_of(paths, section, grid);
    muscles_.push_back(std::make_unique<Muscle>(Muscle{
        frame, std::move(paths), grid, std::move(section), std::move(curvature),
        Propagation(action_potential, grid, times, options.velocity_scatter, soft_end_width * options.end_scatter),
        bounds}));
  }
}

MuapModel::~MuapModel() = default;
MuapModel::MuapModel(MuapModel&&) noexcept = default;
MuapModel& MuapModel::operator=(MuapModel&&) noexcept = default;

const MuapModel::Muscle& MuapModel::muscle_of(const UnitParameters& unit) const {
  BMISS_ASSERT(unit.muscle >= 0 && static_cast<std::size_t>(unit.muscle) < muscles_.size());
  return *muscles_[static_cast<std::size_t>(unit.muscle)];
}

void MuapModel::add_scaled(const MuapModel& other, double factor) {
  BMISS_ASSERT(other.muscles_.size() == muscles_.size());
  for (std::size_t m = 0; m < muscles_.size(); ++m) {
    const Eigen::MatrixXf& curvature = other.muscles_[m]->curvature;
    BMISS_ASSERT(curvature.rows() == muscles_[m]->curvature.rows() &&
                 curvature.cols() == muscles_[m]->curvature.cols());
    muscles_[m]->curvature += static_cast<float>(factor) * curvature;
  }
}

Eigen::Index MuapModel::n_rows() const {
  return n_rows_;
}

Eigen::Index MuapModel::n_columns() const {
  return lag_operator_.size() > 0 ? lag_operator_.cols() : options_.n_lags;
}

const MuscleSection& MuapModel::section(int muscle) const {
  return muscles_[static_cast<std::size_t>(muscle)]->section;
}

const UnitBounds& MuapModel::bounds(int muscle) const {
  return muscles_[static_cast<std::size_t>(muscle)]->bounds;
}

namespace {

Eigen::Vector2d centre_of(const UnitParameters& unit) {
  return {unit[across_1], unit[across_2]};
}

// The sums of add_up(), each as [n_rows x grid size].
Eigen::Map<const Eigen::MatrixXf> part(const Eigen::MatrixXf& sums, Eigen::Index which, Eigen::Index n_rows) {
  return {sums.col(which).data(), n_rows, sums.rows() / n_rows};
}

}  // namespace

Eigen::MatrixXf MuapModel::curvature(const UnitParameters& unit) const {
  const Muscle& muscle = muscle_of(unit);
  Eigen::MatrixXf sums(muscle.curvature.rows(), 1);
  add_up(muscle.curvature, muscle.section.shares(centre_of(unit), unit[territory_radius]), sums);
  return part(sums, 0, n_rows_);
}

Eigen::MatrixXf MuapModel::waves(const UnitParameters& unit) const {
  return with_lag_operator(muscle_of(unit).propagation.waves(unit.values));
}

Eigen::MatrixXf MuapModel::value(const UnitParameters& unit) const {
  const Eigen::MatrixXf waves = muscle_of(unit).propagation.waves(unit.values);
  Eigen::MatrixXf lags(n_rows_, waves.cols());
  multiply(curvature(unit), waves, lags);
  lags *= static_cast<float>(std::exp(unit[log_size]));
  return with_lag_operator(std::move(lags));
}

Eigen::MatrixXf MuapModel::with_lag_operator(Eigen::MatrixXf lags) const {
  if (lag_operator_.size() == 0) return lags;
  Eigen::MatrixXf result(lags.rows(), lag_operator_.cols());
  multiply(lags, lag_operator_, result);
  return result;
}

LinearMuap MuapModel::linearise(const UnitParameters& unit) const {
  const Muscle& muscle = muscle_of(unit);
  Eigen::MatrixXf sums(muscle.curvature.rows(), 4);
  add_up(muscle.curvature, muscle.section.shares(centre_of(unit), unit[territory_radius]), sums);
  sums *= static_cast<float>(std::exp(unit[log_size]));
  const Eigen::MatrixXf waves = muscle.propagation.derivatives_and_waves(unit.values);
  const Eigen::Index n_lags = options_.n_lags, n_waves = n_unit_parameters - innervation_zone;
  // Derivatives side by side, as they lie in the memory: first those by the shares, then those by the waves.
  Eigen::MatrixXf lags(n_rows_ * n_lags, n_unit_parameters);
  for (const UnitParameter which : {across_1, across_2, territory_radius})
    multiply(part(sums, 1 + which, n_rows_), waves.rightCols(n_lags),
             Eigen::Map<Eigen::MatrixXf>(lags.col(which).data(), n_rows_, n_lags));
  multiply(part(sums, 0, n_rows_), waves,
           Eigen::Map<Eigen::MatrixXf>(lags.col(innervation_zone).data(), n_rows_, n_lags * n_waves));
  LinearMuap result;
  if (lag_operator_.size() == 0) {
    result.jacobian = std::move(lags);
  } else {
    result.jacobian.resize(n_rows_ * n_columns(), n_unit_parameters);
    for (Eigen::Index p = 0; p < n_unit_parameters; ++p)
      multiply(Eigen::Map<const Eigen::MatrixXf>(lags.col(p).data(), n_rows_, n_lags), lag_operator_,
               Eigen::Map<Eigen::MatrixXf>(result.jacobian.col(p).data(), n_rows_, n_columns()));
  }
  result.value = Eigen::Map<const Eigen::MatrixXf>(result.jacobian.col(log_size).data(), n_rows_, n_columns());
  return result;
}

UnitVector MuapModel::gradient(const UnitParameters& unit, const Eigen::MatrixXf& by_muap) const {
  BMISS_ASSERT(by_muap.rows() == n_rows_ && by_muap.cols() == n_columns());
  const Muscle& muscle = muscle_of(unit);
  const auto shares = muscle.section.shares(centre_of(unit), unit[territory_radius]);
  Eigen::MatrixXf sums(muscle.curvature.rows(), 4);
  add_up(muscle.curvature, shares, sums);
  const Eigen::MatrixXf by_lags =
      lag_operator_.size() > 0 ? Eigen::MatrixXf(by_muap * lag_operator_.transpose()) : by_muap;
  const Eigen::MatrixXf waves = muscle.propagation.derivatives_and_waves(unit.values);
  const Eigen::Index n_lags = options_.n_lags;
  const Eigen::MatrixXf by_curvature = by_lags * waves.rightCols(n_lags).transpose();  // [n_rows x grid size]
  const Eigen::MatrixXf by_waves = part(sums, 0, n_rows_).transpose() * by_lags;       // [grid size x n_lags]
  UnitVector result;
  result[log_size] = by_waves.cwiseProduct(waves.rightCols(n_lags)).sum();
  for (std::size_t k = 0; k < wave_parameters.size(); ++k)
    result[wave_parameters[k]] =
        by_waves.cwiseProduct(waves.middleCols(static_cast<Eigen::Index>(k) * n_lags, n_lags)).sum();
  for (const UnitParameter which : {across_1, across_2, territory_radius})
    result[which] = by_curvature.cwiseProduct(part(sums, 1 + which, n_rows_)).sum();
  return std::exp(unit[log_size]) * result;
}

PotentialGradient MuapModel::potential_gradient(const UnitParameters& unit, const Eigen::MatrixXf& by_muap) const {
  BMISS_ASSERT(by_muap.rows() == n_rows_ && by_muap.cols() == n_columns());
  const Muscle& muscle = muscle_of(unit);
  const auto shares = muscle.section.shares(centre_of(unit), unit[territory_radius]);
  const Eigen::MatrixXd by_curvature = std::exp(unit[log_size]) * (by_muap * waves(unit).transpose()).cast<double>();
  const Eigen::MatrixXd by_electrode = options_.channel_operator.size() > 0
                                           ? Eigen::MatrixXd(options_.channel_operator.transpose() * by_curvature)
                                           : by_curvature;
  Eigen::Index n_points = 0;
  for (const PathShare& s : shares) n_points += muscle.paths[static_cast<std::size_t>(s.path)].points.cols();
  PotentialGradient result{Eigen::Matrix3Xd(3, n_points), Eigen::MatrixXd(by_electrode.rows(), n_points)};
  Eigen::Index at = 0;
  for (const PathShare& s : shares) {
    const SectionedPath& path = muscle.paths[static_cast<std::size_t>(s.path)];
    const Eigen::Index n = path.points.cols();
    result.points.middleCols(at, n) = path.points;
    result.gradient.middleCols(at, n).noalias() =
        s.share[0] * by_electrode * curvature_map(path, muscle.grid, options_.end_scatter).transpose();
    at += n;
  }
  return result;
}

Eigen::Vector2d MuapModel::across(int muscle, const Eigen::Vector3d& place) const {
  const SectionFrame& frame = muscles_[static_cast<std::size_t>(muscle)]->frame;
  const Eigen::Vector3d offset = place - frame.origin;
  return {frame.across_1.dot(offset), frame.across_2.dot(offset)};
}

UnitParameters MuapModel::typical_unit(int muscle) const {
  const Muscle& here = *muscles_[static_cast<std::size_t>(muscle)];
  UnitParameters unit;
  unit.muscle = muscle;
  unit.values = 0.5 * (here.bounds.lower + here.bounds.upper);
  // What was added to the limb at its ends has no junctions.
  for (const SectionedPath& path : here.paths)
    unit[innervation_zone] +=
        0.5 * (path.beyond_proximal - path.beyond_distal) / static_cast<double>(here.paths.size());
  unit[innervation_zone] =
      std::clamp(unit[innervation_zone], here.bounds.lower[innervation_zone], here.bounds.upper[innervation_zone]);
  unit[territory_radius] = 3e-3;
  unit[velocity] = 4;
  unit[junction_scatter] = 3e-3;
  unit[delay] = unit[log_size] = 0;
  unit[proximal_length] = here.bounds.upper[proximal_length];
  unit[distal_length] = here.bounds.upper[distal_length];
  return unit;
}

TerritoryPlace MuapModel::place(const UnitParameters& unit) const {
  const Muscle& muscle = muscle_of(unit);
  const SectionFrame& frame = muscle.frame;
  TerritoryPlace place;
  place.centre = frame.origin;
  place.zone.setZero();
  place.inside = muscle.section.part_inside(centre_of(unit), unit[territory_radius])[0];
  for (const PathShare& s : muscle.section.shares(centre_of(unit), unit[territory_radius])) {
    const SectionedPath& path = muscle.paths[static_cast<std::size_t>(s.path)];
    const double junction = std::clamp(path.origin + unit[innervation_zone], 0.0, path.length());
    const auto k = std::min(static_cast<Eigen::Index>(junction / path.step), path.points.cols() - 2);
    const double x = junction / path.step - static_cast<double>(k);
    place.centre += s.share[0] * (frame.across_1 * path.place.x() + frame.across_2 * path.place.y());
    place.zone += s.share[0] * (path.points.col(k) + x * (path.points.col(k + 1) - path.points.col(k)));
    place.proximal += s.share[0] * std::min(unit[proximal_length], junction);
    place.distal += s.share[0] * std::min(unit[distal_length], path.length() - junction);
  }
  place.zone_along = frame.along.dot(place.zone - frame.origin);
  return place;
}

}  // namespace bmiss
