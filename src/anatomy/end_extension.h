// Continues a limb beyond the cut: the end slice is repeated, layer on layer, ever coarser.
#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "anatomy/tet_mesh.h"

namespace bmiss {

class Report;
class TissueTable;

struct EndExtension {
  std::size_t tets = 0;
  int layers = 0;
};

// Lays tetrahedra of the same tissues on the (flat) boundary part `end`, `length` [m] outward. Layers grow by 1.4, the
// triangles with them. `end` then names the new cap, the lateral surface is BoundaryPart::extension, the new
// tetrahedra are marked in tet_extruded. Points and tetrahedra of the limb stay as they are. Throws NumericalError when
// the cut is not flat.
EndExtension extend_end(TetMesh& mesh, BoundaryPart end, double length);

// Truncation error of both ends together that an extension "as long as needed" leaves.
inline constexpr double largest_truncation_error = 0.01;

// Extends both ends by `length` [m]; negative: each as far as the insulated ends need to disturb the potentials at the
// electrodes by less than largest_truncation_error. Tells the estimated error before and after, and warns of a larger
// one. Without electrodes they are taken to lie half way along the limb.
void extend_ends(TetMesh& mesh, const TissueTable& tissues, const Eigen::Matrix3Xd& electrodes, double length,
                 Report& report);

}  // namespace bmiss
