// Fairs a quad complex and brings its vertices onto the interfaces of the label field.
#pragma once

#include <vector>

#include "anatomy/dual_contour.h"

namespace bmiss {

// Edges where more than two quads, or quads of different region pairs, meet are junction edges. Vertices without
// junction edges move with all their neighbours, those with two move along the junction curve, the others (triple
// points, curve ends) stay close. Those of tiny regions follow nobody.
class VertexGraph {
public:
  explicit VertexGraph(const QuadComplex& complex);
  enum class Kind : char { surface, curve, corner, still };
  Kind kind(std::size_t vertex) const { return kind_[vertex]; }
  // The mean of the neighbours that a vertex follows.
  Eigen::Vector3d mean_neighbour(const std::vector<Eigen::Vector3d>& points, std::size_t vertex) const;
  std::size_t n_vertices() const { return kind_.size(); }
  std::size_t junction_edges() const { return junction_edges_; }

private:
  std::vector<Kind> kind_;
  std::vector<std::size_t> begin_;
  std::vector<int> neighbours_;
  std::size_t junction_edges_ = 0;
};

// Taubin 1995: pairs of a shrinking and a swelling step, here 0.5 and -0.53.
void smooth_taubin(QuadComplex& complex, const VertexGraph& graph, int pairs);
// Along the surface and along junction curves only: evens out the spacing of vertices, keeps the shape.
void relax_along_surface(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, double share);
// The same for the vertices of triangles with an angle below `angle` [rad], triple points included.
void widen_slivers(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, double angle, int rounds);
// Newton steps of least length to phi_a = phi_b (= phi_c …) of the labels in the vertex's cell, inside its box and
// plane.
void project_to_interfaces(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, int steps);

}  // namespace bmiss
