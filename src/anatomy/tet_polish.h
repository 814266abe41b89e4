// Removes slivers and inverted tetrahedra by moving vertices.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

namespace bmiss {

// How far and where each vertex may be moved.
struct VertexFreedom {
  std::vector<double> reach;                // largest distance from its place [m]; infinite inside a region
  std::vector<Eigen::Vector3d> normals;     // of the interface around the vertex; zero: none, or no single one
  std::vector<int> projector;               // index into projectors, -1: any direction
  std::vector<Eigen::Matrix3d> projectors;  // onto the cut plane, the line where two cuts meet, or zero at a corner
};

// Vertices of facets that separate tissues or bound the limb reach `fraction` of the mean facet edge there, a quarter
// of that across a smooth interface. Vertices of facets with flat[i] (parallel to triangles: the cuts through the limb)
// stay in their planes.
VertexFreedom vertex_freedom(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 4>>& tets,
                             const std::vector<int>& tet_regions, const std::vector<std::array<int, 3>>& triangles,
                             const std::vector<bool>& flat, double fraction);

struct PolishResult {
  std::size_t bad_before = 0, bad_after = 0;  // tets with a dihedral below the target or above 180 deg - target
  std::size_t moved = 0;                      // accepted moves
};

// Random pattern search on the stars of bad tetrahedra that maximises the worst dihedral of the star. Reproducible.
PolishResult polish_tets(Eigen::Matrix3Xd& points, const std::vector<std::array<int, 4>>& tets,
                         const VertexFreedom& freedom, double target_dihedral);

}  // namespace bmiss
