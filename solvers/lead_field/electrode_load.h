// An electrode as a functional of the skin potential: the average over its patch, or the value at a point. The same
// weights are the load of a unit current that enters with uniform density.
#pragma once

#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/tet_mesh.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss {

struct ElectrodeLoad {
  NodalFunctional functional;  // weights sum to one
  double area = 0;             // integrated [m^2]; 0 for a point
  std::string warning;         // when the area differs from the nominal one by more than 2 %
};

// int_patch N dS / |patch| over the skin facets of the mesh, |patch| being the area found in the same integration.
// Facets that straddle the rim are subdivided. Throws InputError naming the electrode: covers less than 80 % of its
// area (it hangs over an edge of the skin or lies off it), a point farther than 2 mm from the skin, a patch without
// size, a mesh without skin.
ElectrodeLoad electrode_load(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode);

}  // namespace bmiss
