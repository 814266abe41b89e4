#include "anatomy/patch_checks.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>

#include "anatomy/place_text.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr double nearest_points = 1e-5;  // nearer ones are one and the same [m]
constexpr double on_the_rim = 1e-6;      // a point electrode nearer than this lies on the rim [m]

double distance_to_segment(const Eigen::Vector2d& x, const Eigen::Vector2d& a, const Eigen::Vector2d& b) {
  const double length = (b - a).squaredNorm();
  const double part = length > 0 ? std::clamp((x - a).dot(b - a) / length, 0.0, 1.0) : 0.0;
  return (a + part * (b - a) - x).norm();
}

// Liang & Barsky 1984: the part of the segment within each pair of parallel sides must not be empty.
bool segment_meets_box(const Eigen::Vector2d& a, const Eigen::Vector2d& b, double half_length, double half_width) {
  double first = 0, last = 1;
  const Eigen::Vector2d half(half_length, half_width), step = b - a;
  for (int i = 0; i < 2; ++i) {
    if (step[i] == 0) {
      if (std::abs(a[i]) >= half[i]) return false;
      continue;
    }
    const double low = (-half[i] - a[i]) / step[i], high = (half[i] - a[i]) / step[i];
    first = std::max(first, std::min(low, high));
    last = std::min(last, std::max(low, high));
  }
  return first < last;
}

bool crosses(const Electrode& electrode, const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
  const Eigen::Vector2d p = electrode.local_coordinates(a), q = electrode.local_coordinates(b);
  if (electrode.shape == ElectrodeShape::rectangle)
    return segment_meets_box(p, q, electrode.length / 2, electrode.width / 2);
  return distance_to_segment(Eigen::Vector2d::Zero(), p, q) < std::max(electrode.radius, on_the_rim);
}

std::array<Eigen::Vector2d, 4> corners_seen_from(const Electrode& from, const Electrode& rectangle) {
  std::array<Eigen::Vector2d, 4> result;
  const Eigen::Vector3d across = rectangle.normal.cross(rectangle.along);
  const Eigen::Vector2d centre = from.local_coordinates(rectangle.position);
  const Eigen::Vector3d other = from.normal.cross(from.along);
  // Turned, not tilted: lengths along the skin stay what they are.
  const auto turned = [&](const Eigen::Vector3d& v) {
    return Eigen::Vector2d(v.dot(from.along), v.dot(other)).normalized();
  };
  const Eigen::Vector2d u = turned(rectangle.along) * rectangle.length / 2, v = turned(across) * rectangle.width / 2;
  result = {centre + u + v, centre + u - v, centre - u - v, centre - u + v};
  return result;
}

// Is there an axis of rectangle `a` on which the two do not meet?
bool separated(const Electrode& a, const Electrode& b) {
  const auto corners = corners_seen_from(a, b);
  for (int i = 0; i < 2; ++i) {
    const double half = (i == 0 ? a.length : a.width) / 2;
    double low = INFINITY, high = -INFINITY;
    for (const auto& corner : corners) {
      low = std::min(low, corner[i]);
      high = std::max(high, corner[i]);
    }
    if (low >= half || high <= -half) return true;
  }
  return false;
}

// Contacts that touch do not overlap: distances along the skin are true to about 2 %.
Electrode shrunk(Electrode electrode) {
  constexpr double slack = 0.97;
  electrode.radius *= slack;
  electrode.inner_radius /= slack;
  electrode.length *= slack;
  electrode.width *= slack;
  return electrode;
}

bool same_place(const Electrode& a, const Electrode& b) {
  return (a.position - b.position).norm() < nearest_points;
}

bool in_hole(const Electrode& ring, const Electrode& other, double distance) {
  return ring.shape == ElectrodeShape::ring && distance + other.outer_radius() <= ring.inner_radius;
}

}  // namespace

std::string millimetres(double length) {
  return format("%.4g", length * 1e3) + " mm";
}

Eigen::Vector3d tangent_along(const Eigen::Vector3d& normal, const Eigen::Vector3d& axis) {
  const Eigen::Vector3d tangent = axis - axis.dot(normal) * normal;
  if (tangent.norm() < 1e-3 * axis.norm() || axis.norm() == 0)
    throw InputError(
        "the axis given for electrodes is perpendicular to the skin there; place them on the side of the limb");
  return tangent.normalized();
}

void require_on_skin(const SurfaceLocator& locator, const std::vector<Electrode>& electrodes) {
  const auto& points = locator.surface().points;
  for (const Electrode& electrode : electrodes)
    for (const auto& edge : locator.rim()) {
      const Eigen::Vector3d a = points.col(edge[0]), b = points.col(edge[1]);
      const double far = electrode.outer_radius() + (b - a).norm() + 10 * on_the_rim;
      if ((a - electrode.position).norm() > far || !crosses(electrode, a, b)) continue;
      throw InputError(
          "electrode '" + electrode.name + "' at " + place_of(electrode.position) +
          " leaves the skin: it reaches beyond a cut end of the limb; move it towards the middle of the limb or "
          "make the grid smaller");
    }
}

bool patches_overlap(const Electrode& first, const Electrode& second) {
  if (first.is_inside() || second.is_inside()) return same_place(first, second);
  if (first.shape == ElectrodeShape::point && second.shape == ElectrodeShape::point) return same_place(first, second);
  const Electrode a = shrunk(first), b = shrunk(second);
  if (a.normal.dot(b.normal) < 0) return false;  // opposite sides of the limb
  const double distance = arc_length(a.position, a.normal, b.position, b.normal);
  if (in_hole(a, b, distance) || in_hole(b, a, distance)) return false;
  if (distance >= a.outer_radius() + b.outer_radius()) return false;
  if (a.shape == ElectrodeShape::rectangle && b.shape == ElectrodeShape::rectangle)
    return !separated(a, b) && !separated(b, a);
  if (a.shape != ElectrodeShape::rectangle && b.shape != ElectrodeShape::rectangle) return true;
  const Electrode &rectangle = a.shape == ElectrodeShape::rectangle ? a : b,
                  &disc = a.shape == ElectrodeShape::rectangle ? b : a;
  const Eigen::Vector2d outside =
      (rectangle.local_coordinates(disc.position).cwiseAbs() - Eigen::Vector2d(rectangle.length, rectangle.width) / 2)
          .cwiseMax(0);
  return outside.norm() < disc.radius || outside.norm() == 0;
}

void require_apart(const std::vector<Electrode>& electrodes) {
  for (std::size_t i = 0; i < electrodes.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const Electrode &a = electrodes[j], &b = electrodes[i];
      if (a.name == b.name)
        throw InputError("two electrodes are named '" + a.name + "'; give each electrode its own name");
      if (patches_overlap(a, b))
        throw InputError("electrode '" + b.name + "' at " + place_of(b.position) + " overlaps electrode '" + a.name +
                         "' at " + place_of(a.position) + "; move one of them or make the contacts smaller");
    }
}

}  // namespace bmiss
