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

constexpr double growth = 1.4;    // of one layer to the next
constexpr int most_steps = 8;     // of a vertex in one layer
constexpr double steepest = 0.5;  // sideways over up, of a column of vertices

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
    thickness = std::min(thickness > 0 ? growth * thickness : mean_edge(), usual_step());
    const double rest = length - reached;
    const double step = rest <= 1.3 * thickness ? rest : std::min(thickness, rest / 2);
    reached += step;
    raised_.assign(global_.size(), false);
    merge_short_edges(2.2 * thickness, reached);
    raise_in_turn(reached - step, reached);
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

double ClimbingFront::height_of(std::size_t v) const {
  return (point(global_[v]) - origin_).dot(normal_);
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

double ClimbingFront::lowest_altitude(std::size_t v) const {
  double lowest = INFINITY;
  for (const int t : star_[v]) {
    const auto& triangle = front_[index(t)];
    const auto corner = std::find(triangle.begin(), triangle.end(), static_cast<int>(v)) - triangle.begin();
    lowest = std::min(lowest, altitude(flat(t, v, plane_[v]), static_cast<std::size_t>(corner)));
  }
  return lowest;
}

double ClimbingFront::usual_step() const {
  std::vector<double> altitudes;
  for (std::size_t v = 0; v < global_.size(); ++v)
    if (!star_[v].empty()) altitudes.push_back(lowest_altitude(v));
  const auto place = altitudes.begin() + static_cast<std::ptrdiff_t>(altitudes.size() / 4);
  std::nth_element(altitudes.begin(), place, altitudes.end());
  return *place / std::tan(flattest_dihedral);
}

void ClimbingFront::raise_in_turn(double from, double to) {
  struct Turn {
    double time, height;
    std::size_t v;
  };
  std::vector<int> steps(global_.size(), 0);
  for (std::size_t v = 0; v < global_.size(); ++v) {
    if (star_[v].empty() || raised_[v]) continue;
    const double needed = (to - from) * std::tan(flattest_dihedral) / lowest_altitude(v);
    for (steps[v] = 1; steps[v] < most_steps && steps[v] < needed;) steps[v] *= 2;
  }
  // Beside a single high step the small ones of a low triangle would make flat tetrahedra: they double at most from one
  // vertex to the next.
  for (int most = most_steps; most > 2; most /= 2)
    for (std::size_t v = 0; v < global_.size(); ++v)
      if (steps[v] == most)
        for (const int t : star_[v])
          for (const int w : front_[index(t)])
            if (steps[index(w)] > 0) steps[index(w)] = std::max(steps[index(w)], most / 2);
  std::vector<Turn> turns;
  for (std::size_t v = 0; v < global_.size(); ++v)
    for (int k = 0; k < steps[v]; ++k)
      turns.push_back({(k + 0.5) / steps[v], k + 1 == steps[v] ? to : from + (to - from) * (k + 1) / steps[v], v});
  std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.time < b.time; });
  for (const Turn& turn : turns) raise(turn.v, turn.v, turn.height);
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
  const double step = height - height_of(v);
  if (way.norm() > steepest * step) way *= steepest * step / way.norm();
  const auto worst_angle = [&](const Eigen::Vector2d& place) {
    double worst = 1;
    for (const int t : star_[v]) worst = std::min(worst, smallest_angle_sine(flat(t, v, place)));
    return worst;
  };
  const auto is_good = [&](const Eigen::Vector2d& place) {
    return std::all_of(star_[v].begin(), star_[v].end(),
                       [&](int t) { return filled_dihedral_sine(t, place, height) >= std::sin(flattest_dihedral); });
  };
  const double before = worst_angle(here);
  for (const double share : {1.0, 0.5})
    if (const Eigen::Vector2d there = here + share * way; worst_angle(there) > before && is_good(there)) return there;
  return here;
}

PlaneTriangle ClimbingFront::flat(int triangle, std::size_t moved, const Eigen::Vector2d& place) const {
  PlaneTriangle corners;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::size_t w = index(front_[index(triangle)][k]);
    corners[k] = w == moved ? place : plane_[w];
  }
  return corners;
}

double ClimbingFront::filled_dihedral_sine(int triangle, const Eigen::Vector2d& top, double height) const {
  Eigen::Vector3d corners[4];
  for (std::size_t k = 0; k < 3; ++k) corners[k] = point(global_[index(front_[index(triangle)][k])]);
  corners[3] = at_height(top, height);
  return smallest_dihedral_sine(corners);
}

}  // namespace bmiss
