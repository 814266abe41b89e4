#include "inversion/refine/template_misfit.h"

#include <cmath>

#include "base/errors.h"

namespace bmiss {

TemplateMisfit::TemplateMisfit(const MuapModel& model, const MuapEstimate& estimate, const UnitPrior& prior, int muscle)
    : model_(model), estimate_(estimate), prior_(prior), muscle_(muscle) {
  BMISS_ASSERT(estimate.waveform.rows() == model.n_rows() && estimate.waveform.cols() == model.n_columns());
  BMISS_ASSERT(estimate.precision.size() == 1 || estimate.precision.size() == estimate.waveform.size());
  for (int p = 0; p < n_unit_parameters; ++p) scales_[p] = unit_parameter_kinds()[static_cast<std::size_t>(p)].scale;
}

UnitParameters TemplateMisfit::unit_at(const UnitVector& scaled) const {
  return {muscle_, unscaled(scaled)};
}

Eigen::Vector4d TemplateMisfit::missing_half(const UnitVector& scaled) const {
  const UnitParameters unit = unit_at(scaled);
  const Eigen::Vector4d inside =
      model_.section(muscle_).part_inside({unit[across_1], unit[across_2]}, unit[territory_radius]);
  if (inside[0] >= 0.5) return Eigen::Vector4d::Zero();
  return 20 * Eigen::Vector4d(0.5 - inside[0], -inside[1], -inside[2], -inside[3]);
}

double TemplateMisfit::prior_value(const UnitVector& scaled) const {
  double sum = 0.5 * std::pow(missing_half(scaled)[0], 2);
  for (int p = 0; p < n_unit_parameters; ++p)
    if (!is_fixed(p) && std::isfinite(prior_.deviation[p])) {
      const double deviation = (scaled[p] * scales_[p] - prior_.mean[p]) / prior_.deviation[p];
      sum += 0.5 * deviation * deviation;
    }
  return sum;
}

double TemplateMisfit::data_value(const Eigen::MatrixXf& muap) const {
  const auto squares = (muap - estimate_.waveform).cast<double>().array().square();
  if (estimate_.precision.size() == 1) return 0.5 * static_cast<double>(estimate_.precision(0, 0)) * squares.sum();
  return 0.5 * (squares * estimate_.precision.cast<double>().array()).sum();
}

double TemplateMisfit::value(const UnitVector& scaled) {
  if (scaled == last_) return quadratic_.value;
  ++n_values;
  return data_value(model_.value(unit_at(scaled))) + prior_value(scaled);
}

double TemplateMisfit::misfit(const UnitVector& scaled) {
  return 2 * (quadratic(scaled).value - prior_value(scaled));
}

const TemplateMisfit::Quadratic& TemplateMisfit::quadratic(const UnitVector& scaled) {
  if (scaled == last_) return quadratic_;
  last_ = scaled;
  ++n_derivatives;
  LinearMuap linear = model_.linearise(unit_at(scaled));
  quadratic_.value = data_value(linear.value) + prior_value(scaled);
  const Eigen::MatrixXf difference = linear.value - estimate_.waveform;
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
