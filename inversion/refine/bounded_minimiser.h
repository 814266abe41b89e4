// Minima within bounds, by TAO.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <string>

namespace bmiss {

struct BoundedProblem {
  Eigen::VectorXd lower, upper;
  std::function<double(const Eigen::VectorXd&)> value;
  std::function<Eigen::VectorXd(const Eigen::VectorXd&)> gradient;
  // With it a Newton trust region (BNTL), without it a limited-memory quasi-Newton method (BLMVM).
  std::function<Eigen::MatrixXd(const Eigen::VectorXd&)> hessian;
  std::function<bool(const Eigen::VectorXd&)> has_converged;  // asked after each iteration
  int most_iterations = 60;
};

struct BoundedMinimum {
  Eigen::VectorXd place;
  bool converged = false;
  std::string reason;  // why it stopped, in words
};

// Variables should have scales of about 1. What the functions throw comes out; TAO's own failures as NumericalError.
// Needs PETSc (MpiSession); one thread at a time.
BoundedMinimum minimise(const BoundedProblem& problem, const Eigen::VectorXd& start);

// The gradient without what the bounds hold at `place`.
Eigen::VectorXd free_gradient(const BoundedProblem& problem, const Eigen::VectorXd& place,
                              const Eigen::VectorXd& gradient);

}  // namespace bmiss
