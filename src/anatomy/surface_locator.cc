#include "anatomy/surface_locator.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "anatomy/tet_shape.h"
#include "base/errors.h"

namespace bmiss {
namespace {

constexpr int leaf_size = 8;
constexpr double chord_piece =
    1.25e-3;                       // of a way along the surface [m]: 0.1 % short where the surface bends with 8 mm
constexpr int normal_sweeps = 10;  // as many as the skin is extruded with: single triangles must not tilt an electrode

double squared_distance_to_box(const Eigen::Vector3d& x, const Eigen::Vector3d& low, const Eigen::Vector3d& high) {
  return (low - x).cwiseMax(x - high).cwiseMax(0).squaredNorm();
}

// Barycentric coordinates of the point of triangle abc nearest to x: the interior when the projection falls there, else
// the nearest edge.
Eigen::Vector3d nearest_in_triangle(const Eigen::Vector3d& x, const std::array<Eigen::Vector3d, 3>& corners) {
  const Eigen::Vector3d u = corners[1] - corners[0], v = corners[2] - corners[0], w = x - corners[0];
  const double uu = u.dot(u), uv = u.dot(v), vv = v.dot(v), wu = w.dot(u), wv = w.dot(v);
  const double determinant = uu * vv - uv * uv;
  if (determinant > 0) {
    const double s = (vv * wu - uv * wv) / determinant, t = (uu * wv - uv * wu) / determinant;
    if (s >= 0 && t >= 0 && s + t <= 1) return {1 - s - t, s, t};
  }
  Eigen::Vector3d best = Eigen::Vector3d::UnitX();
  double shortest = INFINITY;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t j = (i + 1) % 3;
    const Eigen::Vector3d edge = corners[j] - corners[i];
    const double length = edge.squaredNorm();
    const double part = length > 0 ? std::clamp((x - corners[i]).dot(edge) / length, 0.0, 1.0) : 0.0;
    const double distance = (corners[i] + part * edge - x).squaredNorm();
    if (distance >= shortest) continue;
    shortest = distance;
    best.setZero();
    best[static_cast<Eigen::Index>(i)] = 1 - part;
    best[static_cast<Eigen::Index>(j)] = part;
  }
  return best;
}

std::vector<std::array<int, 2>> open_edges(const Surface& surface) {
  std::vector<std::array<int, 2>> edges, open;
  for (const auto& t : surface.triangles)
    for (std::size_t i = 0; i < 3; ++i)
      edges.push_back({std::min(t[i], t[(i + 1) % 3]), std::max(t[i], t[(i + 1) % 3])});
  std::sort(edges.begin(), edges.end());
  for (std::size_t i = 0; i < edges.size();) {
    std::size_t end = i;
    while (end < edges.size() && edges[end] == edges[i]) ++end;
    if (end == i + 1) open.push_back(edges[i]);
    i = end;
  }
  return open;
}

}  // namespace

SurfaceLocator::SurfaceLocator(const Surface& surface) : surface_(surface) {
  if (surface.triangles.empty())
    throw InputError(
        "the limb has no skin surface to lay electrodes on: the image cuts it on every side, or 'Contour/Edge length' "
        "is "
        "longer than the limb is thick");
  order_.resize(surface.triangles.size());
  std::iota(order_.begin(), order_.end(), 0);
  std::vector<Eigen::Vector3d> centroids;
  for (const auto& t : surface.triangles) centroids.push_back(middle_of(surface.points, t));
  nodes_.reserve(order_.size());
  build(0, static_cast<int>(order_.size()), centroids);
  smooth_normals();
  rim_ = open_edges(surface);
}

int SurfaceLocator::build(int first, int count, const std::vector<Eigen::Vector3d>& centroids) {
  const int number = static_cast<int>(nodes_.size());
  nodes_.emplace_back();
  Node node;
  node.low.setConstant(INFINITY);
  node.high.setConstant(-INFINITY);
  for (int i = first; i < first + count; ++i)
    for (const int point : surface_.triangles[static_cast<std::size_t>(order_[static_cast<std::size_t>(i)])]) {
      node.low = node.low.cwiseMin(surface_.points.col(point));
      node.high = node.high.cwiseMax(surface_.points.col(point));
    }
  node.first = first;
  node.count = count;
  if (count > leaf_size) {
    int widest = 0;
    (node.high - node.low).maxCoeff(&widest);
    const auto begin = order_.begin() + first, middle = begin + count / 2;
    std::nth_element(begin, middle, begin + count, [&](int a, int b) {
      return centroids[static_cast<std::size_t>(a)][widest] < centroids[static_cast<std::size_t>(b)][widest];
    });
    node.count = 0;
    build(first, count / 2, centroids);
    node.right = build(first + count / 2, count - count / 2, centroids);
  }
  nodes_[static_cast<std::size_t>(number)] = node;
  return number;
}

void SurfaceLocator::smooth_normals() {
  normals_ = Eigen::Matrix3Xd::Zero(3, surface_.points.cols());
  for (const auto& t : surface_.triangles) {
    const Eigen::Vector3d a = surface_.points.col(t[1]) - surface_.points.col(t[0]),
                          b = surface_.points.col(t[2]) - surface_.points.col(t[0]);
    for (const int point : t) normals_.col(point) += a.cross(b);
  }
  normals_.colwise().normalize();
  for (int sweep = 0; sweep < normal_sweeps; ++sweep) {
    Eigen::Matrix3Xd next = Eigen::Matrix3Xd::Zero(3, normals_.cols());
    for (const auto& t : surface_.triangles) {
      const Eigen::Vector3d sum = normals_.col(t[0]) + normals_.col(t[1]) + normals_.col(t[2]);
      for (const int point : t) next.col(point) += sum;
    }
    next.colwise().normalize();
    normals_ = next;
  }
}

double SurfaceLocator::length_between(const Eigen::Vector3d& a, const Eigen::Vector3d& b) const {
  const int pieces = std::max(2, static_cast<int>(std::ceil((b - a).norm() / chord_piece)));
  Eigen::Vector3d last = nearest(a).point;
  double length = 0;
  for (int i = 1; i <= pieces; ++i) {
    const Eigen::Vector3d next = nearest(a + (b - a) * i / pieces).point;
    length += (next - last).norm();
    last = next;
  }
  return length;
}

SurfaceLocator::Hit SurfaceLocator::nearest(const Eigen::Vector3d& x) const {
  double shortest = INFINITY;
  Eigen::Vector3d weights = Eigen::Vector3d::UnitX();
  int best = order_.front();
  std::array<int, 128> stack{};  // depth of a balanced tree of 2^31 triangles is 31
  int waiting = 0;
  stack[static_cast<std::size_t>(waiting++)] = 0;
  while (waiting > 0) {
    const int number = stack[static_cast<std::size_t>(--waiting)];
    const Node& node = nodes_[static_cast<std::size_t>(number)];
    if (squared_distance_to_box(x, node.low, node.high) >= shortest) continue;
    for (int i = node.first; i < node.first + node.count; ++i) {
      const int triangle = order_[static_cast<std::size_t>(i)];
      const auto& t = surface_.triangles[static_cast<std::size_t>(triangle)];
      const std::array<Eigen::Vector3d, 3> corners{surface_.points.col(t[0]), surface_.points.col(t[1]),
                                                   surface_.points.col(t[2])};
      const Eigen::Vector3d l = nearest_in_triangle(x, corners);
      const double distance = (l[0] * corners[0] + l[1] * corners[1] + l[2] * corners[2] - x).squaredNorm();
      if (distance >= shortest) continue;
      shortest = distance;
      weights = l;
      best = triangle;
    }
    if (node.count > 0) continue;
    const Node &left = nodes_[static_cast<std::size_t>(number) + 1],
               &right = nodes_[static_cast<std::size_t>(node.right)];
    const bool left_first =
        squared_distance_to_box(x, left.low, left.high) <= squared_distance_to_box(x, right.low, right.high);
    stack[static_cast<std::size_t>(waiting++)] = left_first ? node.right : number + 1;
    stack[static_cast<std::size_t>(waiting++)] = left_first ? number + 1 : node.right;
  }
  const auto& t = surface_.triangles[static_cast<std::size_t>(best)];
  Hit hit;
  for (int i = 0; i < 3; ++i) {
    hit.point += weights[i] * surface_.points.col(t[static_cast<std::size_t>(i)]);
    if (i == 0) hit.normal.setZero();
    hit.normal += weights[i] * normals_.col(t[static_cast<std::size_t>(i)]);
  }
  hit.normal.normalize();
  hit.distance = std::sqrt(shortest);
  return hit;
}

Surface faired(const Surface& surface, int pairs) {
  constexpr double shrinking = 0.5, swelling = -0.53;
  Surface result = surface;
  std::vector<char> held(static_cast<std::size_t>(surface.points.cols()), 0);
  for (const auto& edge : open_edges(surface))
    for (const int point : edge) held[static_cast<std::size_t>(point)] = 1;
  for (int step = 0; step < 2 * pairs; ++step) {
    Eigen::Matrix3Xd sum = Eigen::Matrix3Xd::Zero(3, surface.points.cols());
    Eigen::VectorXd count = Eigen::VectorXd::Zero(surface.points.cols());
    for (const auto& t : surface.triangles)
      for (std::size_t i = 0; i < 3; ++i) {  // around an inner point every neighbour comes twice
        sum.col(t[i]) += result.points.col(t[(i + 1) % 3]) + result.points.col(t[(i + 2) % 3]);
        count[t[i]] += 2;
      }
    const double share = step % 2 == 0 ? shrinking : swelling;
    for (Eigen::Index i = 0; i < surface.points.cols(); ++i)
      if (held[static_cast<std::size_t>(i)] == 0 && count[i] > 0)
        result.points.col(i) += share * (sum.col(i) / count[i] - result.points.col(i));
  }
  return result;
}

double arc_length(const Eigen::Vector3d& a, const Eigen::Vector3d& normal_a, const Eigen::Vector3d& b,
                  const Eigen::Vector3d& normal_b) {
  const Eigen::Vector3d chord = b - a;
  const double length = chord.norm();
  if (length == 0) return 0;
  // Only the turn in the plane of the way bends it: sin(angle) along the chord.
  const double half = std::clamp((normal_b - normal_a).dot(chord) / (2 * length), -0.99, 0.99);  // sin(angle / 2)
  const double angle = std::asin(half);
  return std::abs(angle) < 1e-6 ? length : length * angle / half;
}

}  // namespace bmiss
