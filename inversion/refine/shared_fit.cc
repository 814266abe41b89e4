#include "inversion/refine/shared_fit.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "inversion/refine/unit_misfit.h"

namespace bmiss {
namespace {

// Normal equations of the shared parameters after each unit's own are eliminated.
struct NormalEquations {
  Eigen::MatrixXd hessian;
  Eigen::VectorXd gradient;  // of the misfit
};

// Adds one unit: with its Jacobian J, the shared T and the residual r, all weighted: T^T T - T^T J (J^T J + P)^-1 J^T
// T.
void add_unit(const MuapModel& model, const std::vector<MuapModel>& tangents, const MuapEstimate& estimate,
              const UnitPrior& prior, const UnitFit& fit, double discount, NormalEquations& normal) {
  const LinearMuap linear = model.linearise(fit.unit);
  const Eigen::Index n = linear.value.size(), n_shared = static_cast<Eigen::Index>(tangents.size());
  Eigen::MatrixXf columns(n, n_unit_parameters + n_shared + 1);
  for (int p = 0; p < n_unit_parameters; ++p)
    columns.col(p) =
        linear.jacobian.col(p) * static_cast<float>(unit_parameter_kinds()[static_cast<std::size_t>(p)].scale);
  for (Eigen::Index q = 0; q < n_shared; ++q) {
    const Eigen::MatrixXf tangent = tangents[static_cast<std::size_t>(q)].value(fit.unit);
    columns.col(n_unit_parameters + q) = Eigen::Map<const Eigen::VectorXf>(tangent.data(), n);
  }
  const Eigen::MatrixXf difference = linear.value - estimate.waveform;
  columns.rightCols<1>() = Eigen::Map<const Eigen::VectorXf>(difference.data(), n);
  const Eigen::MatrixXd weighted = weighted_columns(estimate, columns).cast<double>();
  const Eigen::MatrixXd products = discount * weighted.transpose() * weighted;
  UnitMatrix own = products.topLeftCorner<n_unit_parameters, n_unit_parameters>();
  Eigen::MatrixXd coupling = products.block(0, n_unit_parameters, n_unit_parameters, n_shared);
  const UnitBounds& bounds = model.bounds(fit.unit.muscle);
  for (int p = 0; p < n_unit_parameters; ++p) {
    const double scale = unit_parameter_kinds()[static_cast<std::size_t>(p)].scale, value = fit.unit.values[p];
    const double margin = 1e-6 * scale;
    if (prior.deviation[p] == 0 || value <= bounds.lower[p] + margin || value >= bounds.upper[p] - margin) {
      own.row(p).setZero(), own.col(p).setZero(), own(p, p) = 1;
      coupling.row(p).setZero();
    } else if (std::isfinite(prior.deviation[p])) {
      own(p, p) += std::pow(scale / prior.deviation[p], 2);
    }
  }
  own.diagonal() *= 1 + 1e-9;
  // The unit's own gradient is nearly zero at its fit, up to its prior, which holds it there: it is left out.
  normal.hessian += products.block(n_unit_parameters, n_unit_parameters, n_shared, n_shared) -
                    coupling.transpose() * own.ldlt().solve(coupling);
  normal.gradient += products.block(n_unit_parameters, n_unit_parameters + n_shared, n_shared, 1);
}

Eigen::VectorXd inverse_variances(const std::vector<ModelParameter>& parameters) {
  Eigen::VectorXd result(static_cast<Eigen::Index>(parameters.size()));
  for (std::size_t q = 0; q < parameters.size(); ++q) {
    BMISS_ASSERT(parameters[q].uncertainty > 0);
    result[static_cast<Eigen::Index>(q)] = 1 / std::pow(parameters[q].uncertainty, 2);
  }
  return result;
}

}  // namespace

SharedFit fit_shared(MuapModel& model, const std::vector<MuapModel>& tangents,
                     const std::vector<ModelParameter>& parameters, const std::vector<MuapEstimate>& estimates,
                     const std::vector<UnitParameters>& starts, const std::vector<UnitPrior>& priors,
                     const SharedFitOptions& options) {
  BMISS_ASSERT(tangents.size() == parameters.size() && estimates.size() == starts.size() && !estimates.empty());
  BMISS_ASSERT(priors.size() == starts.size());
  const auto n_shared = static_cast<Eigen::Index>(parameters.size());
  const Eigen::VectorXd prior_weights = inverse_variances(parameters);
  SharedFit fit;
  fit.change = Eigen::VectorXd::Zero(n_shared);
  std::vector<UnitParameters> units = starts;
  const auto fit_units = [&] {
    fit.units.clear();
    for (std::size_t j = 0; j < estimates.size(); ++j) {
      fit.units.push_back(fit_unit(model, estimates[j], {units[j]}, priors[j], options.units));
      units[j] = fit.units.back().unit;
    }
  };
  std::vector<double> discounts;
  fit_units();
  for (std::size_t j = 0; j < estimates.size(); ++j)
    discounts.push_back(discount_of(model, estimates[j], priors[j], units[j].muscle, options.units));
  const auto step = [&] {
    ++fit.rounds;
    NormalEquations normal{prior_weights.asDiagonal(), prior_weights.cwiseProduct(fit.change)};
    for (std::size_t j = 0; j < estimates.size(); ++j)
      add_unit(model, tangents, estimates[j], priors[j], fit.units[j], discounts[j], normal);
    fit.covariance = normal.hessian.inverse();
    Eigen::VectorXd change = -fit.covariance * normal.gradient;
    double largest = 0;
    for (Eigen::Index q = 0; q < n_shared; ++q) {
      const ModelParameter& p = parameters[static_cast<std::size_t>(q)];
      const double wanted = fit.change[q] + std::clamp(change[q], -p.uncertainty, p.uncertainty);
      change[q] = std::clamp(wanted, p.smallest - p.value, p.largest - p.value) - fit.change[q];
      largest = std::max(largest, std::abs(change[q]) / std::sqrt(fit.covariance(q, q)));
      model.add_scaled(tangents[static_cast<std::size_t>(q)], change[q]);
    }
    fit.change += change;
    fit_units();
    fit.converged = largest < options.tolerance;
  };
  while (fit.rounds < options.most_rounds && !fit.converged) step();
  for (std::size_t j = 0; j < estimates.size(); ++j)
    discounts[j] = std::min(
        discounts[j], 1 / (1 + excess_misfit(fit.units[j].misfit, estimates[j]) / options.units.excess_dimensions));
  fit.converged = false;
  for (const int most = fit.rounds + options.most_rounds; fit.rounds < most && !fit.converged;) step();
  fit.reason = fit.converged ? "converged: parameters moved by less than " + std::to_string(options.tolerance) +
                                   " standard deviations"
                             : "not converged: most rounds reached";
  return fit;
}

}  // namespace bmiss
