#include "anatomy/tet_shape.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace bmiss {

Eigen::Vector3d area_vector(const Eigen::Matrix3Xd& points, const std::array<int, 3>& t) {
  return 0.5 * (points.col(t[1]) - points.col(t[0])).cross(points.col(t[2]) - points.col(t[0]));
}

Eigen::Vector3d middle_of(const Eigen::Matrix3Xd& points, const std::array<int, 3>& t) {
  return (points.col(t[0]) + points.col(t[1]) + points.col(t[2])) / 3;
}

double tet_volume(const Eigen::Matrix3Xd& points, const std::array<int, 4>& tet) {
  const Eigen::Vector3d a = points.col(tet[1]) - points.col(tet[0]), b = points.col(tet[2]) - points.col(tet[0]),
                        c = points.col(tet[3]) - points.col(tet[0]);
  return a.cross(b).dot(c) / 6;
}

namespace {

// The edge between facets i and j (opposite vertices i and j) joins the other two vertices.
constexpr int facet_pairs[6][2] = {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};

}  // namespace

std::array<double, 6> dihedral_angles(const Eigen::Matrix3Xd& points, const std::array<int, 4>& tet) {
  Eigen::Vector3d normals[4];
  for (int i = 0; i < 4; ++i) {
    const auto facet = facet_vertices(tet, i);
    const Eigen::Vector3d p = points.col(facet[0]);
    normals[i] = (points.col(facet[1]) - p).cross(points.col(facet[2]) - p);
  }
  std::array<double, 6> angles;
  for (std::size_t k = 0; k < 6; ++k) {
    const Eigen::Vector3d &m = normals[facet_pairs[k][0]], &n = normals[facet_pairs[k][1]];
    angles[k] = std::atan2(m.cross(n).norm(), -m.dot(n));
  }
  return angles;
}

double smallest_dihedral_sine(const Eigen::Vector3d corners[4]) {
  Eigen::Vector3d normals[4];  // twice the facet area
  double areas[4];
  for (int i = 0; i < 4; ++i) {
    const Eigen::Vector3d& p = corners[tet_facet_vertices[i][0]];
    normals[i] = (corners[tet_facet_vertices[i][1]] - p).cross(corners[tet_facet_vertices[i][2]] - p);
    areas[i] = normals[i].norm();
  }
  const double six_volumes = (corners[0] - corners[1]).dot(normals[0]) * -1;
  // sin = 3 V l / (2 A_i A_j); l is the edge the two facets share, A their areas.
  double smallest = 1;
  for (const auto& pair : facet_pairs) {
    int others[2], n = 0;
    for (int v = 0; v < 4; ++v)
      if (v != pair[0] && v != pair[1]) others[n++] = v;
    const double product = areas[pair[0]] * areas[pair[1]];
    if (product <= 0) return -1;
    smallest = std::min(smallest, six_volumes * (corners[others[0]] - corners[others[1]]).norm() / product);
  }
  return smallest;
}

std::array<int, 3> facet_vertices(const std::array<int, 4>& tet, int facet) {
  const int* local = tet_facet_vertices[facet];
  return {tet[static_cast<std::size_t>(local[0])], tet[static_cast<std::size_t>(local[1])],
          tet[static_cast<std::size_t>(local[2])]};
}

std::array<int, 3> ascending(std::array<int, 3> vertices) {
  std::sort(vertices.begin(), vertices.end());
  return vertices;
}

bool is_even(const std::array<int, 3>& v) {
  return (v[0] < v[1] && v[1] < v[2]) || (v[1] < v[2] && v[2] < v[0]) || (v[2] < v[0] && v[0] < v[1]);
}

std::vector<TetFacet> sorted_facets(const std::vector<std::array<int, 4>>& tets) {
  // By the lowest vertex first, with a place counted for each: the few facets of one vertex are then sorted quickly.
  std::vector<TetFacet> unsorted;
  unsorted.reserve(4 * tets.size());
  std::vector<std::size_t> begin(1, 0);
  for (std::size_t tet = 0; tet < tets.size(); ++tet)
    for (int i = 0; i < 4; ++i) {
      unsorted.push_back({ascending(facet_vertices(tets[tet], i)), static_cast<int>(tet), i});
      const auto lowest = static_cast<std::size_t>(unsorted.back().key[0]);
      if (begin.size() < lowest + 2) begin.resize(lowest + 2, 0);
      ++begin[lowest + 1];
    }
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  std::vector<TetFacet> facets(unsorted.size());
  std::vector<std::size_t> next(begin);
  for (const TetFacet& facet : unsorted) facets[next[static_cast<std::size_t>(facet.key[0])]++] = facet;
  for (std::size_t v = 0; v + 1 < begin.size(); ++v)
    std::sort(facets.begin() + static_cast<std::ptrdiff_t>(begin[v]),
              facets.begin() + static_cast<std::ptrdiff_t>(begin[v + 1]), [](const TetFacet& a, const TetFacet& b) {
                return std::tie(a.key[1], a.key[2], a.tet) < std::tie(b.key[1], b.key[2], b.tet);
              });
  return facets;
}

std::vector<std::array<int, 3>> boundary_facets(const std::vector<std::array<int, 4>>& tets) {
  const auto facets = sorted_facets(tets);
  std::vector<std::array<int, 3>> boundary;
  for (std::size_t i = 0; i < facets.size(); ++i) {
    const bool shared =
        (i > 0 && facets[i - 1].key == facets[i].key) || (i + 1 < facets.size() && facets[i + 1].key == facets[i].key);
    if (!shared) boundary.push_back(facet_vertices(tets[static_cast<std::size_t>(facets[i].tet)], facets[i].facet));
  }
  return boundary;
}

std::int64_t lattice_index(double metres) {
  return std::llround(metres * 1e3 * 1048576.0);
}

double lattice_millimetres(std::int64_t index) {
  return static_cast<double>(index) / 1048576.0;
}

}  // namespace bmiss
