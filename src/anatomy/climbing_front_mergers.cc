// Coarsening of a climbing front: vertices that go into a neighbour.
#include <algorithm>
#include <cmath>
#include <utility>

#include "anatomy/climbing_front.h"

namespace bmiss {

namespace {

constexpr double most_bend = 0.1;  // of a border that loses a vertex: height over length of its chord
const double least_angle = std::sin(22 * M_PI / 180);  // of the triangles after a merger

}  // namespace

void ClimbingFront::merge_short_edges(double shorter_than, double height) {
  std::vector<std::pair<double, std::array<int, 2>>> edges;
  for (std::size_t t = 0; t < front_.size(); ++t)
    for (std::size_t k = 0; alive_[t] && k < 3; ++k) {
      const int a = front_[t][k], b = front_[t][(k + 1) % 3];
      if (length(a, b) < shorter_than) edges.push_back({length(a, b), {std::min(a, b), std::max(a, b)}});
    }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  for (const auto& [size, edge] : edges)
    for (const auto& [v, taken] : {std::pair{edge[0], edge[1]}, std::pair{edge[1], edge[0]}})
      if (can_take(index(v), index(taken), height)) {
        raise(index(v), index(taken), height);
        break;
      }
}

bool ClimbingFront::can_take(std::size_t v, std::size_t taken, double height) const {
  if (raised_[v] || raised_[taken] || star_[taken].empty() || star_[v].empty()) return false;
  const Edges at_taken = edges_at(taken), at_v = edges_at(v);
  const auto between = at_taken.find(static_cast<int>(v));
  if (between == at_taken.end() || !keeps_borders(v, taken, at_taken)) return false;
  std::size_t common = 0;
  for (const auto& [w, labels] : at_taken) {
    if (raised_[index(w)]) return false;  // the triangles to be filled must still lie flat
    const auto found = at_v.find(w);
    if (found == at_v.end()) continue;
    ++common;
    if (is_border(labels) && is_border(found->second)) return false;  // a corner between two borders would vanish
  }
  if (common != between->second.size()) return false;
  double angle = least_angle;  // where angles are small anyway, those after a merger may be so, too
  for (const int t : star_[taken]) angle = std::min(angle, smallest_angle_sine(flat(t, taken, plane_[taken])));
  // One high step beside the small ones that low triangles need makes flat tetrahedra.
  const double lowest = (height - height_of(v)) * std::tan(flattest_dihedral) / 2;
  // Nor beside a neighbour that climbs in small steps.
  for (const Edges* edges : {&at_taken, &at_v})
    for (const auto& [w, labels] : *edges)
      if (index(w) != v && index(w) != taken && lowest_altitude(index(w)) < lowest) return false;
  const auto is_low = [&](int t) { return smallest_altitude(flat(t, taken, plane_[v])) < lowest; };
  const auto gets_poor = [&](int t) {
    return filled_dihedral_sine(t, plane_[v], height) < std::sin(flattest_dihedral) ||
           smallest_angle_sine(flat(t, taken, plane_[v])) < angle;
  };
  const auto &lost = star_[taken], &kept = star_[v];
  return std::none_of(lost.begin(), lost.end(), [&](int t) { return !has(t, v) && (is_low(t) || gets_poor(t)); }) &&
         std::none_of(kept.begin(), kept.end(), [&](int t) { return !has(t, taken) && is_low(t); });
}

bool ClimbingFront::keeps_borders(std::size_t v, std::size_t taken, const Edges& at_taken) const {
  std::vector<std::size_t> along;  // the border through the vertex taken
  for (const auto& [w, labels] : at_taken)
    if (is_border(labels)) along.push_back(index(w));
  if (along.empty()) return true;
  if (along.size() != 2 || (along[0] != v && along[1] != v)) return false;
  // The border may bend a little where it loses a vertex.
  const std::size_t other = along[0] == v ? along[1] : along[0];
  return std::abs(doubled_area({plane_[v], plane_[other], plane_[taken]})) <
         most_bend * (plane_[v] - plane_[other]).squaredNorm();
}

void ClimbingFront::unite(std::size_t v, std::size_t taken, const std::vector<int>& around) {
  star_[v].clear();
  star_[taken].clear();
  for (const int t : around) {
    auto& triangle = front_[index(t)];
    std::replace(triangle.begin(), triangle.end(), static_cast<int>(taken), static_cast<int>(v));
    if (std::count(triangle.begin(), triangle.end(), static_cast<int>(v)) == 1) {
      star_[v].push_back(t);
      continue;
    }
    alive_[index(t)] = false;
    for (const int w : triangle) {
      auto& star = star_[index(w)];
      if (index(w) != v) star.erase(std::find(star.begin(), star.end(), t));
    }
  }
}

}  // namespace bmiss
