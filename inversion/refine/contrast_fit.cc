#include "inversion/refine/contrast_fit.h"

#include <array>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "inversion/refine/bounded_minimiser.h"

namespace bmiss {
namespace {

constexpr std::array<UnitParameter, 5> moved_parameters{across_1, across_2, territory_radius, innervation_zone,
                                                        velocity};

Eigen::VectorXf normalised(const Eigen::VectorXf& covariant, const Eigen::VectorXf& muap) {
  return covariant / std::sqrt(muap.dot(covariant));
}

}  // namespace

FilterContrast::FilterContrast(const ExtendedSignal& signal, const MuapModel& model, double ridge)
    : signal_(signal), model_(model) {
  BMISS_ASSERT(ridge > 0);
  if (signal.channels() != model.n_rows())
    throw InputError("the recording has " + std::to_string(signal.channels()) + " channels, but the model " +
                     std::to_string(model.n_rows()) + "; leave the same channels out of both");
  if (signal.samples() < 2 * signal.dimension())
    throw InputError("the recording has " + std::to_string(signal.samples()) + " samples, but the covariance of " +
                     std::to_string(signal.dimension()) + " channels and delays needs " +
                     std::to_string(2 * signal.dimension()) + "; record for longer or take a smaller extension");
  Eigen::MatrixXf covariance = signal.covariance().cast<float>();
  covariance.diagonal().array() += static_cast<float>(ridge) * covariance.diagonal().mean();
  covariance_.compute(covariance);
  if (covariance_.info() != Eigen::Success)
    throw NumericalError("the covariance of the recording is not positive definite; is a channel not a number?");
}

Eigen::VectorXf FilterContrast::extended(const Eigen::MatrixXf& muap, Eigen::Index last_lag) const {
  const Eigen::Index extension = signal_.extension();
  Eigen::VectorXf result = Eigen::VectorXf::Zero(signal_.dimension());
  for (Eigen::Index a = 0; a < extension; ++a) {
    const Eigen::Index lag = last_lag - a;
    if (lag < 0 || lag >= muap.cols()) continue;
    for (Eigen::Index row = 0; row < muap.rows(); ++row) result[row * extension + a] = muap(row, lag);
  }
  return result;
}

Eigen::Index FilterContrast::best_last_lag(const UnitParameters& unit) const {
  const Eigen::VectorXf energy = model_.value(unit).colwise().squaredNorm();
  const Eigen::Index extension = signal_.extension();
  Eigen::Index best = std::min<Eigen::Index>(extension, energy.size()) - 1;
  float most = -1;
  for (Eigen::Index last = best; last < energy.size(); ++last) {
    const Eigen::Index first = std::max<Eigen::Index>(0, last - extension + 1);
    const float sum = energy.segment(first, last - first + 1).sum();
    if (sum > most) most = sum, best = last;
  }
  return best;
}

FilterContrast::Value FilterContrast::value(const UnitParameters& unit, Eigen::Index last_lag) const {
  const Eigen::VectorXf muap = extended(model_.value(unit), last_lag);
  Value result;
  result.filter = normalised(covariance_.solve(muap), muap);
  result.output = signal_.apply(result.filter);
  result.contrast = result.output.cast<double>().array().cube().mean();
  result.delay = last_lag + model_.options().first_lag;
  return result;
}

// With g = dJ/dw = 3 mean(s^2 x) and q = m^T C^-1 m: dw = (C^-1 dm - w (w^T dm)) / sqrt q, so
// dJ/dm = (C^-1 g - (g^T w) w) / sqrt q.
Eigen::MatrixXf FilterContrast::by_muap(const UnitParameters& unit, const Value& at, Eigen::Index last_lag) const {
  const Eigen::VectorXf muap = extended(model_.value(unit), last_lag);
  const Eigen::VectorXf weights = at.output.array().square().matrix() * (3 / static_cast<float>(signal_.samples()));
  const Eigen::VectorXf by_filter = signal_.correlate(weights);
  const float norm = std::sqrt(muap.dot(covariance_.solve(muap)));
  const Eigen::VectorXf by_extended = (covariance_.solve(by_filter) - by_filter.dot(at.filter) * at.filter) / norm;
  Eigen::MatrixXf result = Eigen::MatrixXf::Zero(model_.n_rows(), model_.n_columns());
  const Eigen::Index extension = signal_.extension();
  for (Eigen::Index a = 0; a < extension; ++a) {
    const Eigen::Index lag = last_lag - a;
    if (lag < 0 || lag >= result.cols()) continue;
    for (Eigen::Index row = 0; row < result.rows(); ++row) result(row, lag) = by_extended[row * extension + a];
  }
  return result;
}

ContrastFit fit_contrast(const FilterContrast& contrast, const UnitParameters& start,
                         const ContrastFitOptions& options) {
  const MuapModel& model = contrast.model();
  const Eigen::Index last_lag = contrast.best_last_lag(start);
  const UnitBounds& bounds = model.bounds(start.muscle);
  const auto scale = [](UnitParameter p) { return unit_parameter_kinds()[p].scale; };
  const auto n = static_cast<Eigen::Index>(moved_parameters.size());
  const auto unit_at = [&](const Eigen::VectorXd& x) {
    UnitParameters unit = start;
    for (std::size_t k = 0; k < moved_parameters.size(); ++k)
      unit[moved_parameters[k]] = x[static_cast<Eigen::Index>(k)] * scale(moved_parameters[k]);
    return unit;
  };
  BoundedProblem problem;
  problem.lower.resize(n), problem.upper.resize(n);
  Eigen::VectorXd place(n);
  for (std::size_t k = 0; k < moved_parameters.size(); ++k) {
    const UnitParameter p = moved_parameters[k];
    const auto at = static_cast<Eigen::Index>(k);
    problem.lower[at] = bounds.lower[p] / scale(p), problem.upper[at] = bounds.upper[p] / scale(p);
    place[at] = start[p] / scale(p);
  }
  // The last evaluation is kept: value, gradient and the test of convergence ask for the same place.
  ContrastFit fit;
  Eigen::VectorXd last = Eigen::VectorXd::Constant(n, std::numeric_limits<double>::quiet_NaN()), last_gradient(n);
  FilterContrast::Value last_value;
  const auto evaluate = [&](const Eigen::VectorXd& x) {
    if (x == last) return;
    last = x;
    ++fit.n_values;
    const UnitParameters unit = unit_at(x);
    last_value = contrast.value(unit, last_lag);
    const UnitVector gradient = model.gradient(unit, contrast.by_muap(unit, last_value, last_lag));
    for (std::size_t k = 0; k < moved_parameters.size(); ++k)
      last_gradient[static_cast<Eigen::Index>(k)] = -gradient[moved_parameters[k]] * scale(moved_parameters[k]);
  };
  problem.value = [&](const Eigen::VectorXd& x) { return evaluate(x), -last_value.contrast; };
  problem.gradient = [&](const Eigen::VectorXd& x) { return evaluate(x), last_gradient; };
  problem.has_converged = [&](const Eigen::VectorXd& x) {
    evaluate(x);
    return free_gradient(problem, x, last_gradient).cwiseAbs().maxCoeff() <
           options.tolerance * std::abs(last_value.contrast);
  };
  problem.most_iterations = options.most_iterations;
  fit.start_contrast = (evaluate(place), last_value.contrast);
  const BoundedMinimum minimum = minimise(problem, place);
  evaluate(minimum.place);
  fit.unit = unit_at(minimum.place);
  fit.contrast = last_value.contrast;
  fit.filter = last_value.filter;
  fit.delay = last_value.delay;
  fit.converged = minimum.converged;
  fit.reason = minimum.reason;
  return fit;
}

}  // namespace bmiss
