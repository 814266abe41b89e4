// Derivatives of a lead field by a parameter of its model, from the same model at neighbouring values.
#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "forward/lead_field.h"

namespace bmiss {

struct DifferenceTangent {
  Eigen::MatrixXd values;  // as LeadField::tangent()
  // What the extrapolation changed at the finer step, relative to the largest value: well above the error that is left.
  double error = 0;
};

// Central differences at two steps, extrapolated to fourth order (Richardson 1911): four models by LeadField::at().
DifferenceTangent difference_tangent(const LeadField& lead_field, const Eigen::Matrix3Xd& points,
                                     std::size_t parameter);

}  // namespace bmiss
