#include "anatomy/climbing_front.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <utility>

#include "anatomy/limb_ends.h"
#include "anatomy/tet_shape.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {

namespace {

constexpr double radians = 3.14159265358979323846 / 180;
constexpr double growth = 1.4;             // of one layer to the next
constexpr double flattest = 10 * radians;  // smallest dihedral wanted: low triangles under a high layer have less
constexpr double steepest = 0.5;           // sideways over up, of a column of vertices
constexpr double most_bend = 0.1;          // of a border that loses a vertex: height over length of its chord
const double least_angle = std::sin(25 * radians), least_dihedral = std::sin(15 * radians);  // after a merger

std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

double doubled_area(const Eigen::Vector2d& a, const Eigen::Vector2d& b, const Eigen::Vector2d& c) {
  return (b - a).x() * (c - a).y() - (b - a).y() * (c - a).x();
}

// Smallest sine of the three angles; negative when the triangle is turned over.
double smallest_angle_sine(const Eigen::Vector2d& a, const Eigen::Vector2d& b, const Eigen::Vector2d& c) {
  const double ab = (b - a).norm(), bc = (c - b).norm(), ca = (a - c).norm();
  return doubled_area(a, b, c) * std::min({ab, bc, ca}) / (ab * bc * ca);
}

// A border between two tissues, or the rim.
bool is_border(const std::vector<int>& labels) {
  return labels.size() != 2 || labels[0] != labels[1];
}

}  // namespace

ClimbingFront::ClimbingFront(TetMesh& mesh, BoundaryPart end) : mesh_(mesh), end_(end) {
  take_triangles();
  if (front_.empty()) return;
  find_plane();
  for (const int v : global_) plane_.push_back(in_plane(point(v)));
}

int ClimbingFront::climb(double length) {
  double reached = 0, thickness = 0;
  int layers = 0;
  while (!front_.empty() && reached < length * (1 - 1e-9)) {
    thickness = std::min(thickness > 0 ? growth * thickness : mean_edge(), highest_step());
    const double rest = length - reached;
    reached += rest <= 1.3 * thickness ? rest : std::min(thickness, rest / 2);
    raised_.assign(global_.size(), false);
    if (layers > 0) merge_short_edges(1.6 * thickness, reached);
    for (std::size_t v = 0; v < global_.size(); ++v)
      if (!star_[v].empty() && !raised_[v]) raise(v, v, reached);
    ++layers;
  }
  finish();
  return layers;
}

void ClimbingFront::finish() {
  auto& points = mesh_.points;
  points.conservativeResize(3, points.cols() + static_cast<Eigen::Index>(new_points_.size()));
  for (std::size_t i = 0; i < new_points_.size(); ++i)
    points.col(first_new_ + static_cast<Eigen::Index>(i)) = new_points_[i];
  for (std::size_t t = 0; t < front_.size(); ++t)
    if (alive_[t]) add_triangle(below(front_[t]), end_);
}

void ClimbingFront::take_triangles() {
  std::vector<std::array<int, 3>> kept, taken;
  std::vector<int> kept_parts;
  for (std::size_t i = 0; i < mesh_.triangles.size(); ++i) {
    if (mesh_.triangle_parts[i] == static_cast<int>(end_)) {
      taken.push_back(mesh_.triangles[i]);
      continue;
    }
    kept.push_back(mesh_.triangles[i]);
    kept_parts.push_back(mesh_.triangle_parts[i]);
  }
  label_ = labels_under(mesh_, taken);
  std::vector<int> number(mesh_.n_points(), -1);
  for (auto triangle : taken) {
    for (int& v : triangle) {
      int& n = number[index(v)];
      if (n < 0) {
        n = static_cast<int>(global_.size());
        global_.push_back(v);
      }
      v = n;
    }
    front_.push_back(triangle);
  }
  mesh_.triangles = std::move(kept);
  mesh_.triangle_parts = std::move(kept_parts);
  mesh_.tet_extruded.resize(mesh_.n_tets(), 0);
  alive_.assign(front_.size(), true);
  star_.resize(global_.size());
  for (std::size_t t = 0; t < front_.size(); ++t)
    for (const int v : front_[t]) star_[index(v)].push_back(static_cast<int>(t));
  first_new_ = mesh_.points.cols();
}

void ClimbingFront::find_plane() {
  for (const auto& t : front_) {
    const Eigen::Vector3d a = point(global_[index(t[0])]);
    normal_ += (point(global_[index(t[1])]) - a).cross(point(global_[index(t[2])]) - a);
  }
  normal_.normalize();
  tangent_ = normal_.unitOrthogonal();
  origin_ = point(global_.at(0));
  for (const int v : global_) {
    const double off = std::abs((point(v) - origin_).dot(normal_));
    if (off > 1e-6)
      throw NumericalError("the cut through the limb is not flat (" + format("%.3g", off * 1e3) +
                           " mm out of its plane), so it cannot be extended; set 'Mesh/End extension' to 0");
  }
}

Eigen::Vector3d ClimbingFront::point(int global) const {
  if (global < first_new_) return mesh_.points.col(global);
  return new_points_[static_cast<std::size_t>(global - first_new_)];
}

Eigen::Vector2d ClimbingFront::in_plane(const Eigen::Vector3d& x) const {
  const Eigen::Vector3d d = x - origin_;
  return {d.dot(tangent_), d.dot(normal_.cross(tangent_))};
}

Eigen::Vector3d ClimbingFront::at_height(const Eigen::Vector2d& place, double height) const {
  return origin_ + place.x() * tangent_ + place.y() * normal_.cross(tangent_) + height * normal_;
}

bool ClimbingFront::has(int triangle, std::size_t v) const {
  const auto& t = front_[index(triangle)];
  return std::find(t.begin(), t.end(), static_cast<int>(v)) != t.end();
}

double ClimbingFront::length(int a, int b) const {
  return (plane_[index(a)] - plane_[index(b)]).norm();
}

double ClimbingFront::mean_edge() const {
  double sum = 0, count = 0;
  for (std::size_t t = 0; t < front_.size(); ++t)
    for (std::size_t k = 0; alive_[t] && k < 3; ++k, ++count) sum += length(front_[t][k], front_[t][(k + 1) % 3]);
  return sum / count;
}

double ClimbingFront::highest_step() const {
  std::vector<double> heights;
  for (std::size_t t = 0; t < front_.size(); ++t) {
    if (!alive_[t]) continue;
    const auto& [a, b, c] = front_[t];
    heights.push_back(doubled_area(plane_[index(a)], plane_[index(b)], plane_[index(c)]) /
                      std::max({length(a, b), length(b, c), length(c, a)}));
  }
  const auto place = heights.begin() + static_cast<std::ptrdiff_t>(heights.size() / 25);
  std::nth_element(heights.begin(), place, heights.end());
  return *place / std::tan(flattest);
}

ClimbingFront::Edges ClimbingFront::edges_at(std::size_t v) const {
  Edges edges;
  for (const int t : star_[v])
    for (const int other : front_[index(t)])
      if (index(other) != v) edges[other].push_back(label_[index(t)]);
  return edges;
}

std::array<int, 3> ClimbingFront::below(const std::array<int, 3>& local) const {
  return {global_[index(local[0])], global_[index(local[1])], global_[index(local[2])]};
}

void ClimbingFront::add_triangle(const std::array<int, 3>& triangle, BoundaryPart part) {
  mesh_.triangles.push_back(triangle);
  mesh_.triangle_parts.push_back(static_cast<int>(part));
}

void ClimbingFront::raise(std::size_t v, std::size_t taken, double height) {
  const int top = static_cast<int>(first_new_) + static_cast<int>(new_points_.size());
  if (taken == v) plane_[v] = better_place(v, height);
  new_points_.push_back(at_height(plane_[v], height));
  std::vector<int> around = star_[v];
  for (const int t : star_[taken])
    if (!has(t, v)) around.push_back(t);
  const auto moves = [&](int w) { return index(w) == v || index(w) == taken; };
  std::map<std::array<int, 2>, int> uses;  // of the edges that move; the rim's are used once
  for (const int t : around)
    for (std::size_t k = 0; k < 3; ++k) {
      const int a = front_[index(t)][k], b = front_[index(t)][(k + 1) % 3];
      if (moves(a) || moves(b)) ++uses[{std::min(a, b), std::max(a, b)}];
    }
  for (const int t : around) {
    const auto& triangle = front_[index(t)];
    const std::array<int, 3> base_triangle = below(triangle);
    mesh_.tets.push_back({base_triangle[0], base_triangle[1], base_triangle[2], top});
    mesh_.tet_labels.push_back(label_[index(t)]);
    mesh_.tet_extruded.push_back(1);
    for (std::size_t k = 0; k < 3; ++k) {
      const int a = triangle[k], b = triangle[(k + 1) % 3];
      if ((moves(a) || moves(b)) && uses.at({std::min(a, b), std::max(a, b)}) == 1)
        add_triangle({base_triangle[k], base_triangle[(k + 1) % 3], top}, BoundaryPart::extension);
    }
  }
  if (taken != v) unite(v, taken, around);
  global_[v] = top;
  raised_[v] = true;
}

Eigen::Vector2d ClimbingFront::better_place(std::size_t v, double height) const {
  const Eigen::Vector2d here = plane_[v];
  Eigen::Vector2d sum(0, 0);
  const Edges edges = edges_at(v);
  for (const auto& [w, labels] : edges) {
    if (is_border(labels)) return here;
    sum += plane_[index(w)];
  }
  Eigen::Vector2d way = sum / static_cast<double>(edges.size()) - here;
  const double step = height - (point(global_[v]) - origin_).dot(normal_);
  if (way.norm() > steepest * step) way *= steepest * step / way.norm();
  const auto worst_angle = [&](const Eigen::Vector2d& place) {
    double worst = 1;
    for (const int t : star_[v]) {
      std::array<Eigen::Vector2d, 3> corner;
      for (std::size_t k = 0; k < 3; ++k)
        corner[k] = index(front_[index(t)][k]) == v ? place : plane_[index(front_[index(t)][k])];
      worst = std::min(worst, smallest_angle_sine(corner[0], corner[1], corner[2]));
    }
    return worst;
  };
  const auto is_good = [&](const Eigen::Vector2d& place) {
    return std::all_of(star_[v].begin(), star_[v].end(), [&](int t) {
      Eigen::Vector3d corners[4];
      for (std::size_t k = 0; k < 3; ++k) corners[k] = point(global_[index(front_[index(t)][k])]);
      corners[3] = at_height(place, height);
      return smallest_dihedral_sine(corners) >= least_dihedral;
    });
  };
  const double before = worst_angle(here);
  for (const double share : {1.0, 0.5})
    if (const Eigen::Vector2d there = here + share * way; worst_angle(there) > before && is_good(there)) return there;
  return here;
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
  return std::all_of(star_[taken].begin(), star_[taken].end(),
                     [&](int t) { return has(t, v) || stays_good(t, v, taken, height); });
}

bool ClimbingFront::keeps_borders(std::size_t v, std::size_t taken, const Edges& at_taken) const {
  std::vector<std::size_t> along;  // the border through the vertex taken
  for (const auto& [w, labels] : at_taken)
    if (is_border(labels)) along.push_back(index(w));
  if (along.empty()) return true;
  if (along.size() != 2 || (along[0] != v && along[1] != v)) return false;
  // The border may bend a little where it loses a vertex.
  const std::size_t other = along[0] == v ? along[1] : along[0];
  return std::abs(doubled_area(plane_[v], plane_[other], plane_[taken])) <
         most_bend * (plane_[v] - plane_[other]).squaredNorm();
}

bool ClimbingFront::stays_good(int triangle, std::size_t v, std::size_t taken, double height) const {
  auto moved = front_[index(triangle)];
  Eigen::Vector3d corners[4];
  for (std::size_t k = 0; k < 3; ++k) corners[k] = point(global_[index(moved[k])]);
  corners[3] = at_height(plane_[v], height);
  if (smallest_dihedral_sine(corners) < least_dihedral) return false;
  std::replace(moved.begin(), moved.end(), static_cast<int>(taken), static_cast<int>(v));
  return smallest_angle_sine(plane_[index(moved[0])], plane_[index(moved[1])], plane_[index(moved[2])]) >= least_angle;
}

}  // namespace bmiss
