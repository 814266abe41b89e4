#include "anatomy/surface_smoothing.h"

#include <Eigen/Cholesky>
#include <Eigen/Geometry>
#include <algorithm>
#include <tuple>

namespace bmiss {
namespace {

struct EdgeUse {
  int low, high;
  std::array<int, 2> regions;
  bool operator<(const EdgeUse& other) const {
    return std::tie(low, high, regions) < std::tie(other.low, other.high, other.regions);
  }
};

struct Edge {
  int low, high;
  bool junction;
};

std::vector<Edge> collect_edges(const QuadComplex& complex) {
  std::vector<EdgeUse> uses;
  uses.reserve(4 * complex.quads.size());
  for (std::size_t q = 0; q < complex.quads.size(); ++q)
    for (int n = 0; n < 4; ++n) {
      const int a = complex.quads[q][n], b = complex.quads[q][(n + 1) % 4];
      uses.push_back({std::min(a, b), std::max(a, b), complex.regions[q]});
    }
  std::sort(uses.begin(), uses.end());
  std::vector<Edge> edges;
  for (std::size_t begin = 0, end; begin < uses.size(); begin = end) {
    end = begin + 1;
    while (end < uses.size() && uses[end].low == uses[begin].low && uses[end].high == uses[begin].high) ++end;
    const bool regular = end - begin == 2 && uses[begin].regions == uses[begin + 1].regions;
    edges.push_back({uses[begin].low, uses[begin].high, !regular});
  }
  return edges;
}

constexpr double crossing_sine = 0.4;  // of the least angle at which an interface meets the outer surface

using Jacobian = Eigen::Matrix<double, Eigen::Dynamic, 3, 0, 3, 3>;
using Values = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, 3, 1>;

// The gradients of phi_l - phi_m for the successive labels of the vertex, without the directions in which the vertex is
// pinned.
int constraints(const QuadComplex& complex, const LabelField& field, std::size_t v, Jacobian& jacobian,
                Values& values) {
  const auto& labels = complex.labels[v];
  int free = 0;
  for (int axis = 0; axis < 3; ++axis) free += complex.pinned[v][axis] ? 0 : 1;
  int n = static_cast<int>(labels.size()) - 1;
  // A vertex of the outer surface stays on it, whatever else meets there.
  const bool outer = n >= 1 && labels[0] == 0;
  if (n < 1 || (n > free && !outer)) return 0;
  n = std::min(n, free);
  jacobian.resize(n, 3);
  values.resize(n);
  for (int c = 0; c < n; ++c) {
    Eigen::Vector3d gradient;
    values[c] = field.difference(complex.points[v], labels[c], labels[c + 1], gradient);
    for (int axis = 0; axis < 3; ++axis) jacobian(c, axis) = complex.pinned[v][axis] ? 0.0 : gradient[axis];
    // Two sides of a thin layer that the lattice lets touch run side by side: there is no place on both.
    const bool meets = c == 0 || jacobian.row(c).cross(jacobian.row(0)).norm() >
                                     crossing_sine * jacobian.row(c).norm() * jacobian.row(0).norm();
    if (outer && !meets) {
      jacobian.conservativeResize(c, 3);
      values.conservativeResize(c);
      return c;
    }
  }
  return n;
}

// J^T (J J^T + eps)^-1 r: the shortest step with J step = r, bounded where the gradients vanish.
Eigen::Vector3d least_step(const Jacobian& jacobian, const Values& right) {
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, 3, 3> normal = jacobian * jacobian.transpose();
  const double scale = normal.trace();
  if (!(scale > 0)) return Eigen::Vector3d::Zero();
  normal.diagonal().array() += 1e-3 * scale;
  return jacobian.transpose() * normal.ldlt().solve(right);
}

double longest_step(const QuadComplex& complex, std::size_t v) {
  double longest = 0;  // of the sides across which the vertex may move
  for (int axis = 0; axis < 3; ++axis) longest = std::max(longest, complex.rooms[v][axis]);
  return longest;
}

}  // namespace

VertexGraph::VertexGraph(const QuadComplex& complex) {
  const std::size_t n = complex.points.size();
  const std::vector<Edge> edges = collect_edges(complex);
  std::vector<int> junctions(n, 0);
  for (const Edge& edge : edges) {
    if (!edge.junction) continue;
    ++junction_edges_;
    ++junctions[edge.low];
    ++junctions[edge.high];
  }
  for (const int count : junctions)
    kind_.push_back(count == 0 ? Kind::surface : count == 2 ? Kind::curve : Kind::corner);
  for (std::size_t q = 0; q < complex.quads.size(); ++q)
    for (const int region : complex.regions[q])
      if (region >= 0 && complex.tiny[region] != 0)
        for (const int v : complex.quads[q]) kind_[v] = Kind::still;
  // Surface vertices follow all neighbours, vertices on junctions only those along junction edges.
  const auto follows = [&](int vertex, const Edge& edge) {
    return kind_[vertex] != Kind::still && (kind_[vertex] == Kind::surface || edge.junction);
  };
  begin_.assign(n + 1, 0);
  for (const Edge& edge : edges) {
    if (follows(edge.low, edge)) ++begin_[edge.low + 1];
    if (follows(edge.high, edge)) ++begin_[edge.high + 1];
  }
  for (std::size_t v = 0; v < n; ++v) begin_[v + 1] += begin_[v];
  neighbours_.resize(begin_.back());
  std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
  for (const Edge& edge : edges) {
    if (follows(edge.low, edge)) neighbours_[next[edge.low]++] = edge.high;
    if (follows(edge.high, edge)) neighbours_[next[edge.high]++] = edge.low;
  }
}

Eigen::Vector3d VertexGraph::mean_neighbour(const std::vector<Eigen::Vector3d>& points, std::size_t vertex) const {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (std::size_t n = begin_[vertex]; n < begin_[vertex + 1]; ++n) sum += points[neighbours_[n]];
  const auto count = static_cast<double>(begin_[vertex + 1] - begin_[vertex]);
  return count > 0 ? Eigen::Vector3d(sum / count) : points[vertex];
}

void smooth_taubin(QuadComplex& complex, const VertexGraph& graph, int pairs) {
  constexpr double corner_share = 0.3;  // triple points are damped: the mean of three curves is no good place for them
  std::vector<Eigen::Vector3d> before;
  for (int half = 0; half < 2 * pairs; ++half) {
    before = complex.points;
    const double factor = half % 2 == 0 ? 0.5 : -0.53;
    for (std::size_t v = 0; v < graph.n_vertices(); ++v) {
      const double share = graph.kind(v) == VertexGraph::Kind::corner ? corner_share * factor : factor;
      complex.points[v] += share * (graph.mean_neighbour(before, v) - before[v]);
      complex.confine(v);
    }
  }
}

namespace {

void relax_vertex(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, std::size_t v,
                  const std::vector<Eigen::Vector3d>& before, double share) {
  Jacobian jacobian;
  Values values;
  Eigen::Vector3d move = share * (graph.mean_neighbour(before, v) - before[v]);
  if (constraints(complex, field, v, jacobian, values) > 0) move -= least_step(jacobian, jacobian * move);
  complex.points[v] += move;
  complex.confine(v);
}

}  // namespace

void relax_along_surface(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, double share) {
  const std::vector<Eigen::Vector3d> before = complex.points;
  for (std::size_t v = 0; v < graph.n_vertices(); ++v)
    if (graph.kind(v) != VertexGraph::Kind::corner) relax_vertex(complex, graph, field, v, before, share);
}

void widen_slivers(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, double angle, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const std::vector<Eigen::Vector3d> before = complex.points;
    std::vector<char> moves(before.size(), 0);
    for (const auto& triangle : split_quads(complex))
      if (smallest_angle(before[triangle[0]], before[triangle[1]], before[triangle[2]]) < angle)
        for (const int v : triangle) moves[v] = 1;
    // What sliding does not open is at last opened across the interface, but for the outer surface.
    const bool slide = 3 * round < 2 * rounds;
    for (std::size_t v = 0; v < moves.size(); ++v) {
      if (moves[v] == 0) continue;
      if (slide || complex.labels[v].front() == 0) {
        relax_vertex(complex, graph, field, v, before, 0.5);
      } else {
        complex.points[v] += 0.25 * (graph.mean_neighbour(before, v) - before[v]);
        complex.confine(v);
      }
    }
  }
}

void project_to_interfaces(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, int steps) {
  Jacobian jacobian;
  Values values;
  for (std::size_t v = 0; v < graph.n_vertices(); ++v)
    for (int step = 0; step < steps; ++step) {
      if (constraints(complex, field, v, jacobian, values) == 0) break;
      Eigen::Vector3d move = least_step(jacobian, -values);
      const double longest = longest_step(complex, v), length = move.norm();
      if (length > longest) move *= longest / length;
      complex.points[v] += move;
      complex.confine(v);
      if (length < 1e-3 * longest) break;
    }
}

}  // namespace bmiss
