#include "forward/linearised_lead_field.h"

#include "base/errors.h"
#include "base/provenance.h"
#include "base/table.h"

namespace bmiss {
namespace {

class LinearisedLeadField final : public LeadField {
public:
  LinearisedLeadField(std::shared_ptr<LeadField> base, const Eigen::VectorXd& values)
      : base_(std::move(base)), values_(values), parameters_(base_->model_parameters()) {
    BMISS_ASSERT(values.size() == static_cast<Eigen::Index>(parameters_.size()));
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      if (is_conductivity(p) && !(value(p) > 0))
        throw InputError("'" + parameters_[p].name + "' is " + format("%g", value(p)) +
                         " S/m, but conductivities are positive; keep the parameters within their bounds");
  }

  void set_electrodes(const ElectrodeArray& electrodes) override { base_->set_electrodes(electrodes); }
  const ElectrodeArray& electrodes() const override { return base_->electrodes(); }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override {
    return base_->potential(points) + change(points);
  }
  Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const override {
    return base_->smoothing_widths(points);
  }
  FieldSamples sample(const FieldPoints& points) const override {
    FieldSamples samples = base_->sample(points);
    samples.potential += change(points.places);
    return samples;
  }
  std::vector<ModelParameter> model_parameters() const override {
    auto result = parameters_;
    for (std::size_t p = 0; p < result.size(); ++p) result[p].value = value(p);
    return result;
  }
  Eigen::MatrixXd tangent(const Eigen::Matrix3Xd& points, std::size_t parameter) const override {
    return slope(parameter) * base_->tangent(points, parameter);
  }
  Eigen::VectorXd adjoint(const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& gradient) const override {
    Eigen::VectorXd result = base_->adjoint(points, gradient);
    for (std::size_t p = 0; p < parameters_.size(); ++p) result[static_cast<Eigen::Index>(p)] *= slope(p);
    return result;
  }
  std::unique_ptr<LeadField> at(const Eigen::VectorXd& values) const override {
    return std::make_unique<LinearisedLeadField>(base_, values);
  }
  std::string hash() const override {
    ContentHash hash;
    return hash.add(base_->hash()).add(std::vector<double>(values_.data(), values_.data() + values_.size())).hex();
  }
  std::string citation() const override { return base_->citation(); }

private:
  bool is_conductivity(std::size_t p) const { return parameters_[p].unit == "S/m"; }
  double value(std::size_t p) const { return values_[static_cast<Eigen::Index>(p)]; }
  // The way from the base's value in the variable that the field is linear in, in units of the parameter.
  double way(std::size_t p) const {
    const double from = parameters_[p].value, to = value(p);
    return is_conductivity(p) ? from * (1 - from / to) : to - from;
  }
  double slope(std::size_t p) const {
    return is_conductivity(p) ? parameters_[p].value * parameters_[p].value / (value(p) * value(p)) : 1;
  }
  Eigen::MatrixXd change(const Eigen::Matrix3Xd& points) const {
    Eigen::MatrixXd sum =
        Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(electrodes().electrodes.size()), points.cols());
    for (std::size_t p = 0; p < parameters_.size(); ++p)
      if (way(p) != 0) sum += way(p) * base_->tangent(points, p);
    return sum;
  }

  std::shared_ptr<LeadField> base_;
  Eigen::VectorXd values_;
  std::vector<ModelParameter> parameters_;  // of the base
};

}  // namespace

std::unique_ptr<LeadField> linearised(std::unique_ptr<LeadField> base, const Eigen::VectorXd& values) {
  return std::make_unique<LinearisedLeadField>(std::move(base), values);
}

}  // namespace bmiss
