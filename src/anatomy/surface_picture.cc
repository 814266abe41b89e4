#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <vector>

#include "anatomy/mesh_picture.h"
#include "anatomy/picture_view.h"
#include "anatomy/tissue_colours.h"
#include "base/errors.h"

namespace bmiss {

namespace {

constexpr Colour ink{0.2, 0.2, 0.22};

struct PartLook {
  BoundaryPart part;
  std::string name;
  Colour colour;
};
const std::vector<PartLook>& part_looks() {
  static const std::vector<PartLook> looks = {{BoundaryPart::skin, "skin", {0.87, 0.72, 0.60}},
                                              {BoundaryPart::extension, "extruded end", {0.80, 0.80, 0.79}},
                                              {BoundaryPart::proximal, "proximal end face", {0.78, 0.45, 0.42}},
                                              {BoundaryPart::distal, "distal end face", {0.60, 0.42, 0.62}},
                                              {BoundaryPart::cut, "cut by the image", {0.45, 0.55, 0.70}}};
  return looks;
}

const PartLook& look_of(int part) {
  for (const PartLook& look : part_looks())
    if (part == static_cast<int>(look.part)) return look;
  return part_looks().front();
}

// Light from the viewer's upper left.
double brightness(const Eigen::Vector3d& normal, const PictureView& view) {
  const Eigen::Vector3d light = (view.towards + 0.5 * view.up - 0.5 * view.right).normalized();
  return 0.35 + 0.65 * std::max(0.0, normal.dot(light));
}

// Painter's algorithm: of the triangles that face the viewer, the far ones first.
void draw_skin(PictureCanvas& canvas, const TetMesh& mesh, const PictureView& view) {
  std::vector<std::pair<double, std::size_t>> visible;
  std::vector<Eigen::Vector3d> normals(mesh.triangles.size());
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    const auto& [a, b, c] = mesh.triangles[i];
    const Eigen::Vector3d p = mesh.points.col(a), q = mesh.points.col(b), r = mesh.points.col(c);
    normals[i] = (q - p).cross(r - p).normalized();
    if (normals[i].dot(view.towards) > 0) visible.emplace_back((p + q + r).dot(view.towards) / 3, i);
  }
  std::sort(visible.begin(), visible.end());
  for (const auto& [depth, i] : visible) {
    std::vector<Point2> corners;
    for (const int v : mesh.triangles[i]) corners.push_back(view.project(mesh.points.col(v)));
    const Colour shaded = mix({0, 0, 0}, look_of(mesh.triangle_parts[i]).colour, brightness(normals[i], view));
    canvas.polygon(corners, shaded, 0.3, mix(shaded, ink, 0.25));
  }
}

// Corners of the patch in its tangent plane; of a ring, of its inner circle when `inner_radius` is given as radius.
std::vector<Point2> outline(const Electrode& e, double radius, const PictureView& view) {
  const Eigen::Vector3d across = e.normal.cross(e.along);
  std::vector<Point2> corners;
  const auto add = [&](double a, double b) { corners.push_back(view.project(e.position + a * e.along + b * across)); };
  if (e.shape == ElectrodeShape::rectangle) {
    for (const auto& [a, b] : {std::pair{1, 1}, {-1, 1}, {-1, -1}, {1, -1}}) add(a * e.length / 2, b * e.width / 2);
    return corners;
  }
  constexpr int n = 32;
  for (int i = 0; i < n; ++i) add(radius * std::cos(2 * M_PI * i / n), radius * std::sin(2 * M_PI * i / n));
  return corners;
}

void draw_electrode(PictureCanvas& canvas, const Electrode& e, const Colour& colour, const PictureView& view) {
  if (e.shape == ElectrodeShape::point) {
    canvas.dot(view.project(e.position), colour);
    return;
  }
  canvas.polygon(outline(e, e.radius, view), colour, 0.8, ink);
  if (e.shape == ElectrodeShape::ring)
    canvas.polygon(outline(e, e.inner_radius, view), look_of(static_cast<int>(BoundaryPart::skin)).colour, 0.8, ink);
}

struct Grid {
  std::string name;
  std::vector<const Electrode*> electrodes;
};

std::vector<Grid> grids_of(const std::vector<Electrode>& electrodes) {
  std::vector<Grid> grids;
  for (const Electrode& e : electrodes) {
    auto found = std::find_if(grids.begin(), grids.end(), [&](const Grid& g) { return g.name == e.group; });
    if (found == grids.end()) found = grids.insert(grids.end(), {e.group, {}});
    found->electrodes.push_back(&e);
  }
  return grids;
}

// What lies inside the limb is drawn in every view.
bool is_seen(const Electrode& e, const PictureView& view) {
  return e.is_inside() || e.normal.dot(view.towards) > 0;
}

// The first electrode of a grid has its name beside it, away from the others.
void draw_grid(PictureCanvas& canvas, const Grid& grid, const Colour& colour, const PictureView& view, double offset) {
  Point2 middle = Point2::Zero();
  for (const Electrode* e : grid.electrodes) {
    middle += view.project(e->position) / static_cast<double>(grid.electrodes.size());
    if (is_seen(*e, view)) draw_electrode(canvas, *e, colour, view);
  }
  const Electrode& first = *grid.electrodes.front();
  if (!is_seen(first, view)) return;
  const Point2 at = view.project(first.position);
  canvas.label({at[0], at[1] + (at[1] >= middle[1] ? 1 : -1) * (first.outer_radius() + offset)}, first.name);
}

}  // namespace

void draw_mesh_surface(const TetMesh& mesh, const Eigen::Vector3d& limb_axis, const Eigen::Vector3d& towards_viewer,
                       const std::vector<Electrode>& electrodes, const std::string& path) {
  if (mesh.triangles.empty()) throw InputError("the mesh has no boundary triangles to draw", path);
  const PictureView front(limb_axis, towards_viewer), back(limb_axis, -towards_viewer);
  const bool turns_away =
      std::any_of(electrodes.begin(), electrodes.end(), [&](const Electrode& e) { return !is_seen(e, front); });
  std::vector<PictureView> views{front};
  auto [left, right] = extent_along(mesh.points, front.right);
  auto [bottom, top] = extent_along(mesh.points, front.up);
  Point2 low(left, bottom), high(right, top);
  if (turns_away) {
    const StackedViews both = stacked(front, back, mesh.points);
    views = {both.above, both.below};
    low = both.low;
    high = both.high;
  }

  PictureCanvas canvas(low, high);
  const auto grids = grids_of(electrodes);
  for (const PictureView& view : views) {
    draw_skin(canvas, mesh, view);
    for (std::size_t g = 0; g < grids.size(); ++g)
      draw_grid(canvas, grids[g], distinct_colour(g + 2), view, 0.015 * (right - left));
  }
  std::vector<std::pair<std::string, Colour>> legend;
  for (const PartLook& look : part_looks())
    if (std::count(mesh.triangle_parts.begin(), mesh.triangle_parts.end(), static_cast<int>(look.part)) > 0)
      legend.emplace_back(look.name, look.colour);
  for (std::size_t g = 0; g < grids.size(); ++g)
    legend.emplace_back((grids[g].name.empty() ? "" : grids[g].name + ": ") +
                            std::to_string(grids[g].electrodes.size()) +
                            (grids[g].electrodes.size() == 1 ? " electrode" : " electrodes"),
                        distinct_colour(g + 2));
  canvas.legend(legend);
  canvas.caption(
      std::string(turns_away ? "the limb from two opposite sides" : "the limb from the side of its electrodes") +
      "; its proximal end lies on the left");
  canvas.scale_bar();
  canvas.save(path);
}

}  // namespace bmiss
