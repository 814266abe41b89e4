// The part of the skin that an electrode's patch covers, as pieces of skin facets, for integrals over it.
#pragma once

#include <Eigen/Core>
#include <array>
#include <functional>

#include "anatomy/electrodes.h"
#include "anatomy/tet_mesh.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss {

// One facet of the skin: its corners in space and its nodes.
struct SkinFacet {
  std::array<Eigen::Vector3d, 3> corners;
  std::array<int, 6> nodes{};  // vertices 0 1 2, edges 01 12 20
  Eigen::Vector3d at(const Eigen::Vector3d& barycentric) const;
  double area() const;
  double longest_edge() const;
};
SkinFacet skin_facet(const TetMesh& mesh, const ElementNodes& nodes, const std::array<int, 3>& triangle);

// Values at barycentric coordinates within the facet; linear elements leave the last three meaningless.
void facet_shape_functions(int degree, const Eigen::Vector3d& barycentric, std::array<double, 6>& values);

// Calls for every covered triangular piece: its facet, the barycentric coordinates of its corners within that (one a
// column), its area [m^2]. Facets that straddle the rim are subdivided and their pieces cut along it.
using PatchPiece = std::function<void(const SkinFacet&, const Eigen::Matrix3d& corners, double area)>;
void for_each_piece(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode,
                    const PatchPiece& piece);

}  // namespace bmiss
