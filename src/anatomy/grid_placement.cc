#include <Eigen/Geometry>
#include <cmath>

#include "anatomy/electrode_grid.h"
#include "anatomy/electrode_positions.h"
#include "anatomy/grid_contacts.h"
#include "anatomy/grid_electrodes.h"
#include "anatomy/muscle_line.h"
#include "anatomy/patch_checks.h"
#include "anatomy/place_text.h"
#include "anatomy/surface_locator.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

TissuePoints muscle_of(const LimbSkin& limb, const GridOptions& options) {
  if (options.muscle.empty())
    reject_grid(options, "it has neither a centre nor a muscle; set Grids/" + options.name + "/Centre or Grids/" +
                             options.name + "/Muscle");
  const TissuePoints muscle = limb.muscle(options.muscle);
  if (muscle.points.cols() == 0)
    reject_grid(options, "its muscle '" + options.muscle + "' is not in the mesh; choose another");
  return muscle;
}

// Seen from outside with the axis downward, columns grow to the right.
Eigen::Vector3d shifted(const SurfaceLocator& locator, const LimbSkin& limb, const GridOptions& options,
                        const Eigen::Vector3d& place) {
  if (options.shift_along == 0 && options.shift_around == 0) return place;
  const auto hit = locator.nearest(place);
  const Eigen::Vector3d along = tangent_along(hit.normal, limb.axis);
  return hit.point + options.shift_along * along + options.shift_around * hit.normal.cross(along);
}

Eigen::Vector3d centre_of(const LimbSkin& limb, const GridOptions& options) {
  const Eigen::Vector3d centre =
      options.centre_is_point ? options.centre
                              : skin_point_over(muscle_of(limb, options), limb.skin, limb.axis, options.position_along);
  return shifted(SurfaceLocator(limb.skin), limb, options, centre);
}

// The rotation from the limb's axis that turns the rows along the fibres, and then as the user says.
double rotation_of(const LimbSkin& limb, const GridOptions& options, const Eigen::Vector3d& centre) {
  if (options.direction == GridDirection::limb) return options.rotation;
  const Eigen::Vector3d normal = SurfaceLocator(limb.skin).nearest(centre).normal;
  const Eigen::Vector3d fibres = tangent_along(normal, line_of_action(muscle_of(limb, options), limb.axis, centre));
  const Eigen::Vector3d along = tangent_along(normal, limb.axis);
  return options.rotation + std::atan2(along.cross(fibres).dot(normal), along.dot(fibres));
}

std::string digitised(const GridOptions& options, const Electrode& electrode, double distance) {
  return "electrode '" + electrode.name + "' was digitised at " + place_of(electrode.position) + ", " +
         millimetres(distance) + " from the skin, and at most " + millimetres(options.largest_distance) +
         " are allowed; are the positions in the frame of the label map (its world, RAS) and in the right unit? If "
         "so, raise 'Largest distance'";
}

// Moves an electrode to the skin and gives its distance from there.
double move_to_skin(const LimbSkin& limb, const SurfaceLocator& locator, const GridOptions& options,
                    Electrode& electrode) {
  const auto hit = locator.nearest(electrode.position);
  // Of the skin that will be there.
  const bool above = (electrode.position - hit.point).dot(hit.normal) > 0;
  const double distance = std::abs(hit.distance - (above ? limb.layer_to_come : -limb.layer_to_come));
  if (!(distance <= options.largest_distance))
    throw InputError(digitised(options, electrode, distance), options.positions_file);
  electrode.position = hit.point;
  electrode.normal = hit.normal;
  return distance;
}

void shift_on_skin(const LimbSkin& limb, const SurfaceLocator& locator, const GridOptions& options,
                   Electrode& electrode) {
  const auto hit = locator.nearest(shifted(locator, limb, options, electrode.position));
  electrode.position = hit.point;
  electrode.normal = hit.normal;
}

LaidGrid lay_positions(const LimbSkin& limb, const GridOptions& options) {
  LaidGrid result;
  result.electrodes = read_positions(options).electrodes;
  const SurfaceLocator locator(limb.skin);
  Eigen::Vector3d direction = limb.axis;
  if (options.direction == GridDirection::fibres) {
    Eigen::Vector3d middle = Eigen::Vector3d::Zero();
    for (const Electrode& electrode : result.electrodes)
      middle += electrode.position / static_cast<double>(result.electrodes.size());
    direction = line_of_action(muscle_of(limb, options), limb.axis, middle);
  }
  std::vector<Electrode> inside, on_skin;
  for (Electrode& electrode : result.electrodes) {
    if (electrode.is_inside()) {
      electrode.normal = locator.nearest(electrode.position).normal;
      inside.push_back(electrode);
    } else {
      result.distances.push_back(move_to_skin(limb, locator, options, electrode));
      shift_on_skin(limb, locator, options, electrode);
      on_skin.push_back(electrode);
    }
    electrode.along =
        Eigen::AngleAxisd(options.rotation, electrode.normal) * any_tangent_along(electrode.normal, direction);
  }
  require_inside(limb, options, inside);
  require_on_skin(locator, on_skin);
  require_apart(result.electrodes);
  return result;
}

}  // namespace

LaidGrid lay_electrodes(const LimbSkin& limb, const GridOptions& given) {
  if (given.layout == GridLayoutKind::positions) return lay_positions(limb, given);
  if (given.layout == GridLayoutKind::wires) return lay_wires(limb, given);
  const Eigen::Vector3d centre = centre_of(limb, given);
  if (given.layout == GridLayoutKind::needle) return lay_needle(limb, given, centre);
  if (given.layout == GridLayoutKind::sleeve) return lay_sleeve(limb.skin, given, centre, limb.axis);
  GridOptions options = given;
  options.rotation = rotation_of(limb, given, centre);
  return lay_grid_measured(limb.skin, options, centre, limb.axis);
}

std::optional<Electrode> lay_digitised_reference(const LimbSkin& limb, const GridOptions& options, double radius) {
  if (options.layout != GridLayoutKind::positions) return std::nullopt;
  auto reference = read_positions(options).reference;
  if (!reference) return std::nullopt;
  const SurfaceLocator locator(limb.skin);
  if (reference->shape == ElectrodeShape::point && radius > 0) {
    reference->shape = ElectrodeShape::disc;
    reference->radius = radius;
  }
  move_to_skin(limb, locator, options, *reference);
  reference->along = any_tangent_along(reference->normal, limb.axis);
  require_on_skin(locator, {*reference});
  return reference;
}

std::optional<Table> grid_table(const GridOptions& options, const LaidGrid& laid) {
  if (!laid.circumferences.empty()) {
    Table table({"ring of " + options.name, "around, mm", "between columns, mm"});
    for (std::size_t row = 0; row < laid.circumferences.size(); ++row)
      table.add_row({std::to_string(row + 1), format("%.1f", 1e3 * laid.circumferences[row]),
                     format("%.2f", 1e3 * laid.circumferences[row] / options.columns)});
    return table;
  }
  if (laid.distances.empty()) return std::nullopt;
  Table table({"digitised electrode of " + options.name, "moved to the skin by, mm"});
  double sum = 0, largest = 0;
  std::size_t next = 0;
  for (const Electrode& electrode : laid.electrodes) {
    if (electrode.is_inside()) continue;
    const double distance = laid.distances.at(next++);
    sum += distance;
    largest = std::max(largest, distance);
    table.add_row({electrode.name, format("%.2f", 1e3 * distance)});
  }
  table.add_row({"mean", format("%.2f", 1e3 * sum / static_cast<double>(laid.distances.size()))});
  table.add_row({"largest", format("%.2f", 1e3 * largest)});
  return table;
}

}  // namespace bmiss
