#include "anatomy/surface_smoothing.h"

#include <Eigen/Cholesky>
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

using Jacobian = Eigen::Matrix<double, Eigen::Dynamic, 3, 0, 3, 3>;
using Values = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, 3, 1>;

// The gradients of phi_first - phi_l for the other labels of the cell, without the directions in which the vertex is
// pinned.
int constraints(const QuadComplex& complex, const LabelField& field, std::size_t v, Jacobian& jacobian,
                Values& values) {
  const auto& labels = complex.labels[v];
  int free = 0;
  for (int axis = 0; axis < 3; ++axis) free += complex.pinned[v][axis] ? 0 : 1;
  const int n = static_cast<int>(labels.size()) - 1;
  if (n < 1 || n > free) return 0;
  jacobian.resize(n, 3);
  values.resize(n);
  for (int c = 0; c < n; ++c) {
    Eigen::Vector3d gradient;
    values[c] = field.difference(complex.points[v], labels[0], labels[c + 1], gradient);
    for (int axis = 0; axis < 3; ++axis) jacobian(c, axis) = complex.pinned[v][axis] ? 0.0 : gradient[axis];
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
  // Surface vertices follow all neighbours, vertices on junctions only those along junction edges.
  const auto follows = [&](int vertex, const Edge& edge) { return kind_[vertex] == Kind::surface || edge.junction; };
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

void relax_along_surface(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, double share) {
  const std::vector<Eigen::Vector3d> before = complex.points;
  Jacobian jacobian;
  Values values;
  for (std::size_t v = 0; v < graph.n_vertices(); ++v) {
    if (graph.kind(v) == VertexGraph::Kind::corner) continue;
    Eigen::Vector3d move = share * (graph.mean_neighbour(before, v) - before[v]);
    if (constraints(complex, field, v, jacobian, values) > 0) move -= least_step(jacobian, jacobian * move);
    complex.points[v] += move;
    complex.confine(v);
  }
}

void project_to_interfaces(QuadComplex& complex, const VertexGraph& graph, const LabelField& field, int steps) {
  Jacobian jacobian;
  Values values;
  for (std::size_t v = 0; v < graph.n_vertices(); ++v)
    for (int step = 0; step < steps; ++step) {
      if (constraints(complex, field, v, jacobian, values) == 0) break;
      Eigen::Vector3d move = least_step(jacobian, -values);
      const double longest = complex.room.minCoeff(), length = move.norm();
      if (length > longest) move *= longest / length;
      complex.points[v] += move;
      complex.confine(v);
      if (length < 1e-3 * longest) break;
    }
}

}  // namespace bmiss
