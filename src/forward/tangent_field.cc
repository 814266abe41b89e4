#include "forward/tangent_field.h"

#include "base/errors.h"
#include "base/provenance.h"

namespace bmiss {
namespace {

class TangentField final : public LeadField {
public:
  TangentField(const LeadField& base, std::size_t parameter) : base_(base), parameter_(parameter) {}

  void set_electrodes(const ElectrodeArray& electrodes) override {
    if (electrodes.hash() != base_.electrodes().hash())
      throw InputError("the electrodes of a lead field's derivative are those of the lead field; set them there");
  }
  const ElectrodeArray& electrodes() const override { return base_.electrodes(); }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override { return base_.tangent(points, parameter_); }
  Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const override {
    return base_.smoothing_widths(points);
  }
  std::string hash() const override {
    ContentHash hash;
    return hash.add(base_.hash()).add("derivative").add(static_cast<double>(parameter_)).hex();
  }
  std::string citation() const override { return base_.citation(); }

private:
  const LeadField& base_;
  std::size_t parameter_;
};

}  // namespace

std::unique_ptr<LeadField> tangent_field(const LeadField& lead_field, std::size_t parameter) {
  return std::make_unique<TangentField>(lead_field, parameter);
}

}  // namespace bmiss
