// How a picture from outside the limb projects it: a parallel view.
#pragma once

#include <Eigen/Core>
#include <utility>

#include "anatomy/picture_canvas.h"

namespace bmiss {

struct PictureView {
  Eigen::Vector3d right, up, towards;  // unit vectors; towards the viewer
  double shift = 0;                    // upwards on the picture [m]

  // `limb_axis` runs to the right; `towards_viewer` is made perpendicular to it.
  PictureView(const Eigen::Vector3d& limb_axis, const Eigen::Vector3d& towards_viewer);
  Point2 project(const Eigen::Vector3d& p) const { return {p.dot(right), p.dot(up) + shift}; }
};

// The same limb from two sides, the second below the first at a small distance, and the box that holds both.
struct StackedViews {
  PictureView above, below;
  Point2 low, high;
};
// `points` [3 x n, m]; both views have the same `right`.
StackedViews stacked(PictureView above, PictureView below, const Eigen::Matrix3Xd& points);

// Least and largest coordinate of `points` along a direction.
std::pair<double, double> extent_along(const Eigen::Matrix3Xd& points, const Eigen::Vector3d& direction);

}  // namespace bmiss
