#include <Eigen/Geometry>
#include <cmath>
#include <cstdio>

#include "anatomy/electrodes.h"
#include "anatomy/grid_layout.h"
#include "anatomy/patch_checks.h"
#include "anatomy/surface_locator.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

// A larger error of a neighbour distance than this is no grid any more.
constexpr double largest_error = 0.15;
constexpr double good_error = 0.02;     // above, a warning tells it
constexpr double flattest_sine = 0.25;  // of the angle between a row and a column: below, the grid is folded
constexpr int fairing_pairs = 5;        // waves 3 triangles long keep a quarter of their height, those of 6 nine tenths
// Electrodes that are not neighbours and yet nearer than this part of the spacing: the grid lies on itself.
constexpr double nearest_stranger = 0.9;
constexpr double farthest_centre = 0.1;  // of the wanted centre from the skin [m]

[[noreturn]] void reject(const GridOptions& options, const std::string& sentence) {
  throw InputError("grid '" + options.name + "': " + sentence);
}

void check_options(const GridOptions& options) {
  if (options.rows < 1 || options.columns < 1)
    reject(options, std::to_string(options.rows) + " rows and " + std::to_string(options.columns) +
                        " columns were given; a grid has at least one of each");
  if (!(options.spacing > 0))
    reject(options, "the spacing is " + millimetres(options.spacing) + "; give a positive distance");
  double along = 0, across = 0;
  if (options.shape == ElectrodeShape::disc) {
    if (!(options.radius > 0))
      reject(options, "the radius of the discs is " + millimetres(options.radius) +
                          "; give a positive radius or the shape 'point'");
    along = across = 2 * options.radius;
  } else if (options.shape == ElectrodeShape::rectangle) {
    if (!(options.length > 0 && options.width > 0))
      reject(options, "the rectangles are " + millimetres(options.length) + " long and " + millimetres(options.width) +
                          " wide; give a positive length and width");
    along = options.length;
    across = options.width;
  }
  if ((options.rows > 1 && along > options.spacing) || (options.columns > 1 && across > options.spacing))
    reject(options, "contacts of " + millimetres(std::max(along, across)) + " do not fit into a spacing of " +
                        millimetres(options.spacing) + "; make the contacts smaller or the spacing larger");
}

std::string electrode_name(const GridOptions& options, int row, int column) {
  char numbers[32];
  std::snprintf(numbers, sizeof numbers, "_r%02dc%02d", row + 1, column + 1);
  return options.name + numbers;
}

// Where the row number grows by the limb's axis and the rotation.
Eigen::Vector3d turned_axis(const Eigen::Vector3d& normal, const Eigen::Vector3d& axis, double rotation) {
  return Eigen::AngleAxisd(rotation, normal) * tangent_along(normal, axis);
}

// Where the row number grows at this place: towards the next row, seen in the tangent plane.
Eigen::Vector3d along_at(const GridLayout& layout, int row, int column, const Eigen::Vector3d& direction) {
  const Eigen::Vector3d& normal = layout.at(row, column).normal;
  if (layout.rows > 1)
    return tangent_along(normal, layout.at(std::min(row + 1, layout.rows - 1), column).point -
                                     layout.at(std::max(row - 1, 0), column).point);
  if (layout.columns > 1) {
    const Eigen::Vector3d across =
        tangent_along(normal, layout.at(row, std::min(column + 1, layout.columns - 1)).point -
                                  layout.at(row, std::max(column - 1, 0)).point);
    return across.cross(normal);
  }
  return tangent_along(normal, direction);
}

void require_not_on_itself(const GridOptions& options, const std::vector<Electrode>& electrodes) {
  for (std::size_t i = 0; i < electrodes.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const Electrode &a = electrodes[j], &b = electrodes[i];
      if (a.normal.dot(b.normal) < 0) continue;
      const bool neighbours = std::abs(a.row - b.row) <= 1 && std::abs(a.column - b.column) <= 1;
      const double distance = arc_length(a.position, a.normal, b.position, b.normal);
      const bool too_near = !neighbours && distance < nearest_stranger * options.spacing;
      if (!too_near && !patches_overlap(a, b)) continue;
      reject(options, "electrode '" + b.name + "' at " + place_of(b.position) + " overlaps '" + a.name + "' (" +
                          millimetres(distance) + " apart" +
                          (neighbours ? ")" : "): the grid wraps around the limb onto itself") +
                          "; use fewer electrodes, a smaller spacing or another place");
    }
}

std::string distance_sentence(const GridOptions& options, const GridLayout& layout, const GridLink& link) {
  return "electrode '" + electrode_name(options, link.row, link.column) + "' at " +
         place_of(layout.at(link.row, link.column).point) + " is " + millimetres(link.length) + " from '" +
         electrode_name(options, link.other_row, link.other_column) + "' instead of " + millimetres(options.spacing);
}

void require_spacing(const GridOptions& options, const GridLayout& layout, const GridLink& worst) {
  if (std::abs(worst.length / options.spacing - 1) > largest_error)
    reject(options,
           distance_sentence(options, layout, worst) +
               ", because the skin ends there or is too strongly curved; choose another place or a smaller grid");
  const double sine = least_sine(layout);
  if (sine < flattest_sine)
    reject(options, "its rows and columns meet at an angle of " + format("%.0f", std::asin(sine) * 180 / M_PI) +
                        " degrees near " + place_of(layout.at(layout.rows / 2, layout.columns / 2).point) +
                        ", because the skin is too strongly curved; choose another place or a smaller grid");
}

// The grid rolled around the limb, or where that does not come to its distances, along straightest lines if those do.
GridLayout layout_on(const SurfaceLocator& locator, const GridOptions& options, const SurfaceLocator::Hit& middle,
                     const Eigen::Vector3d& axis, const Eigen::Vector3d& direction) {
  const auto good = [&](const GridLayout& layout) {
    return std::abs(worst_link(layout, locator).length / options.spacing - 1) <= good_error &&
           least_sine(layout) >= flattest_sine;
  };
  GridLayout shape;
  shape.rows = options.rows;
  shape.columns = options.columns;
  shape.spacing = options.spacing;
  GridLayout rolled = roll_grid(locator, shape, middle, axis, options.rotation);
  relax_grid(locator, rolled);
  if (good(rolled)) return rolled;
  GridLayout walked = walk_grid(locator, shape, middle, direction);
  relax_grid(locator, walked);
  return good(walked) ? walked : rolled;
}

}  // namespace

LaidGrid lay_grid_measured(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                           const Eigen::Vector3d& axis) {
  check_options(options);
  const SurfaceLocator locator(skin);
  const auto middle = locator.nearest(centre);
  if (middle.distance > farthest_centre)
    reject(options, "its centre " + place_of(centre) + " is " + millimetres(middle.distance) +
                        " from the skin; give a point on the limb in millimetres of the image's world (RAS)");
  const Eigen::Vector3d direction = turned_axis(middle.normal, axis, options.rotation);
  // A grid is laid over the waves of single triangles, not into them.
  const Surface fair = faired(skin, fairing_pairs);
  const SurfaceLocator fair_locator(fair);
  GridLayout layout = layout_on(fair_locator, options, fair_locator.nearest(middle.point), axis, direction);
  const GridLink worst = worst_link(layout, fair_locator);

  LaidGrid result;
  for (int row = 0; row < layout.rows; ++row)
    for (int column = 0; column < layout.columns; ++column) {
      auto& place = layout.places[layout.index(row, column)];
      place = locator.nearest(place.point);
      Electrode electrode;
      electrode.name = electrode_name(options, row, column);
      electrode.shape = options.shape;
      electrode.position = place.point;
      electrode.normal = place.normal;
      if (options.shape == ElectrodeShape::disc) electrode.radius = options.radius;
      if (options.shape == ElectrodeShape::rectangle) {
        electrode.length = options.length;
        electrode.width = options.width;
      }
      electrode.group = options.name;
      electrode.row = row + 1;
      electrode.column = column + 1;
      result.electrodes.push_back(electrode);
    }
  // The rim first: electrodes piled up there are not the user's overlap.
  auto& electrodes = result.electrodes;
  for (Electrode& electrode : electrodes) electrode.along = turned_axis(electrode.normal, axis, options.rotation);
  require_on_skin(locator, electrodes);
  for (Electrode& electrode : electrodes)
    electrode.along = along_at(layout, electrode.row - 1, electrode.column - 1, direction);
  require_on_skin(locator, electrodes);
  require_not_on_itself(options, electrodes);
  require_spacing(options, layout, worst);
  result.largest_error = std::abs(worst.length / options.spacing - 1);
  if (result.largest_error > good_error)
    result.warning = "grid '" + options.name + "': " + distance_sentence(options, layout, worst) +
                     ", because the skin is strongly curved there";
  return result;
}

std::vector<Electrode> lay_grid(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                                const Eigen::Vector3d& axis) {
  return lay_grid_measured(skin, options, centre, axis).electrodes;
}

}  // namespace bmiss
