#include "anatomy/fibre_picture.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>

#include "anatomy/picture_canvas.h"
#include "base/errors.h"

namespace bmiss {
namespace {

constexpr std::size_t fibres_shown = 40;  // of each muscle
constexpr double piece_length = 2e-3;     // of a drawn line [m]
constexpr Colour paper{1, 1, 1}, body{0.965, 0.955, 0.945}, rim{0.72, 0.68, 0.64}, ink{0.1, 0.1, 0.12};

struct View {
  Eigen::Vector3d right, up, towards;
  double shift = 0;  // upwards on the picture [m]
  Point2 project(const Eigen::Vector3d& p) const { return {p.dot(right), p.dot(up) + shift}; }
};

struct Line {
  double depth;  // towards the viewer [m]
  Point2 a, b;
  Colour colour;
  double width;
};

// The silhouette: wide dark edges first, then everything again without them.
void draw_outline(PictureCanvas& canvas, const TetMesh& mesh, const View& view) {
  for (const bool edges : {true, false})
    for (const auto& triangle : mesh.triangles) {
      std::vector<Point2> corners;
      for (const int point : triangle) corners.push_back(view.project(mesh.points.col(point)));
      canvas.polygon(corners, edges ? rim : body, edges ? 4 : 0.8, edges ? rim : body);
    }
}

// Near lines are full of colour, far ones paler.
void add_fibre(const FibrePath& path, const View& view, const Colour& colour, double near, double far,
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
  const Eigen::Vector3d right = limb_axis.normalized();
  const Eigen::Vector3d towards = (towards_viewer - right * right.dot(towards_viewer)).normalized();
  View views[] = {{right, towards.cross(right), towards}, {right, towards, -towards.cross(right)}};
  const auto extent = [&](const Eigen::Vector3d& direction) {
    const Eigen::VectorXd along = mesh.points.transpose() * direction;
    return std::pair{along.minCoeff(), along.maxCoeff()};
  };
  // The second view stands below the first, at a small distance.
  const auto [left_edge, right_edge] = extent(right);
  const auto [first_low, first_high] = extent(views[0].up);
  const auto [second_low, second_high] = extent(views[1].up);
  views[1].shift = first_low - second_high - 0.06 * (right_edge - left_edge);

  std::vector<std::pair<std::string, Colour>> legend;
  std::vector<Line> lines;
  for (const auto& [muscle, paths] : atlas.paths) {
    if (paths.empty()) continue;
    const Colour colour = mix(tissue_colour("", legend.size()), ink, 0.15);
    legend.emplace_back(muscle, colour);
    for (const View& view : views) {
      const auto [far, near] = extent(view.towards);
      for (const FibrePath* fibre : some_of(paths)) add_fibre(*fibre, view, colour, near, far, lines);
    }
  }
  if (lines.empty()) throw InputError("there are no fibres to draw", path);
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.depth < b.depth; });
  PictureCanvas canvas({left_edge, second_low + views[1].shift}, {right_edge, first_high});
  for (const View& view : views) draw_outline(canvas, mesh, view);
  for (const Line& line : lines) canvas.line(line.a, line.b, line.width, line.colour);
  canvas.legend(legend);
  canvas.scale_bar();
  canvas.save(path);
}

}  // namespace bmiss
