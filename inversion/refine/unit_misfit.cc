#include "inversion/refine/unit_misfit.h"

#include <cmath>

#include "base/errors.h"

namespace bmiss {

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

// Each column is a waveform.
Eigen::MatrixXf UnitMisfit::whitened_columns(const Eigen::MatrixXf& columns) const {
  Eigen::MatrixXf result;
  for (Eigen::Index p = 0; p < columns.cols(); ++p) {
    const Eigen::MatrixXf one = whitened(
        Eigen::Map<const Eigen::MatrixXf>(columns.col(p).data(), estimate_.waveform.rows(), estimate_.waveform.cols()));
    if (p == 0) result.resize(one.size(), columns.cols());
    result.col(p) = Eigen::Map<const Eigen::VectorXf>(one.data(), one.size());
  }
  return result;
}

const UnitMisfit::Quadratic& UnitMisfit::quadratic(const UnitVector& scaled) {
  if (scaled == last_) return quadratic_;
  last_ = scaled;
  ++n_derivatives;
  LinearMuap linear = model_.linearise(unit_at(scaled));
  const Eigen::MatrixXf difference = whitened(linear.value - estimate_.waveform);
  quadratic_.value = 0.5 * discount_ * weighted_square(difference) + prior_value(scaled);
  if (estimate_.whitening) linear.jacobian = whitened_columns(linear.jacobian);
  linear.jacobian *= scales_.cast<float>().asDiagonal();
  const Eigen::Map<const Eigen::VectorXf> residual(difference.data(), difference.size());
  if (estimate_.precision.size() == 1) {
    const auto precision = static_cast<double>(estimate_.precision(0, 0));
    quadratic_.gradient = precision * (linear.jacobian.transpose() * residual).cast<double>();
    quadratic_.hessian = precision * (linear.jacobian.transpose() * linear.jacobian).cast<double>();
  } else {
    const Eigen::Map<const Eigen::VectorXf> precision(estimate_.precision.data(), residual.size());
    const Eigen::MatrixXf weighted = precision.asDiagonal() * linear.jacobian;
    quadratic_.gradient = (weighted.transpose() * residual).cast<double>();
    quadratic_.hessian = (weighted.transpose() * linear.jacobian).cast<double>();
  }
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
