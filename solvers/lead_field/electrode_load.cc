#include "solvers/lead_field/electrode_load.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "anatomy/place_text.h"
#include "base/errors.h"
#include "base/table.h"
#include "solvers/lead_field/closest_point.h"
#include "solvers/lead_field/skin_patch.h"

namespace bmiss {
namespace {

// Coordinates in a tetrahedron that holds the point, by volumes; empty when it lies outside.
std::optional<Eigen::Vector4d> place_in(const TetMesh& mesh, std::size_t tet, const Eigen::Vector3d& point) {
  constexpr double rounding = 1e-9;  // of points on facets
  const auto& t = mesh.tets[tet];
  Eigen::Vector3d low = mesh.points.col(t[0]), high = low;
  for (const int v : t) {
    low = low.cwiseMin(mesh.points.col(v));
    high = high.cwiseMax(mesh.points.col(v));
  }
  const double slack = rounding * (high - low).norm();
  if (((point - low).array() < -slack).any() || ((point - high).array() > slack).any()) return std::nullopt;
  Eigen::Matrix3d edges;
  for (int i = 0; i < 3; ++i)
    edges.col(i) = mesh.points.col(t[static_cast<std::size_t>(i) + 1]) - mesh.points.col(t[0]);
  const Eigen::Vector3d rest = edges.inverse() * (point - mesh.points.col(t[0]));
  const Eigen::Vector4d place(1 - rest.sum(), rest[0], rest[1], rest[2]);
  if (place.minCoeff() < -rounding) return std::nullopt;
  return place;
}

// A contact inside the limb: the value of the potential there.
ElectrodeLoad contact_load(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode) {
  const std::string what = "contact '" + electrode.name + "' at " + place_of(electrode.position);
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    const auto place = place_in(mesh, tet, electrode.position);
    if (!place) continue;
    if (!mesh.tet_extruded.empty() && mesh.tet_extruded[tet] != 0)
      throw InputError(what + " lies in an extruded end of the mesh, beyond the label map; move it into the limb");
    ElectrodeLoad load;
    load.functional = point_functional(nodes, tet, *place);
    for (const auto& [a, b] : tet_edges) {
      const auto& t = mesh.tets[tet];
      load.edge = std::max(
          load.edge,
          (mesh.points.col(t[static_cast<std::size_t>(a)]) - mesh.points.col(t[static_cast<std::size_t>(b)])).norm());
    }
    return load;
  }
  double nearest = std::numeric_limits<double>::infinity();
  for (const auto& tri : mesh.triangles)
    nearest = std::min(
        nearest, (closest_point_on_triangle(
                      electrode.position, {mesh.points.col(tri[0]), mesh.points.col(tri[1]), mesh.points.col(tri[2])}) -
                  electrode.position)
                     .norm());
  throw InputError(what + " lies outside the mesh, " + format("%.1f mm", 1e3 * nearest) +
                   " from its surface; needles and wires end inside the limb");
}

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
  const SkinFacet facet = skin_facet(mesh, nodes, mesh.triangles[best]);
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

// Adds the integrals of the shape functions over one piece by the rule of the edge mid-points, exact for quadratic
// functions.
void add_piece(const SkinFacet& facet, const Eigen::Matrix3d& corners, double area, int degree,
               NodalFunctional& functional) {
  std::array<double, 6> sum{}, values{};
  for (int i = 0; i < 3; ++i) {
    facet_shape_functions(degree, 0.5 * (corners.col(i) + corners.col((i + 1) % 3)), values);
    for (std::size_t k = 0; k < 6; ++k) sum[k] += area / 3 * values[k];
  }
  for (std::size_t k = 0; k < (degree == 1 ? 3 : 6); ++k) {
    functional.nodes.push_back(facet.nodes[k]);
    functional.weights.push_back(sum[k]);
  }
}

}  // namespace

ElectrodeLoad electrode_load(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode) {
  if (electrode.is_inside()) return contact_load(mesh, nodes, electrode);
  if (electrode.shape == ElectrodeShape::point || electrode.model == ElectrodeModel::point)
    return point_load(mesh, nodes, electrode);
  if (!(electrode.area() > 0))
    throw InputError("electrode '" + electrode.name +
                     "' is a patch without size; give a radius, or a length and a width");
  ElectrodeLoad load;
  for_each_piece(mesh, nodes, electrode, [&](const SkinFacet& facet, const Eigen::Matrix3d& corners, double area) {
    add_piece(facet, corners, area, nodes.degree, load.functional);
    load.area += area;
  });
  const double share = load.area / electrode.area();
  if (share < 0.8)
    throw InputError("electrode '" + electrode.name + "' touches the skin on only " + format("%.0f %%", 100 * share) +
                     " of its area; move it away from the cut ends and onto the skin of this mesh");
  if (std::abs(share - 1) > 0.02)
    load.warning = "electrode '" + electrode.name + "' covers " + format("%.1f %%", 100 * share) +
                   " of its nominal area on this mesh";
  load.functional.compress();
  for (double& weight : load.functional.weights) weight /= load.area;
  return load;
}

}  // namespace bmiss
