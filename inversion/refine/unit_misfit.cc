#include "inversion/refine/unit_misfit.h"

#include <cmath>

#include "base/errors.h"

namespace bmiss {

Eigen::MatrixXf weighted_columns(const MuapEstimate& estimate, const Eigen::MatrixXf& columns) {
  Eigen::MatrixXf result = columns;
  if (estimate.whitening) {
    // One call for all, so far apart that none reaches another.
    const Eigen::Index rows = estimate.waveform.rows(), lags = estimate.waveform.cols();
    const Eigen::Index step = lags + estimate.whitening_reach;
    Eigen::MatrixXf row = Eigen::MatrixXf::Zero(rows, step * columns.cols());
    for (Eigen::Index p = 0; p < columns.cols(); ++p)
      row.middleCols(p * step, lags) = Eigen::Map<const Eigen::MatrixXf>(columns.col(p).data(), rows, lags);
    row = estimate.whitening(row);
    result.resize(row.rows() * lags, columns.cols());
    for (Eigen::Index p = 0; p < columns.cols(); ++p) result.col(p) = row.middleCols(p * step, lags).reshaped();
  }
  if (estimate.precision.size() == 1) return std::sqrt(estimate.precision(0, 0)) * result;
  const Eigen::Map<const Eigen::VectorXf> precision(estimate.precision.data(), estimate.precision.size());
  return precision.cwiseSqrt().asDiagonal() * result;
}

// The discrepancy acts like more noise, in few directions.
double discount_of(const MuapModel& model, const MuapEstimate& estimate, const UnitPrior& prior, int muscle,
                   const UnitFitOptions& options) {
  const double entries = static_cast<double>(estimate.waveform.size());
  const double energy = UnitMisfit(model, estimate, prior, muscle).misfit_of_zero() - entries;
  return 1 / (1 + options.discrepancy * options.discrepancy * std::max(0.0, energy) / options.discrepancy_dimensions);
}

UnitMisfit::UnitMisfit(const MuapModel& model, const MuapEstimate& estimate, const UnitPrior& prior, int muscle,
                       double discount)
    : model_(model), estimate_(estimate), prior_(prior), muscle_(muscle), discount_(discount) {
  BMISS_ASSERT(estimate.waveform.rows() == model.n_rows() && estimate.waveform.cols() == model.n_columns());
  BMISS_ASSERT(estimate.precision.size() == 1 || estimate.whitening ||
               estimate.precision.size() == estimate.waveform.size());
  for (int p = 0; p < n_unit_parameters; ++p) scales_[p] = unit_parameter_kinds()[static_cast<std::size_t>(p)].scale;
}

UnitParameters UnitMisfit::unit_at(const UnitVector& scaled) const {
  return {muscle_, unscaled(scaled)};
}

Eigen::Vector4d UnitMisfit::missing_half(const UnitVector& scaled) const {
  const UnitParameters unit = unit_at(scaled);
  const Eigen::Vector4d inside =
      model_.section(muscle_).part_inside({unit[across_1], unit[across_2]}, unit[territory_radius]);
  if (inside[0] >= 0.5) return Eigen::Vector4d::Zero();
  return 20 * Eigen::Vector4d(0.5 - inside[0], -inside[1], -inside[2], -inside[3]);
}

double UnitMisfit::prior_value(const UnitVector& scaled) const {
  double sum = 0.5 * std::pow(missing_half(scaled)[0], 2);
  for (int p = 0; p < n_unit_parameters; ++p)
    if (!is_fixed(p) && std::isfinite(prior_.deviation[p])) {
      const double deviation = (scaled[p] * scales_[p] - prior_.mean[p]) / prior_.deviation[p];
      sum += 0.5 * deviation * deviation;
    }
  return sum;
}

Eigen::MatrixXf UnitMisfit::whitened(const Eigen::MatrixXf& difference) const {
  return estimate_.whitening ? estimate_.whitening(difference) : difference;
}

double UnitMisfit::weighted_square(const Eigen::MatrixXf& whitened_difference) const {
  const auto squares = whitened_difference.cast<double>().array().square();
  if (estimate_.precision.size() == 1) return static_cast<double>(estimate_.precision(0, 0)) * squares.sum();
  return (squares * estimate_.precision.cast<double>().array()).sum();
}

double UnitMisfit::misfit_of_zero() const {
  return weighted_square(whitened(estimate_.waveform));
}

double UnitMisfit::value(const UnitVector& scaled) {
  if (scaled == last_) return quadratic_.value;
  ++n_values;
  return 0.5 * discount_ * weighted_square(whitened(model_.value(unit_at(scaled)) - estimate_.waveform)) +
         prior_value(scaled);
}

double UnitMisfit::misfit(const UnitVector& scaled) {
  return 2 * (quadratic(scaled).value - prior_value(scaled)) / discount_;
}

const UnitMisfit::Quadratic& UnitMisfit::quadratic(const UnitVector& scaled) {
  if (scaled == last_) return quadratic_;
  last_ = scaled;
  ++n_derivatives;
  LinearMuap linear = model_.linearise(unit_at(scaled));
  const Eigen::MatrixXf difference = whitened(linear.value - estimate_.waveform);
  quadratic_.value = 0.5 * discount_ * weighted_square(difference) + prior_value(scaled);
  linear.jacobian *= scales_.cast<float>().asDiagonal();
  const Eigen::MatrixXf jacobian = weighted_columns(estimate_, linear.jacobian);
  Eigen::VectorXf residual = Eigen::Map<const Eigen::VectorXf>(difference.data(), difference.size());
  if (estimate_.precision.size() == 1)
    residual *= std::sqrt(estimate_.precision(0, 0));
  else
    residual.array() *= Eigen::Map<const Eigen::ArrayXf>(estimate_.precision.data(), estimate_.precision.size()).sqrt();
  quadratic_.gradient = (jacobian.transpose() * residual).cast<double>();
  quadratic_.hessian = (jacobian.transpose() * jacobian).cast<double>();
  quadratic_.data_hessian = quadratic_.hessian;
  quadratic_.gradient *= discount_;
  quadratic_.hessian *= discount_;
  // Centre and radius are the first three parameters.
  const Eigen::Vector4d missing = missing_half(scaled);
  const Eigen::Vector3d slope = missing.tail<3>().cwiseProduct(scales_.head<3>());
  quadratic_.gradient.head<3>() += missing[0] * slope;
  quadratic_.hessian.topLeftCorner<3, 3>() += slope * slope.transpose();
  for (int p = 0; p < n_unit_parameters; ++p) {
    if (is_fixed(p)) {
      quadratic_.gradient[p] = 0;
      quadratic_.hessian.row(p).setZero();
      quadratic_.hessian.col(p).setZero();
      quadratic_.hessian(p, p) = 1;
    } else if (std::isfinite(prior_.deviation[p])) {
      const double relative = scales_[p] / prior_.deviation[p];
      quadratic_.gradient[p] += relative * (scaled[p] * scales_[p] - prior_.mean[p]) / prior_.deviation[p];
      quadratic_.hessian(p, p) += relative * relative;
    }
  }
  return quadratic_;
}

}  // namespace bmiss
