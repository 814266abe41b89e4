#include "anatomy/fibre_picture.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>

#include "anatomy/picture_view.h"
#include "anatomy/tissue_colours.h"
#include "base/errors.h"

namespace bmiss {
namespace {

constexpr std::size_t fibres_shown = 30;  // of each muscle
constexpr double piece_length = 2e-3;     // of a drawn line [m]
constexpr Colour body{0.965, 0.955, 0.945}, rim{0.72, 0.68, 0.64}, ink{0.1, 0.1, 0.12};

struct Line {
  double depth;  // towards the viewer [m]
  Point2 a, b;
  Colour colour;
  double width;
};

// The silhouette: wide dark edges first, then everything again without them.
void draw_outline(PictureCanvas& canvas, const TetMesh& mesh, const PictureView& view) {
  for (const bool edges : {true, false})
    for (const auto& triangle : mesh.triangles) {
      std::vector<Point2> corners;
      for (const int point : triangle) corners.push_back(view.project(mesh.points.col(point)));
      canvas.polygon(corners, edges ? rim : body, edges ? 4 : 0.8, edges ? rim : body);
    }
}

// Near lines are full of colour, far ones paler.
void add_fibre(const FibrePath& path, const PictureView& view, const Colour& colour, double near, double far,
               std::vector<Line>& lines) {
  const auto stride = std::max<Eigen::Index>(1, std::lround(piece_length / path.step));
  const Eigen::Index last = path.points.cols() - 1;
  for (Eigen::Index i = 0; i < last; i += stride) {
    const Eigen::Vector3d p = path.points.col(i), q = path.points.col(std::min(i + stride, last));
    const double s = path.step * static_cast<double>(i);
    const bool beyond = s < path.beyond_proximal || s > path.length() - path.beyond_distal;
    const double depth = view.towards.dot(p + q) / 2, haze = 0.5 * (near - depth) / std::max(near - far, 1e-9);
    lines.push_back({depth, view.project(p), view.project(q), mix(colour, body, beyond ? 0.75 : haze), 1.4});
  }
}

// Every n-th fibre, at most `fibres_shown`.
std::vector<const FibrePath*> some_of(const std::vector<FibrePath>& paths) {
  std::vector<const FibrePath*> result;
  const double stride = std::max(1.0, static_cast<double>(paths.size()) / static_cast<double>(fibres_shown));
  for (double at = 0; static_cast<std::size_t>(at) < paths.size(); at += stride)
    result.push_back(&paths[static_cast<std::size_t>(at)]);
  return result;
}

}  // namespace

void draw_fibres(const TetMesh& mesh, const FibreAtlas& atlas, const Eigen::Vector3d& limb_axis,
                 const Eigen::Vector3d& towards_viewer, const std::string& path) {
  const PictureView front(limb_axis, towards_viewer);
  const StackedViews views = stacked(front, {limb_axis, -front.up}, mesh.points);
  auto names = mesh.tissue_names;
  std::map<std::string, int> label_of;
  for (const auto& [label, name] : names) label_of[name] = label;
  for (const auto& [muscle, paths] : atlas.paths) {  // a mesh need not name its tissues
    const auto [found, is_new] = label_of.emplace(muscle, names.empty() ? 0 : names.rbegin()->first + 1);
    if (is_new) names[found->second] = muscle;
  }
  const auto colours = tissue_colours(names);

  std::vector<std::pair<std::string, Colour>> legend;
  std::vector<Line> lines;
  for (const auto& [muscle, paths] : atlas.paths) {
    if (paths.empty()) continue;
    const Colour& colour = colours.at(label_of.at(muscle));
    legend.emplace_back(muscle, colour);
    for (const PictureView& view : {views.above, views.below}) {
      const auto [far, near] = extent_along(mesh.points, view.towards);
      for (const FibrePath* fibre : some_of(paths)) add_fibre(*fibre, view, colour, near, far, lines);
    }
  }
  if (lines.empty()) throw InputError("there are no fibres to draw", path);
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.depth < b.depth; });
  PictureCanvas canvas(views.low, views.high);
  for (const PictureView& view : {views.above, views.below}) draw_outline(canvas, mesh, view);
  for (const Line& line : lines) canvas.line(line.a, line.b, line.width, line.colour);
  canvas.legend(legend);
  canvas.caption(
      "some fibres of each muscle in two views at right angles; the proximal end lies on the left; palest: "
      "in extruded ends");
  canvas.scale_bar();
  canvas.save(path);
}

}  // namespace bmiss
