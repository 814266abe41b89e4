#include "forward/difference_tangent.h"

#include "base/errors.h"

namespace bmiss {
namespace {

// Of the parameter's uncertainty: the error of the extrapolated difference is then about 1e-8 of a potential that the
// uncertainty changes by its own size, and rounding of potentials (1e-13) counts 1e-11.
constexpr double wide_step = 0.02;

}  // namespace

DifferenceTangent difference_tangent(const LeadField& lead_field, const Eigen::Matrix3Xd& points,
                                     std::size_t parameter) {
  const auto parameters = lead_field.model_parameters();
  BMISS_ASSERT(parameter < parameters.size() && parameters[parameter].uncertainty > 0);
  const auto central = [&](double step) -> Eigen::MatrixXd {
    Eigen::VectorXd values = parameter_values(lead_field);
    double& value = values[static_cast<Eigen::Index>(parameter)];
    value += step;
    const Eigen::MatrixXd above = lead_field.at(values)->potential(points);
    value -= 2 * step;
    return (above - lead_field.at(values)->potential(points)) / (2 * step);
  };
  const double step = wide_step * parameters[parameter].uncertainty;
  const Eigen::MatrixXd wide = central(step), fine = central(step / 2);
  DifferenceTangent result;
  const Eigen::MatrixXd correction = (fine - wide) / 3;
  result.values = fine + correction;
  const double largest = result.values.size() > 0 ? result.values.cwiseAbs().maxCoeff() : 0;
  result.error = largest > 0 ? correction.cwiseAbs().maxCoeff() / largest : 0;
  return result;
}

}  // namespace bmiss
