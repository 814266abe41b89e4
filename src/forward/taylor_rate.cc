#include "forward/taylor_rate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double rounding = 1e-12;  // of values, relative to the largest change

}  // namespace

TaylorRate taylor_rate(const std::function<Eigen::VectorXd(double step)>& value, const Eigen::VectorXd& derivative,
                       double largest_step, int n_steps) {
  BMISS_ASSERT(n_steps >= 2 && largest_step != 0);
  const Eigen::VectorXd at_zero = value(0);
  TaylorRate result;
  result.rate = std::numeric_limits<double>::infinity();
  double step = largest_step;
  for (int i = 0; i < n_steps; ++i, step /= 2) {
    const Eigen::VectorXd there = value(step);
    const double remainder = (there - at_zero - step * derivative).norm();
    if (!(remainder <= rounding * (at_zero.norm() + there.norm())) && i > 0)
      result.rate = std::min(result.rate, std::log2(result.remainders.back() / remainder));
    if (!std::isfinite(remainder)) result.rate = std::numeric_limits<double>::quiet_NaN();
    result.steps.push_back(step);
    result.remainders.push_back(remainder);
  }
  return result;
}

}  // namespace bmiss
