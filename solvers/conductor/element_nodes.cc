#include "solvers/conductor/element_nodes.h"

#include <algorithm>
#include <numeric>

#include "base/errors.h"

namespace bmiss {
namespace {

std::uint64_t edge_key(int a, int b) {
  return (static_cast<std::uint64_t>(std::min(a, b)) << 32) | static_cast<std::uint64_t>(std::max(a, b));
}

}  // namespace

int ElementNodes::mid_node(int vertex, int other) const {
  const std::uint64_t key = edge_key(vertex, other);
  const auto found = std::lower_bound(edges.begin(), edges.end(), key);
  BMISS_ASSERT(found != edges.end() && *found == key);
  return n_vertices + static_cast<int>(found - edges.begin());
}

ElementNodes number_nodes(const TetMesh& mesh, int degree) {
  BMISS_ASSERT(degree == 1 || degree == 2);
  ElementNodes nodes;
  nodes.degree = degree;
  nodes.n_vertices = static_cast<int>(mesh.n_points());
  if (degree == 2) {
    nodes.edges.reserve(6 * mesh.n_tets());
    for (const auto& tet : mesh.tets)
      for (const auto& [i, j] : tet_edges)
        nodes.edges.push_back(edge_key(tet[static_cast<std::size_t>(i)], tet[static_cast<std::size_t>(j)]));
    std::sort(nodes.edges.begin(), nodes.edges.end());
    nodes.edges.erase(std::unique(nodes.edges.begin(), nodes.edges.end()), nodes.edges.end());
    nodes.edges.shrink_to_fit();
  }
  const Eigen::Index n_edges = static_cast<Eigen::Index>(nodes.edges.size());
  nodes.points.resize(3, nodes.n_vertices + n_edges);
  nodes.points.leftCols(nodes.n_vertices) = mesh.points;
  for (Eigen::Index e = 0; e < n_edges; ++e) {
    const std::uint64_t key = nodes.edges[static_cast<std::size_t>(e)];
    nodes.points.col(nodes.n_vertices + e) = 0.5 * (mesh.points.col(static_cast<Eigen::Index>(key >> 32)) +
                                                    mesh.points.col(static_cast<Eigen::Index>(key & 0xffffffffU)));
  }
  nodes.elements.reserve(mesh.n_tets() * static_cast<std::size_t>(nodes.per_element()));
  for (const auto& tet : mesh.tets) {
    nodes.elements.insert(nodes.elements.end(), tet.begin(), tet.end());
    if (degree == 1) continue;
    for (const auto& [i, j] : tet_edges)
      nodes.elements.push_back(nodes.mid_node(tet[static_cast<std::size_t>(i)], tet[static_cast<std::size_t>(j)]));
  }
  return nodes;
}

void NodalFunctional::compress() {
  std::vector<std::size_t> order(nodes.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return nodes[a] < nodes[b]; });
  NodalFunctional result;
  for (const std::size_t k : order) {
    if (result.nodes.empty() || result.nodes.back() != nodes[k]) {
      result.nodes.push_back(nodes[k]);
      result.weights.push_back(0);
    }
    result.weights.back() += weights[k];
  }
  *this = std::move(result);
}

NodalFunctional difference(const NodalFunctional& a, const NodalFunctional& b) {
  NodalFunctional result = a;
  result.nodes.insert(result.nodes.end(), b.nodes.begin(), b.nodes.end());
  for (const double weight : b.weights) result.weights.push_back(-weight);
  result.compress();
  return result;
}

NodalFunctional point_functional(const ElementNodes& nodes, std::size_t tet, const Eigen::Vector4d& barycentric) {
  const std::size_t n = static_cast<std::size_t>(nodes.per_element());
  std::array<double, 10> values{};
  shape_functions(nodes.degree, barycentric, values);
  NodalFunctional result;
  result.nodes.assign(nodes.elements.begin() + static_cast<std::ptrdiff_t>(tet * n),
                      nodes.elements.begin() + static_cast<std::ptrdiff_t>((tet + 1) * n));
  result.weights.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n));
  result.compress();
  return result;
}

}  // namespace bmiss
