// The derivative of a lead field by one of its parameters as a lead field of its own.
#pragma once

#include <string>

#include "base/errors.h"
#include "forward/lead_field.h"

namespace bmiss {

// Action potentials are linear in the lead field's potentials, so what is computed from this one (a MuapModel) is the
// derivative of what is computed from `base`, which must outlive it. In units of `base` over that of the parameter.
class TangentField : public LeadField {
public:
  TangentField(const LeadField& base, std::size_t parameter) : base_(base), parameter_(parameter) {
    BMISS_ASSERT(parameter < base.model_parameters().size());
  }
  void set_electrodes(const ElectrodeArray&) override {}  // those of `base`
  const ElectrodeArray& electrodes() const override { return base_.electrodes(); }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override { return base_.tangent(points, parameter_); }
  Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const override {
    return base_.smoothing_widths(points);
  }
  std::string hash() const override { return base_.hash() + " by parameter " + std::to_string(parameter_); }
  std::string citation() const override { return base_.citation(); }

private:
  const LeadField& base_;
  std::size_t parameter_;
};

}  // namespace bmiss
