#include "inversion/refine/unit_fit.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "inversion/refine/bounded_minimiser.h"
#include "inversion/refine/unit_misfit.h"

namespace bmiss {
namespace {

// Starts that misfit by so many times the best one's misfit end in a worse minimum or take ten times as long.
constexpr double hopeless_ratio = 4;

// Decrease that a Gauss-Newton step in the parameters that may move would bring.
double expected_decrease(const BoundedProblem& problem, UnitMisfit& misfit, const UnitVector& scaled) {
  const auto& at = misfit.quadratic(scaled);
  const UnitVector gradient = free_gradient(problem, scaled, at.gradient);
  UnitMatrix hessian = at.hessian;
  for (int p = 0; p < n_unit_parameters; ++p)
    if (gradient[p] == 0) hessian.row(p).setZero(), hessian.col(p).setZero(), hessian(p, p) = 1;
  hessian.diagonal() *= 1 + 1e-9;
  return 0.5 * gradient.dot(hessian.ldlt().solve(gradient));
}

BoundedProblem problem_of(UnitMisfit& misfit, const UnitBounds& bounds, const UnitVector& start,
                          const UnitFitOptions& options) {
  BoundedProblem problem;
  problem.lower = misfit.scaled(bounds.lower), problem.upper = misfit.scaled(bounds.upper);
  for (int p = 0; p < n_unit_parameters; ++p)
    if (misfit.is_fixed(p)) problem.lower[p] = problem.upper[p] = start[p];
  problem.value = [&misfit](const Eigen::VectorXd& x) { return misfit.value(x); };
  problem.gradient = [&misfit](const Eigen::VectorXd& x) { return Eigen::VectorXd(misfit.quadratic(x).gradient); };
  problem.hessian = [&misfit](const Eigen::VectorXd& x) { return Eigen::MatrixXd(misfit.quadratic(x).hessian); };
  problem.most_iterations = options.most_iterations;
  return problem;
}

UnitMatrix covariance_of(UnitMisfit& misfit, const UnitVector& scaled) {
  const auto& at = misfit.quadratic(scaled);
  UnitMatrix hessian = at.hessian;
  hessian.diagonal() *= 1 + 1e-12;
  UnitMatrix covariance = misfit.scales().asDiagonal() * UnitMatrix(hessian.ldlt().solve(UnitMatrix::Identity())) *
                          misfit.scales().asDiagonal();
  for (int p = 0; p < n_unit_parameters; ++p)
    if (misfit.is_fixed(p)) covariance.row(p).setZero(), covariance.col(p).setZero();
  return covariance;
}

// Parameters' part of the expected error: trace of (their covariance) (data Hessian); what the discrepancy adds to the
// covariance does not move the action potential further from the true one.
double error_of_parameters(UnitMisfit& misfit, const UnitVector& scaled, const UnitMatrix& covariance) {
  const UnitMatrix in_scales = misfit.scales().cwiseInverse().asDiagonal() * covariance *
                               UnitMatrix(misfit.scales().cwiseInverse().asDiagonal());
  return in_scales.cwiseProduct(misfit.quadratic(scaled).data_hessian).sum();
}

}  // namespace

UnitPrior usual_prior(const MuapModel& model, int muscle) {
  UnitPrior prior;
  prior.mean = model.typical_unit(muscle).values;
  prior.deviation[velocity] = 0.7;
  prior.deviation[junction_scatter] = 1e-3;
  prior.deviation[delay] = 1e-3;
  prior.deviation[territory_radius] = 2e-3;
  prior.deviation[proximal_length] = prior.deviation[distal_length] = 0;
  return prior;
}

bool fit_size(const MuapModel& model, const MuapEstimate& estimate, UnitParameters& unit) {
  unit[log_size] = 0;
  const auto whitened = [&](const Eigen::MatrixXf& waveform) {
    return Eigen::ArrayXXd((estimate.whitening ? estimate.whitening(waveform) : waveform).cast<double>().array());
  };
  const Eigen::ArrayXXd muap = whitened(model.value(unit)), wanted = whitened(estimate.waveform);
  Eigen::ArrayXXd weighted = muap;
  if (estimate.precision.size() > 1) weighted *= estimate.precision.cast<double>().array();
  const double overlap = (weighted * wanted).sum(), norm = (weighted * muap).sum();
  if (!(overlap > 0) || !(norm > 0)) return false;
  unit[log_size] = std::log(overlap / norm);
  return true;
}

double excess_misfit(double misfit, const MuapEstimate& estimate) {
  const auto entries = static_cast<double>(estimate.waveform.size());
  return std::max(0.0, misfit - entries - 3 * std::sqrt(2 * entries));
}

UnitFit fit_unit(const MuapModel& model, const MuapEstimate& estimate, const std::vector<UnitParameters>& starts,
                 const UnitPrior& prior, const UnitFitOptions& options) {
  BMISS_ASSERT(!starts.empty() && options.starts > 0);
  const double discount = discount_of(model, estimate, prior, starts.front().muscle, options);
  UnitFit best;
  std::vector<std::pair<double, UnitParameters>> ranked;
  for (UnitParameters start : starts) {
    const UnitBounds& bounds = model.bounds(start.muscle);
    start.values = start.values.cwiseMax(bounds.lower).cwiseMin(bounds.upper);
    for (int p = 0; p < n_unit_parameters; ++p)
      if (prior.deviation[p] == 0) start.values[p] = prior.mean[p];
    ++best.n_values;
    if (!fit_size(model, estimate, start)) continue;
    UnitMisfit misfit(model, estimate, prior, start.muscle, discount);
    const double value = misfit.value(misfit.scaled(start.values));
    ++best.n_values;
    if (std::isfinite(value)) ranked.emplace_back(value, start);
  }
  if (ranked.empty())
    throw NumericalError("none of " + std::to_string(starts.size()) +
                         " starts resembles the action potential that is to be fitted");
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto hopeless = [&](const auto& start) { return start.first > hopeless_ratio * ranked.front().first; };
  ranked.erase(std::remove_if(ranked.begin() + 1, ranked.end(), hopeless), ranked.end());
  ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(options.starts)));
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [start_value, start] : ranked) {
    UnitMisfit misfit(model, estimate, prior, start.muscle, discount);
    const UnitVector scaled_start = misfit.scaled(start.values);
    BoundedProblem problem = problem_of(misfit, model.bounds(start.muscle), scaled_start, options);
    problem.has_converged = [&](const Eigen::VectorXd& x) {
      return expected_decrease(problem, misfit, x) < std::max(0.005, options.tolerance * misfit.quadratic(x).value);
    };
    const BoundedMinimum minimum = minimise(problem, scaled_start);
    const UnitVector scaled = minimum.place;
    const double value = misfit.quadratic(scaled).value;
    if (value < least) {
      least = value;
      best.unit = {start.muscle, misfit.unscaled(scaled)};
      best.covariance = covariance_of(misfit, scaled);
      best.misfit = misfit.misfit(scaled);
      best.expected_error = discount * error_of_parameters(misfit, scaled, best.covariance);
      best.converged = minimum.converged;
      best.reason = minimum.reason;
    }
    best.n_values += misfit.n_values;
    best.n_derivatives += misfit.n_derivatives;
  }
  if (!std::isfinite(least)) throw NumericalError("the misfit of a modelled action potential is not a number");
  // What the model leaves beyond noise is discrepancy, too, and makes the intervals wider where there is more of it
  // than usual.
  const double measured = 1 / (1 + excess_misfit(best.misfit, estimate) / options.excess_dimensions);
  if (measured < discount) {
    UnitMisfit wider(model, estimate, prior, best.unit.muscle, measured);
    best.covariance = covariance_of(wider, wider.scaled(best.unit.values));
  }
  const double zero = UnitMisfit(model, estimate, prior, best.unit.muscle).misfit_of_zero();
  best.explained = 1 - best.misfit / zero;
  best.expected_error +=
      options.discrepancy * options.discrepancy * std::max(0.0, zero - static_cast<double>(estimate.waveform.size()));
  best.share_of_norm = (model.value(best.unit) - estimate.waveform).norm() / estimate.waveform.norm();
  return best;
}

}  // namespace bmiss
