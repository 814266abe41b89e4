#include "anatomy/grid_contacts.h"

#include <Eigen/Geometry>

#include "anatomy/grid_electrodes.h"
#include "anatomy/patch_checks.h"
#include "anatomy/place_text.h"
#include "anatomy/skin_interior.h"
#include "anatomy/surface_locator.h"
#include "base/errors.h"

namespace bmiss {
namespace {

Electrode contact_at(const LimbSkin& limb, const GridOptions& options, const Eigen::Vector3d& place,
                     const Eigen::Vector3d& outward) {
  Electrode contact;
  contact.shape = ElectrodeShape::point;
  contact.kind = options.layout == GridLayoutKind::wires ? ElectrodeKind::wire : ElectrodeKind::needle;
  contact.position = place;
  contact.normal = outward;
  contact.along = any_tangent_along(outward, limb.axis);
  contact.group = options.name;
  contact.column = 1;
  return contact;
}

void require_numbers(const GridOptions& options, const std::vector<Electrode>& contacts) {
  for (const Electrode& contact : contacts)
    if (!contact.position.allFinite())
      reject_grid(options, "contact '" + contact.name + "' has a place that is not finite; give x, y, z in mm");
}

LaidGrid numbered(const LimbSkin& limb, const GridOptions& options, std::vector<Electrode> contacts) {
  int row = 0;
  for (Electrode& contact : contacts) {
    contact.row = row + 1;
    contact.name = electrode_name(options, row++, 0);
  }
  require_numbers(options, contacts);
  require_inside(limb, options, contacts);
  require_apart(contacts);
  LaidGrid result;
  result.electrodes = std::move(contacts);
  return result;
}

}  // namespace

Eigen::Vector3d any_tangent_along(const Eigen::Vector3d& normal, const Eigen::Vector3d& axis) {
  const Eigen::Vector3d tangent = axis - axis.dot(normal) * normal;
  return tangent.norm() > 1e-3 * axis.norm() ? tangent.normalized() : normal.unitOrthogonal();
}

void require_inside(const LimbSkin& limb, const GridOptions& options, const std::vector<Electrode>& contacts) {
  if (contacts.empty()) return;
  const SkinInterior interior(limb.skin);
  const SurfaceLocator locator(limb.skin);
  for (const Electrode& contact : contacts) {
    if (interior.contains(contact.position)) continue;
    const double distance = locator.nearest(contact.position).distance;
    if (distance < limb.layer_to_come) continue;
    reject_grid(options, "contact '" + contact.name + "' at " + place_of(contact.position) +
                             " lies outside the limb, " + millimetres(distance) +
                             " from its skin; contacts of needles and wires lie within the meshed part of the limb");
  }
}

LaidGrid lay_needle(const LimbSkin& limb, const GridOptions& options, const Eigen::Vector3d& centre) {
  const SurfaceLocator locator(limb.skin);
  const auto entry = grid_middle(locator, options, centre);
  Eigen::Vector3d inward = -entry.normal;
  if (options.needle_direction.norm() > 0) inward = options.needle_direction.normalized();
  if (!(inward.dot(entry.normal) < -0.05))
    reject_grid(options, "the needle's direction does not lead into the limb at " + place_of(entry.point) +
                             "; give one that points inward in the image's world (RAS)");
  std::vector<Electrode> contacts;
  // Depths count from the skin that will be there.
  for (const double depth : options.depths)
    contacts.push_back(contact_at(limb, options, entry.point + (depth - limb.layer_to_come) * inward, -inward));
  return numbered(limb, options, std::move(contacts));
}

LaidGrid lay_wires(const LimbSkin& limb, const GridOptions& options) {
  const SurfaceLocator locator(limb.skin);
  std::vector<Electrode> contacts;
  for (const Eigen::Vector3d& place : options.contact_points)
    contacts.push_back(contact_at(limb, options, place, locator.nearest(place).normal));
  return numbered(limb, options, std::move(contacts));
}

}  // namespace bmiss
