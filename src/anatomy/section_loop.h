// The closed curve in which a plane cuts a limb's skin.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

struct SectionLoop {
  std::vector<Eigen::Vector3d> points;  // in order, each once, anticlockwise about the plane's normal [m]
  double length() const;
  // `count` points at equal distances along the curve; the first is that nearest to `start`, then anticlockwise.
  std::vector<Eigen::Vector3d> divided(int count, const Eigen::Vector3d& start) const;
};

// The curve nearest to `point` among those in which the plane through `point` across `normal` cuts the surface. Empty
// when that one is not closed, because the surface ends there, or when there is none.
SectionLoop section_loop(const Surface& surface, const Eigen::Vector3d& point, const Eigen::Vector3d& normal);

}  // namespace bmiss
