#include "anatomy/quad_complex.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace bmiss {
namespace {

double smallest_cosine_angle(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c) {
  const Eigen::Vector3d ab = (b - a).normalized(), bc = (c - b).normalized(), ca = (a - c).normalized();
  return -std::max(
      {-ab.dot(ca), -bc.dot(ab), -ca.dot(bc)});  // minus the cosine of the smallest angle: larger is better
}

}  // namespace

double smallest_angle(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c) {
  return std::acos(std::clamp(-smallest_cosine_angle(a, b, c), -1.0, 1.0));
}

void QuadComplex::confine(std::size_t vertex) {
  constexpr double gap = 0.12;  // of a sheet from the plane half way to the next, in distances of their homes
  const auto into_box = [&] {
    for (int axis = 0; axis < 3; ++axis) {
      const double middle = middles[vertex][axis], room = rooms[vertex][axis];
      points[vertex][axis] = std::clamp(points[vertex][axis], middle - room, middle + room);
    }
  };
  into_box();
  if (!shares_cell(vertex)) return;
  // The outer surface gives way to nothing: electrodes sit on it.
  if (labels[vertex].front() == 0) return;
  const auto keep_from = [&](std::size_t other) {
    const Eigen::Vector3d apart = homes[vertex] - homes[other];
    const double length2 = apart.squaredNorm();
    if (length2 == 0) return;
    const bool is_outer = labels[other].front() == 0;
    const Eigen::Vector3d from = is_outer ? points[other] : Eigen::Vector3d(0.5 * (homes[vertex] + homes[other]));
    const double missing = (is_outer ? 2 * gap : gap) - (points[vertex] - from).dot(apart) / length2;
    if (missing > 0) points[vertex] += missing * apart;
  };
  for (int repeat = 0; repeat < 2; ++repeat) {
    for (std::size_t other = vertex; other-- > 0 && cell[other] == cell[vertex];) keep_from(other);
    for (std::size_t other = vertex + 1; other < cell.size() && cell[other] == cell[vertex]; ++other) keep_from(other);
    into_box();
  }
}

bool QuadComplex::shares_cell(std::size_t vertex) const {
  return (vertex > 0 && cell[vertex - 1] == cell[vertex]) ||
         (vertex + 1 < cell.size() && cell[vertex + 1] == cell[vertex]);
}

void QuadComplex::merge_cells(const std::vector<int>& vertices) {
  std::vector<int> kept(points.size());
  std::iota(kept.begin(), kept.end(), 0);
  for (const int v : vertices) {
    auto first = static_cast<std::size_t>(v);
    while (first > 0 && cell[first - 1] == cell[first]) --first;
    points[first] = centres[first];
    for (std::size_t other = first + 1; other < cell.size() && cell[other] == cell[first]; ++other)
      kept[other] = static_cast<int>(first);
  }
  for (auto& passage : passages)
    for (auto& sheets : passage)
      for (int& v : sheets) v = kept[static_cast<std::size_t>(v)];
  std::size_t left = 0;
  for (std::size_t q = 0; q < quads.size(); ++q) {
    for (int& v : quads[q]) v = kept[static_cast<std::size_t>(v)];
    if (quads[q][0] == quads[q][2] || quads[q][1] == quads[q][3]) continue;  // of a cut whose two sheets are one now
    quads[left] = quads[q];
    regions[left] = regions[q];
    sides[left++] = sides[q];
  }
  quads.resize(left);
  regions.resize(left);
  sides.resize(left);
}

void QuadComplex::part_regions(ContourLattice& lattice) {
  const std::vector<LatticePassage> all = std::move(lattice.passages);
  lattice.passages.clear();
  for (std::size_t n = 0; n < all.size(); ++n)
    if (passages[n][0][0] != passages[n][0][1] || passages[n][1][0] != passages[n][1][1])
      lattice.passages.push_back(all[n]);
  lattice.number_regions();
  for (std::size_t q = 0; q < quads.size(); ++q)
    for (const int side : {0, 1})
      if (regions[q][side] >= 0) regions[q][side] = lattice.region_at(sides[q][side]);
}

std::vector<std::array<int, 3>> split_quads(const QuadComplex& complex) {
  std::vector<std::array<int, 3>> triangles;
  triangles.reserve(2 * complex.quads.size());
  const auto& x = complex.points;
  for (const auto& q : complex.quads) {
    const double across_02 =
        std::min(smallest_cosine_angle(x[q[0]], x[q[1]], x[q[2]]), smallest_cosine_angle(x[q[0]], x[q[2]], x[q[3]]));
    const double across_13 =
        std::min(smallest_cosine_angle(x[q[0]], x[q[1]], x[q[3]]), smallest_cosine_angle(x[q[1]], x[q[2]], x[q[3]]));
    if (across_02 >= across_13) {
      triangles.push_back({q[0], q[1], q[2]});
      triangles.push_back({q[0], q[2], q[3]});
    } else {
      triangles.push_back({q[0], q[1], q[3]});
      triangles.push_back({q[1], q[2], q[3]});
    }
  }
  return triangles;
}

}  // namespace bmiss
