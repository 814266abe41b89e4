// Misfit of a modelled action potential with its gradient and Gauss-Newton Hessian, in scaled parameters.
#pragma once

#include "inversion/refine/unit_fit.h"

namespace bmiss {

// Columns that are waveforms [n_rows n_columns x n], whitened as the estimate asks and times the root of its precision.
Eigen::MatrixXf weighted_columns(const MuapEstimate& estimate, const Eigen::MatrixXf& columns);
// What the precision is multiplied with for the discrepancy's sake, 0 to 1.
double discount_of(const MuapModel& model, const MuapEstimate& estimate, const UnitPrior& prior, int muscle,
                   const UnitFitOptions& options);

class UnitMisfit {
public:
  // All must outlive it.
  // `discount` <= 1 multiplies the precision against the prior's.
  UnitMisfit(const MuapModel& model, const MuapEstimate& estimate, const UnitPrior& prior, int muscle,
             double discount = 1);

  struct Quadratic {
    double value = 0;  // half the discounted misfit and half the squared deviations from the prior
    UnitVector gradient;
    UnitMatrix hessian;
    UnitMatrix data_hessian;  // without the prior, not discounted
  };
  // At `scaled` = parameters / scales.
  double value(const UnitVector& scaled);
  const Quadratic& quadratic(const UnitVector& scaled);  // the last one is kept

  UnitVector scaled(const UnitVector& values) const { return values.cwiseQuotient(scales_); }
  UnitVector unscaled(const UnitVector& scaled) const { return scaled.cwiseProduct(scales_); }
  const UnitVector& scales() const { return scales_; }
  bool is_fixed(int parameter) const { return prior_.deviation[parameter] == 0; }
  // Of the data alone: sum of precision times squared (whitened) difference.
  double misfit(const UnitVector& scaled);
  double misfit_of_zero() const;
  int n_values = 0, n_derivatives = 0;

private:
  UnitParameters unit_at(const UnitVector& scaled) const;
  double prior_value(const UnitVector& scaled) const;
  // How far less than half of the territory lies in the muscle, in twentieths of it, and its derivatives by the centre
  // and radius. Squared halves of it belong to the prior: territories stay in their muscle.
  Eigen::Vector4d missing_half(const UnitVector& scaled) const;
  // What the precision applies to.
  Eigen::MatrixXf whitened(const Eigen::MatrixXf& difference) const;
  double weighted_square(const Eigen::MatrixXf& whitened_difference) const;

  const MuapModel& model_;
  const MuapEstimate& estimate_;
  const UnitPrior& prior_;
  int muscle_;
  double discount_;
  UnitVector scales_;
  UnitVector last_ = UnitVector::Constant(std::numeric_limits<double>::quiet_NaN());
  Quadratic quadratic_;
};

}  // namespace bmiss
