// An electrode as a functional of the potential: the average over its patch, or the value at a point of the skin or
// inside. The same
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
  double edge = 0;             // of a contact inside the limb: longest of the tetrahedron that holds it [m]
  std::string warning;         // when the area differs from the nominal one by more than 2 %
};

// int_patch N dS / |patch| over the skin facets of the mesh, |patch| being the area found in the same integration.
// Facets that straddle the rim of the patch are subdivided and
// their pieces cut along it. A contact inside the limb is a point of the tetrahedron that holds it;
// the field of such a source is singular there, and the discrete one is true from about two edges of its tetrahedra on.
// Throws InputError naming the electrode: covers less than 80 % of its
// area (it hangs over an edge of the skin or lies off it), a point farther than 2 mm from the skin, a patch without
// size, a mesh without skin; a contact outside the mesh or in an extruded end, with its place.
ElectrodeLoad electrode_load(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode);

}  // namespace bmiss
