#include "anatomy/plane_triangle.h"

#include <algorithm>

namespace bmiss {

namespace {

double opposite_side(const PlaneTriangle& t, std::size_t corner) {
  return (t[(corner + 1) % 3] - t[(corner + 2) % 3]).norm();
}

}  // namespace

double doubled_area(const PlaneTriangle& t) {
  const Eigen::Vector2d u = t[1] - t[0], v = t[2] - t[0];
  return u.x() * v.y() - u.y() * v.x();
}

double smallest_angle_sine(const PlaneTriangle& t) {
  const double a = opposite_side(t, 0), b = opposite_side(t, 1), c = opposite_side(t, 2);
  return doubled_area(t) * std::min({a, b, c}) / (a * b * c);
}

double smallest_altitude(const PlaneTriangle& t) {
  return doubled_area(t) / std::max({opposite_side(t, 0), opposite_side(t, 1), opposite_side(t, 2)});
}

double altitude(const PlaneTriangle& t, std::size_t corner) {
  return doubled_area(t) / opposite_side(t, corner);
}

}  // namespace bmiss
