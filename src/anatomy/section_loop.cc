#include "anatomy/section_loop.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace bmiss {
namespace {

using Edge = std::array<int, 2>;  // smaller point first

// Places where the plane cuts edges, joined through triangles.
struct Cuts {
  std::vector<Eigen::Vector3d> places;
  std::vector<std::vector<int>> next;  // one or two others; more where the surface touches itself
};

Cuts cuts_of(const Surface& surface, const Eigen::Vector3d& point, const Eigen::Vector3d& normal) {
  Cuts cuts;
  const Eigen::VectorXd height =
      surface.points.transpose() * normal - Eigen::VectorXd::Constant(surface.points.cols(), point.dot(normal));
  std::map<Edge, int> number;
  const auto cut_at = [&](int a, int b) {
    const Edge edge{std::min(a, b), std::max(a, b)};
    const auto [found, added] = number.emplace(edge, static_cast<int>(cuts.places.size()));
    if (added) {
      const double part = height[edge[0]] / (height[edge[0]] - height[edge[1]]);
      cuts.places.push_back(surface.points.col(edge[0]) +
                            part * (surface.points.col(edge[1]) - surface.points.col(edge[0])));
      cuts.next.emplace_back();
    }
    return found->second;
  };
  for (const auto& t : surface.triangles) {
    std::vector<int> ends;
    // A point on the plane counts as above it, so that every triangle is cut twice or not at all.
    for (std::size_t i = 0; i < 3; ++i)
      if ((height[t[i]] >= 0) != (height[t[(i + 1) % 3]] >= 0)) ends.push_back(cut_at(t[i], t[(i + 1) % 3]));
    if (ends.size() != 2) continue;
    cuts.next[static_cast<std::size_t>(ends[0])].push_back(ends[1]);
    cuts.next[static_cast<std::size_t>(ends[1])].push_back(ends[0]);
  }
  return cuts;
}

// Follows the curve from one of its places; empty when it ends before it comes back.
std::vector<Eigen::Vector3d> follow(const Cuts& cuts, int first) {
  std::vector<Eigen::Vector3d> points;
  std::vector<char> seen(cuts.places.size(), 0);
  int last = -1, here = first;
  do {
    points.push_back(cuts.places[static_cast<std::size_t>(here)]);
    seen[static_cast<std::size_t>(here)] = 1;
    const auto& next = cuts.next[static_cast<std::size_t>(here)];
    if (next.size() != 2) return {};
    const int onward = next[0] == last ? next[1] : next[0];
    last = here;
    here = onward;
  } while (seen[static_cast<std::size_t>(here)] == 0);
  return points;
}

}  // namespace

double SectionLoop::length() const {
  double sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) sum += (points[(i + 1) % points.size()] - points[i]).norm();
  return sum;
}

std::vector<Eigen::Vector3d> SectionLoop::divided(int count, const Eigen::Vector3d& start) const {
  std::size_t segment = 0;
  double part = 0, nearest = INFINITY;
  const auto ends = [&](std::size_t i) { return std::pair(points[i], points[(i + 1) % points.size()]); };
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto [a, b] = ends(i);
    const double squared = (b - a).squaredNorm();
    const double t = squared > 0 ? std::clamp((start - a).dot(b - a) / squared, 0.0, 1.0) : 0.0;
    const double distance = (a + t * (b - a) - start).norm();
    if (distance >= nearest) continue;
    nearest = distance;
    segment = i;
    part = t;
  }
  std::vector<Eigen::Vector3d> result;
  const double step = length() / count;
  double left = 0;  // to go until the next place
  while (static_cast<int>(result.size()) < count) {
    const auto [a, b] = ends(segment);
    const double size = (b - a).norm(), rest = (1 - part) * size;
    if (rest < left || size == 0) {
      left -= rest;
      segment = (segment + 1) % points.size();
      part = 0;
      continue;
    }
    part += left / size;
    result.push_back(a + part * (b - a));
    left = step;
  }
  return result;
}

SectionLoop section_loop(const Surface& surface, const Eigen::Vector3d& point, const Eigen::Vector3d& normal) {
  const Eigen::Vector3d unit = normal.normalized();
  const Cuts cuts = cuts_of(surface, point, unit);
  SectionLoop loop;
  if (cuts.places.empty()) return loop;
  int first = 0;
  for (std::size_t i = 0; i < cuts.places.size(); ++i)
    if ((cuts.places[i] - point).norm() < (cuts.places[static_cast<std::size_t>(first)] - point).norm())
      first = static_cast<int>(i);
  loop.points = follow(cuts, first);
  Eigen::Vector3d area = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < loop.points.size(); ++i)
    area += (loop.points[i] - point).cross(loop.points[(i + 1) % loop.points.size()] - point);
  if (area.dot(unit) < 0) std::reverse(loop.points.begin(), loop.points.end());
  return loop;
}

}  // namespace bmiss
