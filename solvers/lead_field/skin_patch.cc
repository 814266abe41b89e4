#include "solvers/lead_field/skin_patch.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <vector>

#include "solvers/lead_field/closest_point.h"

namespace bmiss {
namespace {

// Edge of the smallest pieces, across which the borders of a patch are taken as straight, relative to the patch's outer
// radius, and of a ring also to its breadth.
constexpr double finest = 0.05, finest_of_breadth = 0.25;
constexpr int deepest = 9;  // levels of subdivision, whatever the facet's size

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

// Cuts the facets along the borders of one patch.
class PatchCutter {
public:
  PatchCutter(const Electrode& electrode, const PatchPiece& found)
      : electrode_(electrode), found_(found), radius_(electrode.outer_radius()) {
    smallest_ = finest * radius_;
    if (electrode.shape == ElectrodeShape::ring)
      smallest_ = std::min(smallest_, finest_of_breadth * (electrode.radius - electrode.inner_radius));
  }

  void cut(const SkinFacet& facet) {
    facet_ = &facet;
    int levels = 0;
    while (levels < deepest && facet.longest_edge() / std::pow(2.0, levels) > smallest_) ++levels;
    descend({corner(Eigen::Vector3d::UnitX()), corner(Eigen::Vector3d::UnitY()), corner(Eigen::Vector3d::UnitZ())},
            facet.area(), levels);
  }

private:
  using Piece = std::array<Corner, 3>;

  Corner corner(const Eigen::Vector3d& place) const { return {place, distances_within(electrode_, facet_->at(place))}; }

  void take(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c, double area) const {
    Eigen::Matrix3d corners;
    corners << a, b, c;
    found_(*facet_, corners, area);
  }

  void take_clipped(const Piece& piece) const {
    std::vector<Corner> polygon(piece.begin(), piece.end());
    for (std::size_t border = 0; border < 4 && !polygon.empty(); ++border) polygon = clipped(polygon, border);
    for (std::size_t i = 1; i + 1 < polygon.size(); ++i) {
      Eigen::Matrix3d places;
      places << polygon[0].place, polygon[i].place, polygon[i + 1].place;
      // Areas within the facet are to its own as this determinant.
      found_(*facet_, places, std::abs(places.determinant()) * facet_->area());
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
    if (whole) return take(piece[0].place, piece[1].place, piece[2].place, piece_area);
    if (levels == 0) return take_clipped(piece);
    const Piece mid = {corner(0.5 * (piece[0].place + piece[1].place)), corner(0.5 * (piece[1].place + piece[2].place)),
                       corner(0.5 * (piece[2].place + piece[0].place))};
    for (std::size_t i = 0; i < 3; ++i) descend({piece[i], mid[i], mid[(i + 2) % 3]}, piece_area / 4, levels - 1);
    descend(mid, piece_area / 4, levels - 1);
  }

  const Electrode& electrode_;
  const PatchPiece& found_;
  double radius_, smallest_;
  const SkinFacet* facet_ = nullptr;
};

}  // namespace

Eigen::Vector3d SkinFacet::at(const Eigen::Vector3d& b) const {
  return b[0] * corners[0] + b[1] * corners[1] + b[2] * corners[2];
}

double SkinFacet::area() const {
  return 0.5 * (corners[1] - corners[0]).cross(corners[2] - corners[0]).norm();
}

double SkinFacet::longest_edge() const {
  return std::max(
      {(corners[1] - corners[0]).norm(), (corners[2] - corners[1]).norm(), (corners[0] - corners[2]).norm()});
}

SkinFacet skin_facet(const TetMesh& mesh, const ElementNodes& nodes, const std::array<int, 3>& triangle) {
  SkinFacet facet;
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

void for_each_piece(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode,
                    const PatchPiece& piece) {
  PatchCutter cutter(electrode, piece);
  const double reach = electrode.outer_radius();
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    if (mesh.triangle_parts[t] != static_cast<int>(BoundaryPart::skin)) continue;
    const auto& tri = mesh.triangles[t];
    const std::array<Eigen::Vector3d, 3> corners = {mesh.points.col(tri[0]), mesh.points.col(tri[1]),
                                                    mesh.points.col(tri[2])};
    if ((closest_point_on_triangle(electrode.position, corners) - electrode.position).norm() > reach) continue;
    // On a thin limb the far side may be within reach.
    if ((corners[1] - corners[0]).cross(corners[2] - corners[0]).dot(electrode.normal) <= 0) continue;
    cutter.cut(skin_facet(mesh, nodes, tri));
  }
}

}  // namespace bmiss
