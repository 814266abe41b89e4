#include "anatomy/grid_layout.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "anatomy/patch_checks.h"
#include "anatomy/place_text.h"
#include "anatomy/section_loop.h"
#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double step_length = 0.5e-3;  // of a way along the surface [m]

struct Walker {
  SurfaceLocator::Hit place;
  Eigen::Vector3d direction;  // tangent, unit
};

// Small steps in the tangent plane, each brought back to the surface and the direction with it.
Walker walk(const SurfaceLocator& locator, Walker walker, double length) {
  if (length < 0) {
    walker.direction = -walker.direction;
    walker = walk(locator, walker, -length);
    walker.direction = -walker.direction;
    return walker;
  }
  double left = length;
  for (int step = 0; step < 10000 && left > 1e-6 * length; ++step) {
    const auto next = locator.nearest(walker.place.point + std::min(left, step_length) * walker.direction);
    const double moved = (next.point - walker.place.point).norm();
    walker.place = next;
    if (moved < 0.05e-3 && moved < 0.5 * left) break;  // at the rim
    left -= moved;
    const Eigen::Vector3d tangent = walker.direction - walker.direction.dot(next.normal) * next.normal;
    if (tangent.norm() < 0.1) break;  // the surface folds away
    walker.direction = tangent.normalized();
  }
  return walker;
}

// As walk(), but within the plane through the start across `plane_normal`. `sideways` tells the sense of the way; every
// place passed is given, a step apart, the last one where `length` is reached or the rim.
std::vector<SurfaceLocator::Hit> follow_section(const SurfaceLocator& locator, const SurfaceLocator::Hit& start,
                                                const Eigen::Vector3d& plane_normal, const Eigen::Vector3d& sense,
                                                double length) {
  std::vector<SurfaceLocator::Hit> way{start};
  Eigen::Vector3d direction = sense;
  double left = length;
  for (int step = 0; step < 10000 && left > 1e-6 * length; ++step) {
    const auto& here = way.back();
    Eigen::Vector3d tangent = plane_normal.cross(here.normal);
    if (tangent.norm() < 0.1) break;  // the surface runs along the plane
    tangent.normalize();
    if (tangent.dot(direction) < 0) tangent = -tangent;
    Eigen::Vector3d aim = here.point + std::min(left, step_length) * tangent;
    aim -= (aim - start.point).dot(plane_normal) * plane_normal;
    const auto next = locator.nearest(aim);
    const double moved = (next.point - here.point).norm();
    if (moved < 0.05e-3 && moved < 0.5 * left) break;  // at the rim
    direction = next.point - here.point;
    left -= moved;
    way.push_back(next);
  }
  return way;
}

}  // namespace

GridLayout roll_grid(const SurfaceLocator& locator, const GridLayout& shape, const SurfaceLocator::Hit& middle,
                     const Eigen::Vector3d& axis, double rotation) {
  GridLayout layout = shape;
  layout.places.assign(static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.columns), middle);
  const Eigen::Vector3d along = tangent_along(middle.normal, axis), around = middle.normal.cross(along).normalized();
  const Eigen::Vector3d across = axis.normalized();
  for (int row = 0; row < layout.rows; ++row)
    for (int column = 0; column < layout.columns; ++column) {
      const double x = (row - (layout.rows - 1) / 2.0) * layout.spacing,
                   y = (column - (layout.columns - 1) / 2.0) * layout.spacing;
      const double lengthwise = x * std::cos(rotation) - y * std::sin(rotation),
                   sideways = x * std::sin(rotation) + y * std::cos(rotation);
      const auto station =
          follow_section(locator, middle, around, lengthwise < 0 ? (-along).eval() : along, std::abs(lengthwise))
              .back();
      const Eigen::Vector3d sense = across.cross(-station.normal);
      layout.places[layout.index(row, column)] =
          follow_section(locator, station, across, sideways < 0 ? (-sense).eval() : sense, std::abs(sideways)).back();
    }
  return layout;
}

GridLayout walk_grid(const SurfaceLocator& locator, const GridLayout& shape, const SurfaceLocator::Hit& middle,
                     const Eigen::Vector3d& direction) {
  GridLayout layout = shape;
  layout.places.assign(static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.columns), middle);
  for (int row = 0; row < layout.rows; ++row) {
    const Walker on_axis = walk(locator, {middle, direction}, (row - (layout.rows - 1) / 2.0) * layout.spacing);
    const Eigen::Vector3d sideways = on_axis.place.normal.cross(on_axis.direction).normalized();
    for (int column = 0; column < layout.columns; ++column)
      layout.places[layout.index(row, column)] =
          walk(locator, {on_axis.place, sideways}, (column - (layout.columns - 1) / 2.0) * layout.spacing).place;
  }
  return layout;
}

GridLayout ring_grid(const SurfaceLocator& locator, const GridLayout& shape, const GridLayout& along,
                     const Eigen::Vector3d& axis) {
  GridLayout layout = shape;
  layout.closed = true;
  for (const auto& first : along.places) {
    // Anticlockwise about the opposite axis: with the row number growing downward, columns grow to the right.
    const SectionLoop loop = section_loop(locator.surface(), first.point, -axis);
    if (loop.points.empty())
      throw InputError("the ring through " + place_of(first.point) +
                       " does not close around the limb, because the skin ends there; move it towards the middle of "
                       "the limb");
    for (const auto& point : loop.divided(layout.columns, first.point)) layout.places.push_back(locator.nearest(point));
  }
  return layout;
}

std::vector<GridLink> links_of(const GridLayout& layout, const SurfaceLocator& locator) {
  std::vector<GridLink> links;
  const auto add = [&](int row, int column, int other_row, int other_column) {
    if (!layout.has(other_row, other_column)) return;
    links.push_back({row, column, other_row, other_column,
                     locator.length_between(layout.at(row, column).point, layout.at(other_row, other_column).point),
                     layout.spacing});
  };
  for (int row = 0; row < layout.rows; ++row) {
    for (int column = 0; column < layout.columns; ++column) add(row, column, row + 1, column);
    const std::size_t first = links.size();
    for (int column = 0; column < layout.columns; ++column) add(row, column, row, column + 1);
    if (!layout.closed) continue;
    double around = 0;
    for (std::size_t i = first; i < links.size(); ++i) around += links[i].length;
    for (std::size_t i = first; i < links.size(); ++i) {
      links[i].wanted = around / layout.columns;
      links[i].other_column %= layout.columns;
    }
  }
  return links;
}

GridLink worst_link(const GridLayout& layout, const SurfaceLocator& locator) {
  GridLink worst;
  worst.length = worst.wanted = layout.spacing;
  for (const GridLink& link : links_of(layout, locator))
    if (link.error() > worst.error()) worst = link;
  return worst;
}

}  // namespace bmiss
