// Meshes of the layered circular cylinder whose field is known exactly, for tests, benchmarks and convergence studies.
#pragma once

#include <vector>

#include "anatomy/fibres.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

// A place on the skin towards which the mesh is refined.
struct CylinderFocus {
  double theta = 0, z = 0;  // [rad], [m]
};

struct CylinderMeshOptions {
  std::vector<double> radii;  // outer radius of each layer, from the axis outwards [m]; labels are 1, 2, …
  double length = 0;          // 0 <= z <= length [m]
  double finest = 2e-3;       // edge length at the foci [m]
  double coarsest = 6e-3;     // edge length far from them [m]
  double growth = 0.3;        // edge length gained per length of distance from a focus
  std::vector<CylinderFocus> foci;
  // Longest edge in each layer, as 'Mesh/Muscle edge' has it for muscles [m]; 0 or missing: only the law above.
  // Spacings along the axis are shared by all layers, so the smallest rules them.
  std::vector<double> layer_edges;
};

// Axis along z, layer boundaries and skin with their vertices exactly on the given radii, a vertex on every focus. z =
// 0 is the proximal end. Throws InputError: radii not increasing, sizes not positive, a focus outside the cylinder,
// more layer edges than layers.
TetMesh make_layered_cylinder_mesh(const CylinderMeshOptions& options);

// Fibres along z in every tetrahedron.
FibreDirections axial_directions(const TetMesh& mesh);

}  // namespace bmiss
