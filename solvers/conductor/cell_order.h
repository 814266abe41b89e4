// An order of the tetrahedra in which neighbours in space are neighbours in memory.
#pragma once

#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

// Numbers of the tetrahedra along a Morton curve through their centroids (meshers number them by region and insertion).
std::vector<int> cells_along_a_curve(const TetMesh& mesh);

}  // namespace bmiss
