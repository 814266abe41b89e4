#include "forward/line_filter.h"

#include <Eigen/Dense>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr int n_powers = 6;        // polynomials up to degree 5
constexpr double reach = 3.5;      // of the Gaussian weights [widths]; they are 0.2 % there
constexpr double evening = 10e-3;  // over which widths are averaged along the fibre, so that they hardly change [m]

// Weights of the points [first, first + size) in the fitted value at point i.
struct Stencil {
  Eigen::Index first = 0;
  Eigen::VectorXd weights;
};

Stencil stencil_at(Eigen::Index i, Eigen::Index n, double width_in_steps) {
  const auto half = static_cast<Eigen::Index>(reach * width_in_steps);
  Stencil stencil;
  stencil.first = std::max<Eigen::Index>(0, i - half);
  const Eigen::Index size = std::min(n - 1, i + half) - stencil.first + 1;
  if (width_in_steps < 1 || size <= n_powers) {
    stencil.first = i;
    stencil.weights = Eigen::VectorXd::Ones(1);
    return stencil;
  }
  // The fitted value is p(t_i)^T (P^T W P)^-1 P^T W, with t = -1 to 1 over the stencil for the sake of the condition.
  using Powers = Eigen::Matrix<double, n_powers, 1>;
  const double middle = 0.5 * static_cast<double>(size - 1);
  const auto powers_at = [&](Eigen::Index k) {
    const double t = (static_cast<double>(k) - middle) / middle;
    Powers powers = Powers::Ones();
    for (int p = 1; p < n_powers; ++p) powers[p] = powers[p - 1] * t;
    return powers;
  };
  stencil.weights.resize(size);
  Eigen::Matrix<double, n_powers, n_powers> normal = Eigen::Matrix<double, n_powers, n_powers>::Zero();
  for (Eigen::Index k = 0; k < size; ++k) {
    const double x = static_cast<double>(stencil.first + k - i) / width_in_steps;
    stencil.weights[k] = std::exp(-0.5 * x * x);
    const Powers powers = powers_at(k);
    normal.noalias() += (stencil.weights[k] * powers) * powers.transpose();
  }
  const Powers row = normal.ldlt().solve(powers_at(i - stencil.first));
  for (Eigen::Index k = 0; k < size; ++k) stencil.weights[k] *= row.dot(powers_at(k));
  return stencil;
}

// Mean over the neighbours within `evening`: a width that jumps would itself make kinks.
Eigen::VectorXd evened(const Eigen::VectorXd& widths, double step) {
  const Eigen::Index n = widths.size(), half = std::min(n, static_cast<Eigen::Index>(std::ceil(evening / step)));
  Eigen::VectorXd result(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index first = std::max<Eigen::Index>(0, i - half), last = std::min(n - 1, i + half);
    result[i] = widths.segment(first, last - first + 1).mean();
  }
  return result;
}

}  // namespace

Eigen::MatrixXd smoothed_along(const Eigen::MatrixXd& values, double step, const Eigen::VectorXd& widths) {
  BMISS_ASSERT(step > 0 && widths.size() == values.cols() && (widths.size() == 0 || widths.minCoeff() >= 0));
  if (widths.size() == 0 || widths.maxCoeff() < step) return values;
  const Eigen::VectorXd even = evened(widths, step);
  Eigen::MatrixXd result(values.rows(), values.cols());
  for (Eigen::Index i = 0; i < values.cols(); ++i) {
    const Stencil stencil = stencil_at(i, values.cols(), even[i] / step);
    result.col(i).noalias() = values.middleCols(stencil.first, stencil.weights.size()) * stencil.weights;
  }
  return result;
}

Eigen::MatrixXd potential_along(const LeadField& lead_field, const Eigen::Matrix3Xd& path, double step) {
  const FieldSamples samples = lead_field.sample({path, {}});
  return smoothed_along(samples.potential, step, samples.smoothing_widths);
}

}  // namespace bmiss
