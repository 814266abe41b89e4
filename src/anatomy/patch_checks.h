// Do electrode patches lie on the skin, and apart from each other?
#pragma once

#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/surface_locator.h"

namespace bmiss {

// Throws InputError naming the electrode and its place when a patch reaches over the rim of the skin.
void require_on_skin(const SurfaceLocator& locator, const std::vector<Electrode>& electrodes);

// Do the two patches share skin? Patches are far smaller than the limb's radius, so one of them is seen in the tangent
// plane of the other.
bool patches_overlap(const Electrode& a, const Electrode& b);

// `axis` projected into the plane across `normal`, a unit vector. Throws InputError when they are parallel.
Eigen::Vector3d tangent_along(const Eigen::Vector3d& normal, const Eigen::Vector3d& axis);

std::string millimetres(double length);  // "2.5 mm"

}  // namespace bmiss
