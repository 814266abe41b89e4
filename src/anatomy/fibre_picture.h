// A picture of the fibres of all muscles inside the limb's outline.
#pragma once

#include <Eigen/Core>
#include <string>

#include "anatomy/fibres.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

// The limb lies with its proximal end on the left, seen from `towards_viewer` above and from the side below: a few
// dozen fibres of each muscle in its colour, with its name in the legend; parts in extruded ends pale. PNG. Throws
// InputError when the atlas has no fibre or the file cannot be written.
void draw_fibres(const TetMesh& mesh, const FibreAtlas& atlas, const Eigen::Vector3d& limb_axis,
                 const Eigen::Vector3d& towards_viewer, const std::string& path);

}  // namespace bmiss
