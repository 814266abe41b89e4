#include "forward/lead_field.h"

#include "base/errors.h"
#include "base/table.h"
#include "forward/difference_tangent.h"

namespace bmiss {
namespace {

constexpr double largest_error = 1e-4;  // of derivatives by differences, relative

void require_parameters(const LeadField& lead_field) {
  if (lead_field.model_parameters().empty())
    throw InputError(
        "this volume conductor has no parameters to differentiate by; use 'finite elements' with its mesh, or 'layered "
        "cylinder'");
}

}  // namespace

ModelParameter conductivity_parameter(const std::string& name, double value) {
  return {name, "S/m", value, value / 3, 3 * value, 0.3 * value};
}

Eigen::MatrixXd LeadField::tangent(const Eigen::Matrix3Xd& points, std::size_t parameter) const {
  require_parameters(*this);
  DifferenceTangent found = difference_tangent(*this, points, parameter);
  if (!(found.error <= largest_error))
    throw NumericalError("the derivative of the lead field by '" + model_parameters()[parameter].name +
                         "' was found by differences to " + format("%.1e", found.error) +
                         " of its largest value only, " + format("%.0e", largest_error) +
                         " is wanted; are all points a millimetre below the skin?");
  return std::move(found.values);
}

Eigen::VectorXd LeadField::adjoint(const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& gradient) const {
  require_parameters(*this);
  const std::size_t n = model_parameters().size();
  Eigen::VectorXd result(static_cast<Eigen::Index>(n));
  for (std::size_t p = 0; p < n; ++p)
    result[static_cast<Eigen::Index>(p)] = gradient.cwiseProduct(tangent(points, p)).sum();
  return result;
}

std::unique_ptr<LeadField> LeadField::at(const Eigen::VectorXd&) const {
  require_parameters(*this);
  throw InputError("this volume conductor names parameters but cannot change them; its at() is missing");
}

Eigen::VectorXd parameter_values(const LeadField& lead_field) {
  const auto parameters = lead_field.model_parameters();
  Eigen::VectorXd values(static_cast<Eigen::Index>(parameters.size()));
  for (std::size_t p = 0; p < parameters.size(); ++p) values[static_cast<Eigen::Index>(p)] = parameters[p].value;
  return values;
}

Registry<LeadField>& lead_fields() {
  static Registry<LeadField> registry("volume conductor");
  return registry;
}

}  // namespace bmiss
