// A plane triangulation that climbs out of a cut and leaves tetrahedra behind.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "anatomy/plane_triangle.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

// Raising one vertex makes a tetrahedron of each triangle around it and the new point above, so that what has been
// filled fits together in any order. A vertex that is raised can take a neighbour with it: the front then has one
// vertex less, which makes it coarser layer by layer.
class ClimbingFront {
public:
  // Takes the triangles of the part off the boundary of the mesh. Throws NumericalError when they are not flat.
  ClimbingFront(TetMesh& mesh, BoundaryPart end);
  // Fills `length` [m] in layers and gives the mesh its new boundary; once only. Returns the number of layers.
  int climb(double length);

private:
  // Smallest dihedral angle wanted: low triangles under a high layer have less.
  static constexpr double flattest_dihedral = 15 * M_PI / 180;
  using Edges = std::map<int, std::vector<int>>;  // other end -> labels of the triangles on the edge

  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  void take_triangles();
  void find_plane();
  void finish();
  // Raises v to `height` over the cut; `taken` (v itself: none) goes into it.
  void raise(std::size_t v, std::size_t taken, double height);
  void unite(std::size_t v, std::size_t taken, const std::vector<int>& around);
  void merge_short_edges(double shorter_than, double height);
  // Tissues must keep their borders, and nothing may fold or flatten.
  bool can_take(std::size_t v, std::size_t taken, double height) const;
  bool keeps_borders(std::size_t v, std::size_t taken, const Edges& at_taken) const;
  // A triangle of the front in the plane of the cut, with vertex `moved` at `place`.
  PlaneTriangle flat(int triangle, std::size_t moved, const Eigen::Vector2d& place) const;
  // Sine of the smallest dihedral angle of the tetrahedron between a triangle and a point above it.
  double filled_dihedral_sine(int triangle, const Eigen::Vector2d& top, double height) const;

  Eigen::Vector3d point(int global) const;
  Eigen::Vector2d in_plane(const Eigen::Vector3d& x) const;
  std::array<int, 3> below(const std::array<int, 3>& local) const;
  double height_of(std::size_t v) const;
  bool has(int triangle, std::size_t v) const;
  Eigen::Vector3d at_height(const Eigen::Vector2d& place, double height) const;
  // A little towards the middle of its neighbours, where that makes better triangles; borders stay.
  Eigen::Vector2d better_place(std::size_t v, double height) const;
  Edges edges_at(std::size_t v) const;
  // A border between two tissues, or the rim.
  static bool is_border(const std::vector<int>& labels) { return labels.size() != 2 || labels[0] != labels[1]; }
  double length(int a, int b) const;
  double mean_edge() const;
  // Raises all vertices left: where triangles are low, in several small steps that take turns with their neighbours'.
  void raise_in_turn(double from, double to);
  // Least distance of a vertex from the opposite sides of its triangles: higher steps make flat tetrahedra.
  double lowest_altitude(std::size_t v) const;
  // Three of four vertices can be raised so far at once.
  double usual_step() const;
  void add_triangle(const std::array<int, 3>& triangle, BoundaryPart part);

  TetMesh& mesh_;
  BoundaryPart end_;
  std::vector<std::array<int, 3>> front_;  // of local vertices
  std::vector<int> label_;                 // [n_front]
  std::vector<bool> alive_, raised_;       // [n_front], [n_vertices] in this layer
  std::vector<int> global_;                // [n_vertices] highest point
  std::vector<std::vector<int>> star_;     // [n_vertices] triangles; none: taken
  std::vector<Eigen::Vector2d> plane_;     // [n_vertices] place in the cut
  std::vector<Eigen::Vector3d> new_points_;
  Eigen::Index first_new_ = 0;
  Eigen::Vector3d normal_ = Eigen::Vector3d::Zero(), tangent_, origin_;
};

}  // namespace bmiss
