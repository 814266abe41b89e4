#include "anatomy/muscle_line.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double least_window = 10e-3;  // [m]
constexpr double part_of_length = 0.2;

}  // namespace

Eigen::Vector3d line_of_action(const TissuePoints& tissue, const Eigen::Vector3d& axis, double station, double window) {
  if (tissue.points.cols() == 0) throw InputError("the muscle has no points, so it has no direction");
  const Eigen::Vector3d along = axis.normalized();
  const Eigen::VectorXd heights = tissue.points.transpose() * along;
  const double extent = heights.maxCoeff() - heights.minCoeff();
  for (double half = window;; half *= 2) {
    double weight = 0, height = 0, variance = 0;
    Eigen::Vector3d centre = Eigen::Vector3d::Zero(), slope = Eigen::Vector3d::Zero();
    for (Eigen::Index i = 0; i < heights.size(); ++i) {
      if (std::abs(heights[i] - station) > half) continue;
      weight += tissue.weights[i];
      height += tissue.weights[i] * heights[i];
      centre += tissue.weights[i] * tissue.points.col(i);
    }
    if (weight > 0) {
      height /= weight;
      centre /= weight;
      for (Eigen::Index i = 0; i < heights.size(); ++i) {
        if (std::abs(heights[i] - station) > half) continue;
        variance += tissue.weights[i] * (heights[i] - height) * (heights[i] - height);
        slope += tissue.weights[i] * (heights[i] - height) * (tissue.points.col(i) - centre);
      }
      // Points spread evenly over the window have a standard deviation of 0.58 of its half; a fifth of that is one or
      // two layers of voxels.
      if (std::sqrt(variance / weight) > 0.2 * half) return slope.normalized();
    }
    if (half > 2 * extent + std::abs(station - heights.mean())) return along;  // as flat as one slice
  }
}

Eigen::Vector3d line_of_action(const TissuePoints& muscle, const Eigen::Vector3d& axis, const Eigen::Vector3d& over) {
  if (muscle.points.cols() == 0) throw InputError("the muscle has no points, so it has no direction");
  const Eigen::Vector3d along = axis.normalized();
  const Eigen::VectorXd heights = muscle.points.transpose() * along;
  const double low = heights.minCoeff(), high = heights.maxCoeff();
  const double window = std::max(least_window, part_of_length / 2 * (high - low));
  const double inset = std::min(window, (high - low) / 2);
  return line_of_action(muscle, along, std::clamp(over.dot(along), low + inset, high - inset), window);
}

}  // namespace bmiss
