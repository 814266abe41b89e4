#include "solvers/lead_field/closest_point.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <limits>

namespace bmiss {

Eigen::Vector3d closest_point_on_triangle(const Eigen::Vector3d& p, const std::array<Eigen::Vector3d, 3>& triangle) {
  const Eigen::Vector3d u = triangle[1] - triangle[0], v = triangle[2] - triangle[0], w = p - triangle[0];
  const Eigen::Vector3d normal = u.cross(v);
  const double area2 = normal.squaredNorm();
  if (area2 > 0) {
    const double b1 = w.cross(v).dot(normal) / area2, b2 = u.cross(w).dot(normal) / area2;
    if (b1 >= 0 && b2 >= 0 && b1 + b2 <= 1) return triangle[0] + b1 * u + b2 * v;
  }
  // Outside the prism over the triangle the nearest point lies on an edge.
  Eigen::Vector3d best = triangle[0];
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < 3; ++i) {
    const Eigen::Vector3d a = triangle[i], edge = triangle[(i + 1) % 3] - a;
    const double length2 = edge.squaredNorm();
    const double t = length2 > 0 ? std::clamp((p - a).dot(edge) / length2, 0.0, 1.0) : 0.0;
    const Eigen::Vector3d foot = a + t * edge;
    if ((foot - p).squaredNorm() < nearest) {
      nearest = (foot - p).squaredNorm();
      best = foot;
    }
  }
  return best;
}

}  // namespace bmiss
