// Nodes of linear or quadratic tetrahedra, numbered independently of ranks and libraries: the vertices of the mesh in
// its order, then (degree 2) the edges sorted by their pair of vertices.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

// Local numbering of the ten nodes: vertices 0-3, then the mid-points of these edges.
inline constexpr std::array<std::array<int, 2>, 6> tet_edges = {{{0, 1}, {1, 2}, {0, 2}, {0, 3}, {1, 3}, {2, 3}}};

struct ElementNodes {
  int degree = 2;
  int n_vertices = 0;
  Eigen::Matrix3Xd points;    // [m]
  std::vector<int> elements;  // [n_tets x per_element()]
  int per_element() const { return degree == 1 ? 4 : 10; }
  std::size_t n_nodes() const { return static_cast<std::size_t>(points.cols()); }
  int mid_node(int vertex, int other) const;  // of an edge of the mesh

  std::vector<std::uint64_t> edges;  // sorted keys, smaller vertex first
};

ElementNodes number_nodes(const TetMesh& mesh, int degree);

// Values of the 4 or 10 shape functions at barycentric coordinates, in the local numbering above.
template <typename Values>
[[gnu::always_inline]] inline void shape_functions(int degree, const Eigen::Vector4d& barycentric, Values& values) {
  for (int i = 0; i < 4; ++i)
    values[static_cast<std::size_t>(i)] = degree == 1 ? barycentric[i] : barycentric[i] * (2 * barycentric[i] - 1);
  if (degree == 1) return;
  for (std::size_t e = 0; e < 6; ++e) values[4 + e] = 4 * barycentric[tet_edges[e][0]] * barycentric[tet_edges[e][1]];
}

// A linear functional of nodal values, sum_k weights[k] u(nodes[k]); also the load vector of the matching source.
struct NodalFunctional {
  std::vector<int> nodes;  // sorted, each once
  std::vector<double> weights;
  void compress();  // sorts, adds up repeated nodes
};
NodalFunctional difference(const NodalFunctional& a, const NodalFunctional& b);

// The value of the finite-element function at a point of a tetrahedron.
NodalFunctional point_functional(const ElementNodes& nodes, std::size_t tet, const Eigen::Vector4d& barycentric);

}  // namespace bmiss
