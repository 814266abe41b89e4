// The value of a nodal field at many points, as a sparse matrix [n_points x n_nodes] in compact form: points are
// located once, and grouped by the tetrahedron that holds them.
#pragma once

#include <Eigen/Core>
#include <map>
#include <string>
#include <vector>

#include "forward/lead_field.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/lead_field/point_locator.h"

namespace bmiss {

// A row of the matrix is the shape functions of a tetrahedron at the barycentric coordinates: 32 bytes instead of the
// 120 of ten weights and node numbers. Tetrahedra stand in the order of a curve through space, nodes in the order of
// their first use, so that what a point needs has mostly been fetched for the point before.
struct SamplingOperator {
  int degree = 2;
  std::vector<int> nodes;          // [n_used] numbers in the mesh
  std::vector<int> elements;       // [n_elements x 4 or 10] places in `nodes`
  std::vector<double> mean_edges;  // [n_elements] m
  std::vector<int> first;          // [n_elements + 1] into the next two
  std::vector<int> points;         // [n_points] numbers of the points, in each element ascending
  Eigen::Matrix4Xd barycentric;    // [4 x n_points] in the order of `points`

  std::size_t n_points() const { return points.size(); }
  std::size_t n_elements() const { return mean_edges.size(); }
  int per_element() const { return degree == 1 ? 4 : 10; }
};

// Points farther than this outside the conductor are refused; nearer ones take the nearest place in it.
inline constexpr double reach_of_conductor = 0.2e-3;  // [m]
// Points farther than this from their tissue are refused; nearer ones keep their place. Fibres end on the walls of
// their muscle and run along them as chords that may cut through by a fifth of their step of usually 0.5 mm.
inline constexpr double reach_of_tissue = 0.2e-3;  // [m]

// `names` of tissues by label, for messages; unknown ones are called by their number. The result does not depend on the
// order of the points but for their numbers. Throws InputError for the first point that is not finite, outside the
// conductor or outside its tissue: its number, place, tissue and distance, and how many more there are.
SamplingOperator locate_points(const FieldPoints& points, const PointLocator& locator, const ElementNodes& nodes,
                               const std::map<int, std::string>& names);

// Mean length of the edges of the tetrahedron around each point [n_points, m].
Eigen::VectorXd mean_edges_at_points(const SamplingOperator& sampling);

}  // namespace bmiss
