#include "solvers/lead_field/electrode_load.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "anatomy/patch_checks.h"
#include "anatomy/place_text.h"
#include "base/errors.h"
#include "base/table.h"
#include "solvers/lead_field/closest_point.h"

namespace bmiss {
namespace {

// Edge of the smallest pieces, across which the borders of a patch are taken as straight, relative to the patch's outer
// radius, and of a ring also to its breadth.
constexpr double finest = 0.05, finest_of_breadth = 0.25;
constexpr int deepest = 9;  // levels of subdivision, whatever the facet's size

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

// A point of a facet with how far it lies within each border of the patch [m]; covered where none is negative.
struct Corner {
  Eigen::Vector3d place;  // barycentric coordinates within the facet
  std::array<double, 4> within;
};

std::array<double, 4> distances_within(const Electrode& electrode, const Eigen::Vector3d& p) {
  const Eigen::Vector2d local = electrode.local_coordinates(p);
  if (electrode.shape == ElectrodeShape::rectangle)
    return {electrode.length / 2 - local[0], electrode.length / 2 + local[0], electrode.width / 2 - local[1],
            electrode.width / 2 + local[1]};
  const double distance = local.norm();
  return {electrode.radius - distance, distance - electrode.inner_radius, 0, 0};
}

// Sutherland & Hodgman 1974: the part of a convex polygon within one border, which is straight across the polygon.
std::vector<Corner> clipped(const std::vector<Corner>& polygon, std::size_t border) {
  std::vector<Corner> result;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Corner &here = polygon[i], &next = polygon[(i + 1) % polygon.size()];
    const double a = here.within[border], b = next.within[border];
    if (a >= 0) result.push_back(here);
    if ((a >= 0) == (b >= 0)) continue;
    Corner cut;
    cut.place = here.place + a / (a - b) * (next.place - here.place);
    for (std::size_t k = 0; k < 4; ++k)
      cut.within[k] = here.within[k] + a / (a - b) * (next.within[k] - here.within[k]);
    result.push_back(cut);
  }
  return result;
}

// Integrates the shape functions over the part of one facet that the electrode covers.
class PatchIntegral {
public:
  PatchIntegral(const Electrode& electrode, int degree)
      : electrode_(electrode), degree_(degree), radius_(electrode.outer_radius()) {
    smallest_ = finest * radius_;
    if (electrode.shape == ElectrodeShape::ring)
      smallest_ = std::min(smallest_, finest_of_breadth * (electrode.radius - electrode.inner_radius));
  }

  void add(const Facet& facet) {
    facet_ = &facet;
    weights_.fill(0);
    int levels = 0;
    while (levels < deepest && facet.longest_edge() / std::pow(2.0, levels) > smallest_) ++levels;
    descend({corner(Eigen::Vector3d::UnitX()), corner(Eigen::Vector3d::UnitY()), corner(Eigen::Vector3d::UnitZ())},
            facet.area(), levels);
    for (std::size_t i = 0; i < (degree_ == 1 ? 3 : 6); ++i) {
      if (weights_[i] == 0) continue;
      functional.nodes.push_back(facet.nodes[i]);
      functional.weights.push_back(weights_[i]);
    }
  }

  NodalFunctional functional;
  double area = 0;

private:
  using Piece = std::array<Corner, 3>;

  Corner corner(const Eigen::Vector3d& place) const { return {place, distances_within(electrode_, facet_->at(place))}; }

  // Rule of the edge mid-points: exact for quadratic functions.
  void add_triangle(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c, double weight) {
    for (const Eigen::Vector3d& place : {(0.5 * (a + b)).eval(), (0.5 * (b + c)).eval(), (0.5 * (c + a)).eval()}) {
      std::array<double, 6> values{};
      facet_shape_functions(degree_, place, values);
      for (std::size_t i = 0; i < 6; ++i) weights_[i] += weight / 3 * values[i];
    }
    area += weight;
  }

  void add_clipped(const Piece& piece) {
    std::vector<Corner> polygon(piece.begin(), piece.end());
    for (std::size_t border = 0; border < 4 && !polygon.empty(); ++border) polygon = clipped(polygon, border);
    for (std::size_t i = 1; i + 1 < polygon.size(); ++i) {
      Eigen::Matrix3d places;
      places << polygon[0].place, polygon[i].place, polygon[i + 1].place;
      // Areas within the facet are to its own as this determinant.
      add_triangle(places.col(0), places.col(1), places.col(2), std::abs(places.determinant()) * facet_->area());
    }
  }

  void descend(const Piece& piece, double piece_area, int levels) {
    const double distance =
        (closest_point_on_triangle(electrode_.position, {facet_->at(piece[0].place), facet_->at(piece[1].place),
                                                         facet_->at(piece[2].place)}) -
         electrode_.position)
            .norm();
    // Distances along the skin are lengths of chords, so a piece farther than the outer radius is not covered.
    if (distance > radius_ * (1 + 1e-9)) return;
    const auto covered = [](const Corner& c) { return *std::min_element(c.within.begin(), c.within.end()) >= 0; };
    // The hole of a ring may lie between the corners.
    const bool whole = std::all_of(piece.begin(), piece.end(), covered) && distance >= electrode_.inner_radius;
    if (whole) return add_triangle(piece[0].place, piece[1].place, piece[2].place, piece_area);
    if (levels == 0) return add_clipped(piece);
    const Piece mid = {corner(0.5 * (piece[0].place + piece[1].place)), corner(0.5 * (piece[1].place + piece[2].place)),
                       corner(0.5 * (piece[2].place + piece[0].place))};
    for (std::size_t i = 0; i < 3; ++i) descend({piece[i], mid[i], mid[(i + 2) % 3]}, piece_area / 4, levels - 1);
    descend(mid, piece_area / 4, levels - 1);
  }

  const Electrode& electrode_;
  int degree_;
  double radius_, smallest_;
  const Facet* facet_ = nullptr;
  std::array<double, 6> weights_{};
};

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
  if (electrode.is_inside()) return contact_load(mesh, nodes, electrode);
  if (electrode.shape == ElectrodeShape::point) return point_load(mesh, nodes, electrode);
  if (!(electrode.area() > 0))
    throw InputError("electrode '" + electrode.name +
                     "' is a patch without size; give a radius, or a length and a width");
  PatchIntegral patch(electrode, nodes.degree);
  const double reach = electrode.outer_radius();
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.triangle_parts[t] != static_cast<int>(BoundaryPart::skin)) continue;
    const auto& tri = mesh.triangles[t];
    const std::array<Eigen::Vector3d, 3> corners = {mesh.points.col(tri[0]), mesh.points.col(tri[1]),
                                                    mesh.points.col(tri[2])};
    if ((closest_point_on_triangle(electrode.position, corners) - electrode.position).norm() > reach) continue;
    // On a thin limb the far side may be within reach.
    if ((corners[1] - corners[0]).cross(corners[2] - corners[0]).dot(electrode.normal) <= 0) continue;
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
