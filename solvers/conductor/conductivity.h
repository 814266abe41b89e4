// Conductivity tensor at the corners of every tetrahedron, from the laws that the tissues follow.
#pragma once

#include <Eigen/Core>

#include "anatomy/fibres.h"
#include "anatomy/tet_mesh.h"
#include "anatomy/tissue_table.h"
#include "solvers/conductor/law/conductivity_laws.h"

namespace bmiss {

// Symmetric tensors, one column a tetrahedron: xx, yy, zz, xy, xz, yz at its first corner, at its second … [S/m]. The
// tensor is linear between the corners.
using CornerTensors = Eigen::Matrix<double, 24, Eigen::Dynamic>;

// A tissue's tensor at a point of the mesh is the mean over its tetrahedra there, by volume. With one tensor for each
// tetrahedron the jumps of the direction, of a few degrees, would scatter current, and action potentials of single
// fibres, which are made of second derivatives along the fibre, amplify that a hundredfold. Throws InputError: a label
// that the table lacks, directions of another mesh, a tissue whose law uses fibres with a tetrahedron whose direction
// is not a unit vector, a tensor that is not symmetric and positive definite (which law, tissue and place, its
// eigenvalues).
CornerTensors conductivity_at_corners(const TetMesh& mesh, const FibreDirections& directions,
                                      const TissueTable& tissues, const ConductivityLaws& laws = {});
// The same for the imaginary part of the admittivity, which may be zero but not negative.
CornerTensors susceptivity_at_corners(const TetMesh& mesh, const FibreDirections& directions,
                                      const TissueTable& tissues, const ConductivityLaws& laws);

// Hashes of the two things that a field depends on besides the mesh: the laws with the conductivities of the tissues
// that occur, and the directions of those whose law uses them.
std::string conductivities_hash(const TetMesh& mesh, const TissueTable& tissues, const ConductivityLaws& laws = {});
std::string directions_hash(const TetMesh& mesh, const FibreDirections& directions, const TissueTable& tissues,
                            const ConductivityLaws& laws = {});

}  // namespace bmiss
