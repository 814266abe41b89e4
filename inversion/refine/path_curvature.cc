#include "inversion/refine/path_curvature.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

// At the points: (c_(k-1) + 10 c_k + c_(k+1)) / 12 = second difference / step^2, which is of fourth order; at the ends
// straight continuation, c_0 = 2 c_1 - c_2.
Eigen::MatrixXd curvature_at_points(const Eigen::MatrixXd& values, double step) {
  const Eigen::Index last = values.cols() - 1;
  Eigen::MatrixXd result(values.rows(), values.cols());
  Eigen::VectorXd ratio = Eigen::VectorXd::Zero(last + 1);
  for (Eigen::Index k = 1; k < last; ++k)
    result.col(k) = (values.col(k - 1) - 2 * values.col(k) + values.col(k + 1)) / (step * step);
  // Points 1 and last - 1 follow directly; between them a tridiagonal system.
  for (Eigen::Index k = 2; k <= last - 2; ++k) {
    ratio[k] = 1 / (10 - (k > 2 ? ratio[k - 1] : 0));
    result.col(k) = (12 * result.col(k) - result.col(k - 1)) * ratio[k];
    if (k == last - 2) result.col(k) -= ratio[k] * result.col(k + 1);
  }
  for (Eigen::Index k = last - 3; k >= 2; --k) result.col(k) -= ratio[k] * result.col(k + 1);
  result.col(0) = 2 * result.col(1) - result.col(2);
  result.col(last) = 2 * result.col(last - 1) - result.col(last - 2);
  return result;
}

}  // namespace

Eigen::MatrixXd path_curvature(const Eigen::MatrixXd& values, double step, double origin, const FibreGrid& grid,
                               double end_scatter) {
  BMISS_ASSERT(values.cols() >= 5 && step > 0 && end_scatter >= 0);
  const Eigen::MatrixXd curvature = curvature_at_points(values, step);
  const Eigen::Index n = values.cols();
  const double length = step * static_cast<double>(n - 1);
  const double width = std::max(soft_end_width * end_scatter, grid.step);
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(values.rows(), grid.size);
  for (Eigen::Index i = 0; i < grid.size; ++i) {
    const double s = origin + grid.place(i);
    if (s < 0 || s > length) continue;
    const double share =
        soft_end((s - end_scatter / 2) / width).value * soft_end((length - end_scatter / 2 - s) / width).value;
    const auto k = std::clamp<Eigen::Index>(static_cast<Eigen::Index>(s / step), 1, n - 3);
    const double x = s / step - static_cast<double>(k);  // cubic through the points k - 1 … k + 2
    result.col(i) =
        share *
        (-x * (x - 1) * (x - 2) / 6 * curvature.col(k - 1) + (x + 1) * (x - 1) * (x - 2) / 2 * curvature.col(k) -
         (x + 1) * x * (x - 2) / 2 * curvature.col(k + 1) + (x + 1) * x * (x - 1) / 6 * curvature.col(k + 2));
  }
  return result;
}

}  // namespace bmiss
