#include "anatomy/self_intersection.h"

#include <algorithm>
#include <cmath>

namespace bmiss {
namespace {

using Point = Eigen::Vector3d;
using Triangle = std::array<int, 3>;

double orientation(const Point& a, const Point& b, const Point& c, const Point& d) {
  return (b - a).cross(c - a).dot(d - a);
}

bool segment_crosses(const Point& p, const Point& q, const std::array<Point, 3>& t) {
  const Point normal = (t[1] - t[0]).cross(t[2] - t[0]);
  double side_p = normal.dot(p - t[0]), side_q = normal.dot(q - t[0]);
  // Rounding of coordinates must not make neighbours in one plane (the caps) cross.
  const double flat = 1e-9 * normal.norm() * ((p - t[0]).norm() + (q - t[0]).norm());
  if (std::abs(side_p) < flat) side_p = 0;
  if (std::abs(side_q) < flat) side_q = 0;
  if (side_p * side_q >= 0) return false;
  const double a = orientation(p, q, t[0], t[1]), b = orientation(p, q, t[1], t[2]), c = orientation(p, q, t[2], t[0]);
  return (a >= 0 && b >= 0 && c >= 0) || (a <= 0 && b <= 0 && c <= 0);
}

// Shared corners first.
int sort_shared(Triangle& s, Triangle& t) {
  int shared = 0;
  for (int n = 0; n < 3; ++n)
    for (int m = shared; m < 3; ++m)
      if (s[n] == t[m]) {
        std::swap(s[n], s[shared]);
        std::swap(t[m], t[shared]);
        ++shared;
        break;
      }
  return shared;
}

bool intersect(const std::vector<Point>& x, Triangle s, Triangle t) {
  const int shared = sort_shared(s, t);
  const std::array<Point, 3> a{x[s[0]], x[s[1]], x[s[2]]}, b{x[t[0]], x[t[1]], x[t[2]]};
  if (shared == 3) return true;
  if (shared ==
      2) {  // folded: both apexes on the same side of the shared edge, angle between the halves below 0.1 degrees
    const Point edge = (a[1] - a[0]).normalized();
    Point to_s = a[2] - a[0], to_t = b[2] - a[0];
    to_s -= to_s.dot(edge) * edge;
    to_t -= to_t.dot(edge) * edge;
    return to_s.dot(to_t) > 0 && to_s.cross(to_t).norm() < 2e-3 * to_s.norm() * to_t.norm();
  }
  if (shared == 1) return segment_crosses(a[1], a[2], b) || segment_crosses(b[1], b[2], a);
  for (int n = 0; n < 3; ++n)
    if (segment_crosses(a[n], a[(n + 1) % 3], b) || segment_crosses(b[n], b[(n + 1) % 3], a)) return true;
  return false;
}

}  // namespace

std::vector<std::array<int, 2>> find_self_intersections(const std::vector<Point>& points,
                                                        const std::vector<Triangle>& triangles) {
  std::vector<std::array<int, 2>> found;
  if (triangles.empty()) return found;
  Eigen::Array3d low = points[triangles[0][0]], high = low;
  std::vector<std::array<Eigen::Array3d, 2>> box;
  double size = 0;
  for (const Triangle& t : triangles) {
    const Eigen::Array3d a = points[t[0]], b = points[t[1]], c = points[t[2]];
    box.push_back({a.min(b).min(c), a.max(b).max(c)});
    low = low.min(box.back()[0]);
    high = high.max(box.back()[1]);
    size += (box.back()[1] - box.back()[0]).maxCoeff();
  }
  size = std::max(1.5 * size / static_cast<double>(triangles.size()), (high - low).maxCoeff() / 2000);
  const Eigen::Array3i bins = ((high - low) / size).cast<int>() + 1;
  const auto bin_of = [&](const Eigen::Array3d& x) {
    return Eigen::Array3i(((x - low) / size).cast<int>().min(bins - 1));
  };
  const auto number = [&](int i, int j, int k) {
    return static_cast<std::size_t>(i) +
           static_cast<std::size_t>(bins[0]) * (static_cast<std::size_t>(j) + static_cast<std::size_t>(bins[1]) * k);
  };
  const auto for_each_bin = [&](std::size_t t, const auto& action) {
    const Eigen::Array3i first = bin_of(box[t][0]), last = bin_of(box[t][1]);
    for (int k = first[2]; k <= last[2]; ++k)
      for (int j = first[1]; j <= last[1]; ++j)
        for (int i = first[0]; i <= last[0]; ++i) action(number(i, j, k));
  };
  std::vector<std::size_t> begin(number(0, 0, bins[2]) + 1, 0);
  for (std::size_t t = 0; t < triangles.size(); ++t) for_each_bin(t, [&](std::size_t bin) { ++begin[bin + 1]; });
  for (std::size_t bin = 0; bin + 1 < begin.size(); ++bin) begin[bin + 1] += begin[bin];
  std::vector<int> content(begin.back());
  std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
  for (std::size_t t = 0; t < triangles.size(); ++t)
    for_each_bin(t, [&](std::size_t bin) { content[next[bin]++] = static_cast<int>(t); });
  for (std::size_t bin = 0; bin + 1 < begin.size(); ++bin)
    for (std::size_t m = begin[bin]; m < begin[bin + 1]; ++m)
      for (std::size_t n = m + 1; n < begin[bin + 1]; ++n) {
        const int s = content[m], t = content[n];
        if ((box[s][0] > box[t][1]).any() || (box[t][0] > box[s][1]).any()) continue;
        const Eigen::Array3i home = bin_of(box[s][0].max(box[t][0]));  // each pair is looked at in one bin only
        if (number(home[0], home[1], home[2]) != bin) continue;
        if (intersect(points, triangles[s], triangles[t])) found.push_back({s, t});
      }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace bmiss
