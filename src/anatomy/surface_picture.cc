#include <Eigen/Geometry>
#include <algorithm>

#include "anatomy/mesh_picture.h"
#include "anatomy/picture_canvas.h"
#include "base/errors.h"

namespace bmiss {

namespace {

constexpr Colour skin{0.87, 0.72, 0.60}, cut{0.78, 0.45, 0.42}, ink{0.2, 0.2, 0.22};

struct View {
  Eigen::Vector3d towards, up, right;
  Point2 project(const Eigen::Vector3d& p) const { return {p.dot(right), p.dot(up)}; }
};

View make_view(const Eigen::Vector3d& towards_viewer, const Eigen::Vector3d& up) {
  View view;
  view.towards = towards_viewer.normalized();
  view.up = (up - view.towards * view.towards.dot(up)).normalized();
  view.right = view.up.cross(view.towards);
  BMISS_ASSERT(std::abs(view.right.norm() - 1) < 1e-9);
  return view;
}

// Light from the viewer's upper left.
double brightness(const Eigen::Vector3d& normal, const View& view) {
  const Eigen::Vector3d light = (view.towards + 0.5 * view.up - 0.5 * view.right).normalized();
  return 0.35 + 0.65 * std::max(0.0, normal.dot(light));
}

}  // namespace

void draw_mesh_surface(const TetMesh& mesh, const Eigen::Vector3d& towards_viewer, const Eigen::Vector3d& up,
                       const std::vector<SurfacePatch>& patches, const std::string& path) {
  const View view = make_view(towards_viewer, up);
  std::vector<int> patch_of(mesh.triangles.size(), -1);
  for (std::size_t p = 0; p < patches.size(); ++p)
    for (const std::size_t t : patches[p].triangles) patch_of.at(t) = static_cast<int>(p);

  // Painter's algorithm: of the triangles that face the viewer, the far ones first.
  std::vector<std::pair<double, std::size_t>> visible;
  std::vector<Eigen::Vector3d> normals(mesh.triangles.size());
  Point2 low = Point2::Constant(1e30), high = -low;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    const auto& [a, b, c] = mesh.triangles[i];
    const Eigen::Vector3d p = mesh.points.col(a), q = mesh.points.col(b), r = mesh.points.col(c);
    normals[i] = (q - p).cross(r - p).normalized();
    for (const Eigen::Vector3d& corner : {p, q, r}) {
      low = low.cwiseMin(view.project(corner));
      high = high.cwiseMax(view.project(corner));
    }
    if (normals[i].dot(view.towards) > 0) visible.emplace_back((p + q + r).dot(view.towards) / 3, i);
  }
  if (visible.empty()) throw InputError("the mesh has no boundary triangles to draw", path);
  std::sort(visible.begin(), visible.end());

  PictureCanvas canvas(low, high);
  std::vector<std::pair<Point2, std::size_t>> centres(patches.size(), {Point2::Zero(), 0});
  for (const auto& [depth, i] : visible) {
    std::vector<Point2> corners;
    for (const int v : mesh.triangles[i]) corners.push_back(view.project(mesh.points.col(v)));
    Colour colour = mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::skin) ? skin : cut;
    if (patch_of[i] >= 0) {
      const auto p = static_cast<std::size_t>(patch_of[i]);
      colour = tissue_colour("", 2 * p + 1);
      centres[p].first += (corners[0] + corners[1] + corners[2]) / 3;
      ++centres[p].second;
    }
    const Colour shaded = mix({0, 0, 0}, colour, brightness(normals[i], view));
    canvas.polygon(corners, shaded, 0.3, mix(shaded, ink, 0.25));
  }
  for (std::size_t p = 0; p < patches.size(); ++p)
    if (centres[p].second > 0) canvas.label(centres[p].first / static_cast<double>(centres[p].second), patches[p].name);
  std::vector<std::pair<std::string, Colour>> legend{{"skin", skin}, {"cut", cut}};
  if (!patches.empty())
    legend.emplace_back(patches.size() == 1 ? "electrode" : std::to_string(patches.size()) + " electrodes",
                        tissue_colour("", 1));
  canvas.legend(legend);
  canvas.scale_bar();
  canvas.save(path);
}

}  // namespace bmiss
