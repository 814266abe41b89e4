#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>

#include "anatomy/electrodes.h"
#include "anatomy/surface_locator.h"
#include "anatomy/tet_shape.h"
#include "base/errors.h"

namespace bmiss {
namespace {

struct Loop {
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // mean over its length
  double length = 0;
};

// Closed rims of an open surface, longest first.
std::vector<Loop> rim_loops(const Surface& skin) {
  const SurfaceLocator locator(skin);
  std::map<int, int> leader;  // union of points that edges join
  const auto find = [&](int point) {
    while (leader.at(point) != point) point = leader[point] = leader.at(leader.at(point));
    return point;
  };
  for (const auto& edge : locator.rim()) {
    leader.emplace(edge[0], edge[0]);
    leader.emplace(edge[1], edge[1]);
    leader[find(edge[0])] = find(edge[1]);
  }
  std::map<int, Loop> loops;
  for (const auto& edge : locator.rim()) {
    const Eigen::Vector3d a = skin.points.col(edge[0]), b = skin.points.col(edge[1]);
    Loop& loop = loops[find(edge[0])];
    loop.length += (b - a).norm();
    loop.centre += (b - a).norm() * (a + b) / 2;
  }
  std::vector<Loop> result;
  for (auto& [point, loop] : loops) {
    loop.centre /= loop.length;
    result.push_back(loop);
  }
  std::stable_sort(result.begin(), result.end(), [](const Loop& a, const Loop& b) { return a.length > b.length; });
  return result;
}

Eigen::Vector3d with_positive_largest(const Eigen::Vector3d& axis) {
  int largest = 0;
  axis.cwiseAbs().maxCoeff(&largest);
  return axis[largest] < 0 ? (-axis).eval() : axis;
}

}  // namespace

Eigen::Vector3d limb_axis(const Surface& skin) {
  const auto loops = rim_loops(skin);
  // Two rims of like size are the cut ends; small holes are not.
  if (loops.size() >= 2 && loops[1].length > 0.3 * loops[0].length && (loops[1].centre - loops[0].centre).norm() > 1e-6)
    return with_positive_largest((loops[1].centre - loops[0].centre).normalized());
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  double total = 0;
  std::vector<std::pair<double, Eigen::Vector3d>> samples;
  for (const auto& t : skin.triangles) {
    samples.emplace_back(area_vector(skin.points, t).norm(), middle_of(skin.points, t));
    total += samples.back().first;
    mean += samples.back().first * samples.back().second;
  }
  mean /= total;
  Eigen::Matrix3d moments = Eigen::Matrix3d::Zero();
  for (const auto& [area, x] : samples) moments += area * (x - mean) * (x - mean).transpose();
  return with_positive_largest(Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(moments).eigenvectors().col(2));
}

Eigen::Vector3d skin_point_over(const TissuePoints& muscle, const Surface& skin, const Eigen::Vector3d& axis,
                                double fraction) {
  if (muscle.points.cols() == 0) throw InputError("the muscle has no points, so nothing can be placed over it");
  if (!(fraction >= 0 && fraction <= 1))
    throw InputError("the position along the muscle is " + std::to_string(fraction) +
                     "; give a fraction between 0 (proximal end) and 1 (distal end)");
  const Eigen::VectorXd along = muscle.points.transpose() * axis.normalized();
  const double low = along.minCoeff(), high = along.maxCoeff(), station = low + fraction * (high - low);
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  double weight = 0;
  // A slice of 5 mm or 4 % of the length, widened where the muscle has a gap.
  for (double half = std::max(2.5e-3, 0.02 * (high - low)); weight <= 0; half *= 2)
    for (Eigen::Index i = 0; i < along.size(); ++i)
      if (std::abs(along[i] - station) <= half) {
        weight += muscle.weights[i];
        centre += muscle.weights[i] * muscle.points.col(i);
      }
  return SurfaceLocator(skin).nearest(centre / weight).point;
}

}  // namespace bmiss
