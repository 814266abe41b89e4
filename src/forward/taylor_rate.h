// Does a derivative belong to a function? Taylor's remainder tells: it falls with the square of the step.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

namespace bmiss {

struct TaylorRate {
  std::vector<double> steps, remainders;  // |f(step) - f(0) - step f'(0)|, each step half of the one before
  // log2 of the ratio of remainders, the worst of all pairs: 2 for a right derivative, 1 for a wrong one. Infinite
  // where the remainders are rounding only: the function is linear.
  double rate = 0;
};

// For the functions of a step that lead_field.h and the MUAP model are made of: any vector of values. `n_steps` >= 2.
TaylorRate taylor_rate(const std::function<Eigen::VectorXd(double step)>& value, const Eigen::VectorXd& derivative,
                       double largest_step, int n_steps = 3);

}  // namespace bmiss
