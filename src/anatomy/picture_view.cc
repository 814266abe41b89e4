#include "anatomy/picture_view.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {

PictureView::PictureView(const Eigen::Vector3d& limb_axis, const Eigen::Vector3d& towards_viewer)
    : right(limb_axis.normalized()) {
  towards = (towards_viewer - right * right.dot(towards_viewer)).normalized();
  up = towards.cross(right);
  BMISS_ASSERT(std::abs(up.norm() - 1) < 1e-9);
}

std::pair<double, double> extent_along(const Eigen::Matrix3Xd& points, const Eigen::Vector3d& direction) {
  const Eigen::VectorXd along = points.transpose() * direction;
  return {along.minCoeff(), along.maxCoeff()};
}

StackedViews stacked(PictureView above, PictureView below, const Eigen::Matrix3Xd& points) {
  const auto [left, right] = extent_along(points, above.right);
  const auto [above_low, above_high] = extent_along(points, above.up);
  const auto [below_low, below_high] = extent_along(points, below.up);
  below.shift = above_low - below_high - 0.06 * (right - left);
  return {above, below, {left, below_low + below.shift}, {right, above_high}};
}

}  // namespace bmiss
