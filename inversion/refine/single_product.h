// Products of single-precision matrices with the processor's best instruction set.
#pragma once

#include <Eigen/Core>

namespace bmiss {

// result = a * b, column-major, result.rows() x result.cols() as a and b have them; the same value on every number of
// threads. Several times faster than Eigen compiled for the oldest processors.
void multiply(const Eigen::Ref<const Eigen::MatrixXf>& a, const Eigen::Ref<const Eigen::MatrixXf>& b,
              Eigen::Ref<Eigen::MatrixXf> result);

}  // namespace bmiss
