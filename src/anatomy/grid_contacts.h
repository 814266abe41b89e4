// Contacts of needles and fine wires: points inside the limb.
#pragma once

#include "anatomy/electrode_grid.h"

namespace bmiss {

// Contacts along a line from the skin point nearest to `centre`, one row each. Throws InputError: a direction that does
// not lead into the limb; naming the contact, its place and depth: outside the limb.
LaidGrid lay_needle(const LimbSkin& limb, const GridOptions& options, const Eigen::Vector3d& centre);
// Contacts at options.contact_points, one row each. Throws InputError as lay_needle().
LaidGrid lay_wires(const LimbSkin& limb, const GridOptions& options);

// Throws InputError naming a contact outside the limb, its place and its distance from the skin. A contact within the
// skin that will still be laid on passes.
void require_inside(const LimbSkin& limb, const GridOptions& options, const std::vector<Electrode>& contacts);

// `axis` projected to the plane across `normal`, some direction there when they are parallel.
Eigen::Vector3d any_tangent_along(const Eigen::Vector3d& normal, const Eigen::Vector3d& axis);

}  // namespace bmiss
