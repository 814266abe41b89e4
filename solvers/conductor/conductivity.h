// Conductivity tensor at the corners of every tetrahedron, from the tissue table and the fibre directions.
#pragma once

#include <Eigen/Core>

#include "anatomy/fibres.h"
#include "anatomy/tet_mesh.h"
#include "anatomy/tissue_table.h"

namespace bmiss {

// Symmetric tensors, one column a tetrahedron: xx, yy, zz, xy, xz, yz at its first corner, at its second … [S/m]. The
// tensor is linear between the corners.
using CornerTensors = Eigen::Matrix<double, 24, Eigen::Dynamic>;

// sigma = s_across I + (s_along - s_across) f f^T (transversely isotropic about the unit direction f).
Eigen::Matrix3d conductivity_tensor(const Tissue& tissue, const Eigen::Vector3d& fibre);

// A tissue's tensor at a point of the mesh is the mean over its tetrahedra there, by volume. With one tensor for each
// tetrahedron the jumps of the direction, of a few degrees, would scatter current, and action potentials of single
// fibres, which are made of second derivatives along the fibre, amplify that a hundredfold. Throws InputError: a label
// that the table lacks, directions of another mesh, an anisotropic tissue with a tetrahedron whose direction is not a
// unit vector.
CornerTensors conductivity_at_corners(const TetMesh& mesh, const FibreDirections& directions,
                                      const TissueTable& tissues);

// Hashes of the two things that a field depends on besides the mesh: the conductivities of the tissues that occur, and
// the directions of the anisotropic ones.
std::string conductivities_hash(const TetMesh& mesh, const TissueTable& tissues);
std::string directions_hash(const TetMesh& mesh, const FibreDirections& directions, const TissueTable& tissues);

}  // namespace bmiss
