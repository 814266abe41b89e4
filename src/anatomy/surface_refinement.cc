// Longest-edge bisection with propagation (Rivara 1984): an edge is cut only when it is the longest of every triangle
// that holds it, so angles stay bounded and the complex stays conforming, junctions of several surfaces included.
#include "anatomy/surface_refinement.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "anatomy/volume_mesh.h"
#include "base/errors.h"

namespace bmiss {

namespace {

using Edge = std::pair<int, int>;  // lower vertex first

Edge make_edge(int a, int b) {
  return a < b ? Edge{a, b} : Edge{b, a};
}

// Distance from `p` to the triangle abc.
double distance_to_triangle(const Eigen::Vector3d& p, const Eigen::Vector3d& a, const Eigen::Vector3d& b,
                            const Eigen::Vector3d& c) {
  const Eigen::Vector3d normal = (b - a).cross(c - a);
  const double doubled_area2 = normal.squaredNorm();
  if (doubled_area2 > 0) {
    const double u = (c - b).cross(p - b).dot(normal), v = (a - c).cross(p - c).dot(normal),
                 w = (b - a).cross(p - a).dot(normal);
    if (u >= 0 && v >= 0 && w >= 0) return std::abs((p - a).dot(normal)) / std::sqrt(doubled_area2);
  }
  const auto to_segment = [&p](const Eigen::Vector3d& s, const Eigen::Vector3d& e) {
    const double length2 = (e - s).squaredNorm();
    const double t = length2 > 0 ? std::clamp((p - s).dot(e - s) / length2, 0.0, 1.0) : 0.0;
    return (p - (s + t * (e - s))).norm();
  };
  return std::min({to_segment(a, b), to_segment(b, c), to_segment(c, a)});
}

class Bisection {
public:
  explicit Bisection(const SurfaceComplex& complex) : complex_(complex) {
    for (Eigen::Index i = 0; i < complex.points.cols(); ++i) points_.push_back(complex.points.col(i));
    for (std::size_t t = 0; t < complex_.triangles.size(); ++t) register_triangle(static_cast<int>(t));
  }

  std::size_t n_triangles() const { return complex_.triangles.size(); }
  bool is_outer(std::size_t t) const { return complex_.triangle_regions[t][1] == SurfaceComplex::outside; }

  Edge longest_edge(std::size_t t) const {
    const auto& v = complex_.triangles[t];
    Edge longest = make_edge(v[0], v[1]);
    for (const Edge& edge : {make_edge(v[1], v[2]), make_edge(v[2], v[0])})
      if (order(longest) < order(edge)) longest = edge;
    return longest;
  }

  double length(const Edge& edge) const { return (at(edge.first) - at(edge.second)).norm(); }
  Eigen::Vector3d middle(const Edge& edge) const { return (at(edge.first) + at(edge.second)) / 2; }

  double distance(std::size_t t, const Eigen::Vector3d& p) const {
    const auto& v = complex_.triangles[t];
    return distance_to_triangle(p, at(v[0]), at(v[1]), at(v[2]));
  }

  const Eigen::Vector3d& corner(std::size_t t) const { return at(complex_.triangles[t][0]); }

  // Cuts `edge` after all longer edges of its triangles; ends because each step goes to a longer edge.
  void bisect(const Edge& edge) {
    for (;;) {
      Edge longer = edge;
      for (const int t : triangles_of(edge)) {
        longer = longest_edge(static_cast<std::size_t>(t));
        if (longer != edge) break;
      }
      if (longer == edge) break;
      bisect(longer);
    }
    cut(edge);
  }

  RefinedSurface result() && {
    complex_.points.resize(3, static_cast<Eigen::Index>(points_.size()));
    for (std::size_t i = 0; i < points_.size(); ++i) complex_.points.col(static_cast<Eigen::Index>(i)) = points_[i];
    return {std::move(complex_), std::move(parents_)};
  }

private:
  struct Order {
    double length2;
    Edge edge;
    bool operator<(const Order& other) const {
      return length2 != other.length2 ? length2 < other.length2 : edge < other.edge;
    }
  };
  Order order(const Edge& edge) const { return {(at(edge.first) - at(edge.second)).squaredNorm(), edge}; }

  const Eigen::Vector3d& at(int i) const { return points_[static_cast<std::size_t>(i)]; }
  static std::uint64_t key(const Edge& edge) {
    return (static_cast<std::uint64_t>(edge.first) << 32) | static_cast<std::uint64_t>(edge.second);
  }
  const std::vector<int>& triangles_of(const Edge& edge) const { return edges_.at(key(edge)); }

  void register_triangle(int t) {
    const auto& v = complex_.triangles[static_cast<std::size_t>(t)];
    for (std::size_t k = 0; k < 3; ++k) edges_[key(make_edge(v[k], v[(k + 1) % 3]))].push_back(t);
  }
  void unregister_triangle(int t) {
    const auto& v = complex_.triangles[static_cast<std::size_t>(t)];
    for (std::size_t k = 0; k < 3; ++k) {
      auto& list = edges_.at(key(make_edge(v[k], v[(k + 1) % 3])));
      list.erase(std::find(list.begin(), list.end(), t));
    }
  }

  void cut(const Edge& edge) {
    const std::vector<int> sharing = triangles_of(edge);
    const int middle = static_cast<int>(points_.size());
    points_.push_back((at(edge.first) + at(edge.second)) / 2);
    parents_.push_back({edge.first, edge.second});
    for (const int t : sharing) {
      unregister_triangle(t);
      std::array<int, 3> first = complex_.triangles[static_cast<std::size_t>(t)], second = first;
      std::replace(first.begin(), first.end(), edge.first, middle);
      std::replace(second.begin(), second.end(), edge.second, middle);
      complex_.triangles[static_cast<std::size_t>(t)] = first;
      complex_.triangles.push_back(second);
      complex_.triangle_regions.push_back(complex_.triangle_regions[static_cast<std::size_t>(t)]);
      register_triangle(t);
      register_triangle(static_cast<int>(complex_.triangles.size()) - 1);
    }
    edges_.erase(key(edge));
  }

  SurfaceComplex complex_;
  std::vector<Eigen::Vector3d> points_;
  std::vector<std::array<int, 2>> parents_;
  std::unordered_map<std::uint64_t, std::vector<int>> edges_;  // looked up only: its order never matters
};

}  // namespace

RefinedSurface refine_with_parents(const SurfaceComplex& complex, const Eigen::Matrix3Xd& centres, double radius,
                                   double edge) {
  if (!(edge > 0))
    throw InputError("the edge length at electrodes is " + std::to_string(edge) + " m; give a positive one");
  Bisection bisection(complex);
  const auto is_near = [&](std::size_t t, double longest) {
    for (Eigen::Index i = 0; i < centres.cols(); ++i) {
      const Eigen::Vector3d centre = centres.col(i);
      if ((bisection.corner(t) - centre).squaredNorm() > (radius + longest) * (radius + longest)) continue;
      if (bisection.distance(t, centre) <= radius) return true;
    }
    return false;
  };
  // Cutting leaves one half in place and appends the other, so one sweep over the growing list sees every piece.
  for (std::size_t t = 0; t < bisection.n_triangles(); ++t) {
    if (!bisection.is_outer(t)) continue;
    for (;;) {
      const Edge longest = bisection.longest_edge(t);
      const double length = bisection.length(longest);
      if (length <= edge || !is_near(t, length)) break;
      bisection.bisect(longest);
    }
  }
  return std::move(bisection).result();
}

RefinedSurface refine_to(const SurfaceComplex& complex, const std::function<double(const Eigen::Vector3d&)>& edge_at) {
  constexpr double tolerated = 4.0 / 3;  // a longest edge is longer than the mean one, and bisection halves it
  Bisection bisection(complex);
  for (std::size_t t = 0; t < bisection.n_triangles(); ++t)
    for (;;) {
      const Edge longest = bisection.longest_edge(t);
      if (bisection.length(longest) <= tolerated * edge_at(bisection.middle(longest))) break;
      bisection.bisect(longest);
    }
  return std::move(bisection).result();
}

Eigen::Matrix3Xd continued_to_new_points(const Eigen::Matrix3Xd& at_old_points,
                                         const std::vector<std::array<int, 2>>& parents) {
  Eigen::Matrix3Xd field = at_old_points;
  Eigen::Index next = field.cols();
  field.conservativeResize(3, next + static_cast<Eigen::Index>(parents.size()));
  for (const auto& [a, b] : parents) {
    field.col(next) = (field.col(a) + field.col(b)) / 2;
    ++next;
  }
  return field;
}

SurfaceComplex refine_surface(const SurfaceComplex& complex, const Eigen::Matrix3Xd& centres, double radius,
                              double edge) {
  return refine_with_parents(complex, centres, radius, edge).complex;
}

}  // namespace bmiss
