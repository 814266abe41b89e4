#include "solvers/lead_field/skin_walk.h"

#include <Eigen/Geometry>
#include <cmath>

namespace bmiss {
namespace {

constexpr double longest_step = 1e-3;  // across which the skin is flat to a hundredth of it [m]

}  // namespace

// The place moves by what its foot on the skin moves, and the normal turns as the skin's, so that short ways are short
// changes wherever the electrode was laid.
Electrode SkinWalker::walk(const Electrode& laid, const Eigen::Vector3d& way, double spin) const {
  Electrode result = laid;
  const SurfaceLocator::Hit start = locator_.nearest(laid.position);
  SurfaceLocator::Hit here = start;
  Eigen::Quaterniond turn = Eigen::Quaterniond::Identity();
  const int n_steps = static_cast<int>(std::ceil(way.norm() / longest_step));
  for (int i = 0; i < n_steps; ++i) {
    const SurfaceLocator::Hit next = locator_.nearest(here.point + turn * way / n_steps);
    turn = Eigen::Quaterniond::FromTwoVectors(here.normal, next.normal) * turn;
    here = next;
  }
  result.position = laid.position + here.point - start.point;
  result.normal = turn * laid.normal;
  result.along = turn * (Eigen::AngleAxisd(spin, laid.normal) * laid.along);
  return result;
}

}  // namespace bmiss
