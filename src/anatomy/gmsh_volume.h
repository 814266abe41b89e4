// Fills the regions of a surface complex with tetrahedra by Gmsh.
#pragma once

#include <Eigen/Core>
#include <array>
#include <string>
#include <vector>

#include "anatomy/surface_complex.h"

namespace bmiss {

class SizeField;

enum class Tetrahedralizer { hxt, delaunay };
std::string name_of(Tetrahedralizer method);

struct FilledRegions {
  Eigen::Matrix3Xd points;               // the complex's points first, unmoved [m]
  std::vector<std::array<int, 4>> tets;  // as Gmsh made them: a few may be flat
  std::vector<int> tet_regions;
  double cpu_seconds = 0;  // of Gmsh's volume meshing alone
};

// `complex` holds no unused points. Throws NumericalError with Gmsh's words when it fails, leaves a region empty, or
// does not keep exactly the outer triangles (a void).
FilledRegions fill_regions(const SurfaceComplex& complex, const SizeField& size, Tetrahedralizer method);

}  // namespace bmiss
