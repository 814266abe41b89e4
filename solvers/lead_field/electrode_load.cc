#include "solvers/lead_field/electrode_load.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/table.h"
#include "solvers/lead_field/closest_point.h"

namespace bmiss {
namespace {

constexpr double finest = 0.02;  // edge of the smallest pieces, relative to the patch's outer radius
constexpr int deepest = 9;       // levels of subdivision, whatever the facet's size

using Corners = std::array<Eigen::Vector3d, 3>;  // barycentric coordinates of a piece's corners within its facet

// One facet of the skin: its corners in space and its nodes.
struct Facet {
  std::array<Eigen::Vector3d, 3> corners;
  std::array<int, 6> nodes{};  // vertices 0 1 2, edges 01 12 20
  Eigen::Vector3d at(const Eigen::Vector3d& b) const {
    return b[0] * corners[0] + b[1] * corners[1] + b[2] * corners[2];
  }
  double area() const { return 0.5 * (corners[1] - corners[0]).cross(corners[2] - corners[0]).norm(); }
  double longest_edge() const {
    return std::max(
        {(corners[1] - corners[0]).norm(), (corners[2] - corners[1]).norm(), (corners[0] - corners[2]).norm()});
  }
};

Facet make_facet(const TetMesh& mesh, const ElementNodes& nodes, const std::array<int, 3>& triangle) {
  Facet facet;
  for (std::size_t i = 0; i < 3; ++i) {
    facet.corners[i] = mesh.points.col(triangle[i]);
    facet.nodes[i] = triangle[i];
    if (nodes.degree == 2) facet.nodes[3 + i] = nodes.mid_node(triangle[i], triangle[(i + 1) % 3]);
  }
  return facet;
}

void facet_shape_functions(int degree, const Eigen::Vector3d& b, std::array<double, 6>& values) {
  for (std::size_t i = 0; i < 3; ++i) {
    const double l = b[static_cast<Eigen::Index>(i)], next = b[static_cast<Eigen::Index>((i + 1) % 3)];
    values[i] = degree == 1 ? l : l * (2 * l - 1);
    values[3 + i] = 4 * l * next;
  }
}

double outer_radius(const Electrode& electrode) {
  return electrode.shape == ElectrodeShape::disc ? electrode.radius
                                                 : 0.5 * std::hypot(electrode.length, electrode.width);
}

// Integrates the shape functions over the part of one facet that the electrode covers.
class PatchIntegral {
public:
  PatchIntegral(const Electrode& electrode, int degree)
      : electrode_(electrode), degree_(degree), radius_(outer_radius(electrode)) {}

  void add(const Facet& facet) {
    facet_ = &facet;
    weights_.fill(0);
    int levels = 0;
    while (levels < deepest && facet.longest_edge() / std::pow(2.0, levels) > finest * radius_) ++levels;
    descend({Eigen::Vector3d::UnitX(), Eigen::Vector3d::UnitY(), Eigen::Vector3d::UnitZ()}, facet.area(), levels);
    for (std::size_t i = 0; i < (degree_ == 1 ? 3 : 6); ++i) {
      if (weights_[i] == 0) continue;
      functional.nodes.push_back(facet.nodes[i]);
      functional.weights.push_back(weights_[i]);
    }
  }

  NodalFunctional functional;
  double area = 0;

private:
  void sample(const Eigen::Vector3d& b, double weight) {
    std::array<double, 6> values{};
    facet_shape_functions(degree_, b, values);
    for (std::size_t i = 0; i < 6; ++i) weights_[i] += weight * values[i];
    area += weight;
  }

  void descend(const Corners& c, double piece_area, int levels) {
    std::array<Eigen::Vector3d, 3> place;
    for (std::size_t i = 0; i < 3; ++i) place[i] = facet_->at(c[i]);
    // Distances along the skin are lengths of chords, so a piece farther than the outer radius is not covered.
    if ((closest_point_on_triangle(electrode_.position, place) - electrode_.position).norm() > radius_ * (1 + 1e-9))
      return;
    const Corners mid = {0.5 * (c[0] + c[1]), 0.5 * (c[1] + c[2]), 0.5 * (c[2] + c[0])};
    bool whole = true;
    for (std::size_t i = 0; i < 3 && whole; ++i)
      whole = electrode_.covers(place[i]) && electrode_.covers(facet_->at(mid[i]));
    if (whole) {  // rule of the edge mid-points: exact for quadratic functions
      for (const auto& b : mid) sample(b, piece_area / 3);
    } else if (levels == 0) {
      for (std::size_t i = 0; i < 3; ++i) {
        const Eigen::Vector3d b = (2.0 / 3.0) * c[i] + (1.0 / 6.0) * (c[(i + 1) % 3] + c[(i + 2) % 3]);
        if (electrode_.covers(facet_->at(b))) sample(b, piece_area / 3);
      }
    } else {
      for (std::size_t i = 0; i < 3; ++i) descend({c[i], mid[i], mid[(i + 2) % 3]}, piece_area / 4, levels - 1);
      descend(mid, piece_area / 4, levels - 1);
    }
  }

  const Electrode& electrode_;
  int degree_;
  double radius_;
  const Facet* facet_ = nullptr;
  std::array<double, 6> weights_{};
};

ElectrodeLoad point_load(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode) {
  double nearest = std::numeric_limits<double>::infinity();
  std::size_t best = mesh.triangles.size();
  Eigen::Vector3d foot = Eigen::Vector3d::Zero();
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.triangle_parts[t] != static_cast<int>(BoundaryPart::skin)) continue;
    const auto& tri = mesh.triangles[t];
    const Eigen::Vector3d p = closest_point_on_triangle(
        electrode.position, {mesh.points.col(tri[0]), mesh.points.col(tri[1]), mesh.points.col(tri[2])});
    const double distance = (p - electrode.position).norm();
    if (distance < nearest) {
      nearest = distance;
      best = t;
      foot = p;
    }
  }
  if (nearest > 2e-3)
    throw InputError("electrode '" + electrode.name + "' is " + format("%.1f mm", 1e3 * nearest) +
                     " away from the skin; move it onto the skin of this mesh");
  const Facet facet = make_facet(mesh, nodes, mesh.triangles[best]);
  const Eigen::Vector3d u = facet.corners[1] - facet.corners[0], v = facet.corners[2] - facet.corners[0],
                        w = foot - facet.corners[0];
  const Eigen::Vector3d n = u.cross(v);
  const double b1 = w.cross(v).dot(n) / n.squaredNorm(), b2 = u.cross(w).dot(n) / n.squaredNorm();
  std::array<double, 6> values{};
  facet_shape_functions(nodes.degree, {1 - b1 - b2, b1, b2}, values);
  ElectrodeLoad load;
  const std::ptrdiff_t n_nodes = nodes.degree == 1 ? 3 : 6;
  load.functional.nodes.assign(facet.nodes.begin(), facet.nodes.begin() + n_nodes);
  load.functional.weights.assign(values.begin(), values.begin() + n_nodes);
  load.functional.compress();
  return load;
}

}  // namespace

ElectrodeLoad electrode_load(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode) {
  if (electrode.shape == ElectrodeShape::point) return point_load(mesh, nodes, electrode);
  if (!(electrode.area() > 0))
    throw InputError("electrode '" + electrode.name +
                     "' is a patch without size; give a radius, or a length and a width");
  PatchIntegral patch(electrode, nodes.degree);
  const double reach = outer_radius(electrode);
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.triangle_parts[t] != static_cast<int>(BoundaryPart::skin)) continue;
    const auto& tri = mesh.triangles[t];
    const std::array<Eigen::Vector3d, 3> corners = {mesh.points.col(tri[0]), mesh.points.col(tri[1]),
                                                    mesh.points.col(tri[2])};
    if ((closest_point_on_triangle(electrode.position, corners) - electrode.position).norm() > reach) continue;
    patch.add(make_facet(mesh, nodes, tri));
  }
  ElectrodeLoad load;
  load.area = patch.area;
  const double share = patch.area / electrode.area();
  if (share < 0.8)
    throw InputError("electrode '" + electrode.name + "' touches the skin on only " + format("%.0f %%", 100 * share) +
                     " of its area; move it away from the cut ends and onto the skin of this mesh");
  if (std::abs(share - 1) > 0.02)
    load.warning = "electrode '" + electrode.name + "' covers " + format("%.1f %%", 100 * share) +
                   " of its nominal area on this mesh";
  load.functional = std::move(patch.functional);
  load.functional.compress();
  for (double& weight : load.functional.weights) weight /= patch.area;
  return load;
}

}  // namespace bmiss
