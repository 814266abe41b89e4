#include "anatomy/grid_electrodes.h"

#include <Eigen/Geometry>
#include <cmath>
#include <cstdio>

#include "anatomy/patch_checks.h"
#include "anatomy/place_text.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

// A larger error of a neighbour distance than this is no grid any more.
constexpr double largest_error = 0.15;
constexpr int fairing_pairs = 5;  // waves 3 triangles long keep a quarter of their height, those of 6 nine tenths
// Electrodes that are not neighbours and yet nearer than this part of the spacing: the grid lies on itself.
constexpr double nearest_stranger = 0.9;
constexpr double farthest_centre = 0.1;  // of the wanted centre from the skin [m]

// Where the row number grows at this place: towards the next row, seen in the tangent plane; `alone`: for a single one.
Eigen::Vector3d along_at(const GridLayout& layout, int row, int column, const Eigen::Vector3d& alone) {
  const Eigen::Vector3d& normal = layout.at(row, column).normal;
  if (layout.rows > 1)
    return tangent_along(normal, layout.at(std::min(row + 1, layout.rows - 1), column).point -
                                     layout.at(std::max(row - 1, 0), column).point);
  if (layout.columns > 1) {
    const Eigen::Vector3d across =
        tangent_along(normal, layout.at(row, layout.has(row, column + 1) ? column + 1 : column).point -
                                  layout.at(row, layout.has(row, column - 1) ? column - 1 : column).point);
    return across.cross(normal);
  }
  return alone;
}

void require_not_on_itself(const GridOptions& options, const std::vector<Electrode>& electrodes) {
  // Neighbours in a ring may be much nearer than the spacing along the limb.
  const bool closed = options.layout == GridLayoutKind::sleeve;
  for (std::size_t i = 0; i < electrodes.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const Electrode &a = electrodes[j], &b = electrodes[i];
      if (a.normal.dot(b.normal) < 0) continue;
      const int columns_apart = std::abs(a.column - b.column);
      const bool adjoin = columns_apart <= 1 || (closed && columns_apart == options.columns - 1);
      const bool neighbours = std::abs(a.row - b.row) <= 1 && adjoin;
      const double distance = arc_length(a.position, a.normal, b.position, b.normal);
      const bool too_near = !neighbours && !closed && distance < nearest_stranger * options.spacing;
      if (!too_near && !patches_overlap(a, b)) continue;
      reject_grid(options, "electrode '" + b.name + "' at " + place_of(b.position) + " overlaps '" + a.name + "' (" +
                               millimetres(distance) + " apart" +
                               (neighbours ? ")" : "): the grid wraps around the limb onto itself") +
                               "; use fewer electrodes, a smaller spacing or another place");
    }
}

std::string distance_sentence(const GridOptions& options, const GridLayout& layout, const GridLink& link) {
  return "electrode '" + electrode_name(options, link.row, link.column) + "' at " +
         place_of(layout.at(link.row, link.column).point) + " is " + millimetres(link.length) + " from '" +
         electrode_name(options, link.other_row, link.other_column) + "' instead of " + millimetres(link.wanted);
}

}  // namespace

Eigen::Vector3d turned_axis(const Eigen::Vector3d& normal, const Eigen::Vector3d& axis, double rotation) {
  return Eigen::AngleAxisd(rotation, normal) * tangent_along(normal, axis);
}

[[noreturn]] void reject_grid(const GridOptions& options, const std::string& sentence) {
  throw InputError("grid '" + options.name + "': " + sentence);
}

void check_contact(const GridOptions& options) {
  if (options.shape == ElectrodeShape::disc && !(options.radius > 0))
    reject_grid(options, "the radius of the discs is " + millimetres(options.radius) +
                             "; give a positive radius or the shape 'point'");
  if (options.shape == ElectrodeShape::ring && !(options.inner_radius > 0 && options.inner_radius < options.radius))
    reject_grid(options, "the rings have an inner radius of " + millimetres(options.inner_radius) +
                             " and an outer one of " + millimetres(options.radius) +
                             "; the inner one must be positive and smaller");
  if (options.shape == ElectrodeShape::rectangle && !(options.length > 0 && options.width > 0))
    reject_grid(options, "the rectangles are " + millimetres(options.length) + " long and " +
                             millimetres(options.width) + " wide; give a positive length and width");
}

void check_grid_options(const GridOptions& options) {
  if (options.rows < 1 || options.columns < 1)
    reject_grid(options, std::to_string(options.rows) + " rows and " + std::to_string(options.columns) +
                             " columns were given; a grid has at least one of each");
  if (!(options.spacing > 0))
    reject_grid(options, "the spacing is " + millimetres(options.spacing) + "; give a positive distance");
  check_contact(options);
  const Eigen::Vector2d size = options.contact_size();
  const bool across_fits =
      options.columns == 1 || options.layout == GridLayoutKind::sleeve || size[1] <= options.spacing;
  if ((options.rows > 1 && size[0] > options.spacing) || !across_fits)
    reject_grid(options, "contacts of " + millimetres(size.maxCoeff()) + " do not fit into a spacing of " +
                             millimetres(options.spacing) + "; make the contacts smaller or the spacing larger");
}

std::string electrode_name(const GridOptions& options, int row, int column) {
  char numbers[32];
  std::snprintf(numbers, sizeof numbers, "_r%02dc%02d", row + 1, column + 1);
  return options.name + numbers;
}

SurfaceLocator::Hit grid_middle(const SurfaceLocator& locator, const GridOptions& options,
                                const Eigen::Vector3d& centre) {
  const auto middle = locator.nearest(centre);
  if (!(middle.distance <= farthest_centre))
    reject_grid(options, "its centre " + place_of(centre) + " is " + millimetres(middle.distance) +
                             " from the skin; give a point on the limb in millimetres of the image's world (RAS)");
  return middle;
}

Surface faired_for_grids(const Surface& skin) {
  return faired(skin, fairing_pairs);
}

void put_electrodes(LaidGrid& grid, const SurfaceLocator& locator, const GridOptions& options, GridLayout& layout,
                    const Eigen::Vector3d& axis) {
  auto& electrodes = grid.electrodes;
  for (int row = 0; row < layout.rows; ++row)
    for (int column = 0; column < layout.columns; ++column) {
      auto& place = layout.places[layout.index(row, column)];
      place = locator.nearest(place.point);
      Electrode electrode = options.contact();
      electrode.name = electrode_name(options, row, column);
      electrode.position = place.point;
      electrode.normal = place.normal;
      electrode.along = turned_axis(place.normal, axis, options.rotation);
      electrode.row = row + 1;
      electrode.column = column + 1;
      electrodes.push_back(electrode);
    }
  // The rim first: electrodes piled up there are not the user's overlap.
  require_on_skin(locator, electrodes);
  for (Electrode& electrode : electrodes)
    electrode.along = along_at(layout, electrode.row - 1, electrode.column - 1, electrode.along);
  require_on_skin(locator, electrodes);
  require_not_on_itself(options, electrodes);
}

void judge_distances(LaidGrid& grid, const GridOptions& options, const GridLayout& layout, const GridLink& worst) {
  if (worst.error() > largest_error)
    reject_grid(options,
                distance_sentence(options, layout, worst) +
                    ", because the skin ends there or is too strongly curved; choose another place or a smaller grid");
  const double sine = least_sine(layout);
  if (sine < flattest_sine)
    reject_grid(options, "its rows and columns meet at an angle of " + format("%.0f", std::asin(sine) * 180 / M_PI) +
                             " degrees near " + place_of(layout.at(layout.rows / 2, layout.columns / 2).point) +
                             ", because the skin is too strongly curved; choose another place or a smaller grid");
  grid.largest_error = worst.error();
  if (grid.largest_error > good_distance_error)
    grid.warning = "grid '" + options.name + "': " + distance_sentence(options, layout, worst) +
                   ", because the skin is strongly curved there";
}

}  // namespace bmiss
