// Shape of single tetrahedra and triangles, and the facets that tetrahedra share.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <vector>

namespace bmiss {

// Facet i lies opposite vertex i; normals of a positive tetrahedron point outward.
inline constexpr int tet_facet_vertices[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}};

Eigen::Vector3d area_vector(const Eigen::Matrix3Xd& points, const std::array<int, 3>& triangle);  // normal to it
Eigen::Vector3d middle_of(const Eigen::Matrix3Xd& points, const std::array<int, 3>& triangle);
double tet_volume(const Eigen::Matrix3Xd& points, const std::array<int, 4>& tet);  // signed
// The six dihedral angles [rad] of a tetrahedron with positive volume.
std::array<double, 6> dihedral_angles(const Eigen::Matrix3Xd& points, const std::array<int, 4>& tet);
// Smallest sine of the dihedral angles, with the sign of the volume: small for slivers, negative for inverted
// tetrahedra.
double smallest_dihedral_sine(const Eigen::Vector3d corners[4]);

struct TetFacet {
  std::array<int, 3> key;  // vertices, ascending
  int tet = 0, facet = 0;
};
std::array<int, 3> facet_vertices(const std::array<int, 4>& tet, int facet);  // outward
std::array<int, 3> ascending(std::array<int, 3> vertices);
// Is `vertices` an even permutation of its ascending order?
bool is_even(const std::array<int, 3>& vertices);
// All facets ordered by key, so that shared facets are neighbours in the list.
std::vector<TetFacet> sorted_facets(const std::vector<std::array<int, 4>>& tets);
// Facets of one tetrahedron only, outward, in the order of their key.
std::vector<std::array<int, 3>> boundary_facets(const std::vector<std::array<int, 4>>& tets);

// Coordinates stand in files as multiples of 2^-20 mm (about 1 nm): SI -> file -> SI is then exact on this lattice.
std::int64_t lattice_index(double metres);
double lattice_millimetres(std::int64_t index);

}  // namespace bmiss
