#include "anatomy/mesh_picture.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "anatomy/picture_canvas.h"
#include "anatomy/tet_shape.h"
#include "anatomy/tissue_colours.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {

namespace {

constexpr Colour outline{0.2, 0.2, 0.22};
constexpr double dot_reach = 5e-3;  // farther from the plane dots would float beside what it cuts [m]

struct CutPoint {
  Point2 at;
  double value;  // of the field, 0 without one
};

// The frame of the picture and the cut of one tetrahedron in it.
class Section {
public:
  Section(const TetMesh& mesh, const SectionPlane& plane, const Eigen::VectorXd* values)
      : mesh_(mesh), values_(values), point_(plane.point), normal_(plane.normal.normalized()) {
    up_ = (plane.up - normal_ * normal_.dot(plane.up)).normalized();
    right_ = up_.cross(normal_);
    BMISS_ASSERT(std::abs(right_.norm() - 1) < 1e-9);
    height_ = (mesh.points.colwise() - point_).transpose() * normal_;
    // A vertex exactly in the plane counts as above it, so that every cut is a triangle or a quadrilateral.
    for (double& h : height_) h = std::abs(h) < 1e-9 ? 1e-9 : h;
  }

  Point2 project(const Eigen::Vector3d& p) const { return {(p - point_).dot(right_), (p - point_).dot(up_)}; }
  bool is_near(const Eigen::Vector3d& p) const { return std::abs((p - point_).dot(normal_)) <= dot_reach; }

  CutPoint cut_edge(int a, int b) const {
    const double t = height_[a] / (height_[a] - height_[b]);
    const Eigen::Vector3d p = (1 - t) * mesh_.points.col(a) + t * mesh_.points.col(b);
    return {project(p), values_ == nullptr ? 0.0 : (1 - t) * (*values_)[a] + t * (*values_)[b]};
  }

  bool above(int v) const { return height_[v] > 0; }

  // Corners in order around the polygon; empty when the plane passes by.
  std::vector<CutPoint> cut_tet(const std::array<int, 4>& tet) const {
    std::vector<int> over, under;
    for (const int v : tet) (above(v) ? over : under).push_back(v);
    std::vector<CutPoint> corners;
    if (over.empty() || under.empty()) return corners;
    if (over.size() == 2) {
      for (const auto& [i, j] : {std::pair<std::size_t, std::size_t>{0, 0}, {0, 1}, {1, 1}, {1, 0}})
        corners.push_back(cut_edge(over[i], under[j]));
      return corners;
    }
    for (const int a : over)
      for (const int b : under) corners.push_back(cut_edge(a, b));
    return corners;
  }

  // The line where a facet meets the plane.
  std::optional<std::pair<Point2, Point2>> cut_facet(const std::array<int, 3>& facet) const {
    std::vector<Point2> ends;
    for (std::size_t k = 0; k < 3; ++k)
      if (above(facet[k]) != above(facet[(k + 1) % 3])) ends.push_back(cut_edge(facet[k], facet[(k + 1) % 3]).at);
    if (ends.size() != 2) return std::nullopt;
    return std::pair{ends[0], ends[1]};
  }

private:
  const TetMesh& mesh_;
  const Eigen::VectorXd* values_;
  Eigen::Vector3d point_, normal_, up_, right_;
  Eigen::VectorXd height_;
};

struct CutTet {
  std::vector<CutPoint> corners;
  int label;
};

std::vector<CutTet> cut_all(const TetMesh& mesh, const Section& section, Point2& low, Point2& high) {
  std::vector<CutTet> cuts;
  low.setConstant(1e30);
  high.setConstant(-1e30);
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    auto corners = section.cut_tet(mesh.tets[t]);
    if (corners.empty()) continue;
    for (const CutPoint& corner : corners) {
      low = low.cwiseMin(corner.at);
      high = high.cwiseMax(corner.at);
    }
    cuts.push_back({std::move(corners), mesh.tet_labels[t]});
  }
  if (cuts.empty()) throw InputError("the plane of the picture misses the mesh; choose a point inside the limb");
  return cuts;
}

void draw_interfaces(PictureCanvas& canvas, const TetMesh& mesh, const Section& section, double width) {
  const auto facets = sorted_facets(mesh.tets);
  for (std::size_t i = 0; i < facets.size();) {
    const bool shared = i + 1 < facets.size() && facets[i + 1].key == facets[i].key;
    if (!shared || mesh.tet_labels[static_cast<std::size_t>(facets[i].tet)] !=
                       mesh.tet_labels[static_cast<std::size_t>(facets[i + 1].tet)])
      if (const auto line = section.cut_facet(facets[i].key)) canvas.line(line->first, line->second, width, outline);
    i += shared ? 2 : 1;
  }
}

void draw_dots(PictureCanvas& canvas, const Section& section, const Eigen::Matrix3Xd& dots) {
  for (Eigen::Index i = 0; i < dots.cols(); ++i)
    if (section.is_near(dots.col(i))) canvas.dot(section.project(dots.col(i)), {0.1, 0.1, 0.1});
}

}  // namespace

void draw_mesh_section(const TetMesh& mesh, const SectionPlane& plane, const Eigen::Matrix3Xd& dots,
                       const std::string& path) {
  const Section section(mesh, plane, nullptr);
  Point2 low, high;
  const auto cuts = cut_all(mesh, section, low, high);
  PictureCanvas canvas(low, high);
  auto names = mesh.tissue_names;
  std::set<int> present;
  for (const CutTet& cut : cuts) {
    names.emplace(cut.label, "label " + std::to_string(cut.label));
    present.insert(cut.label);
  }
  const auto colours = tissue_colours(names);
  std::vector<std::pair<std::string, Colour>> legend;
  for (const int label : present) legend.emplace_back(names.at(label), colours.at(label));
  for (const CutTet& cut : cuts) {
    std::vector<Point2> corners;
    for (const CutPoint& corner : cut.corners) corners.push_back(corner.at);
    const Colour fill = colours.at(cut.label);
    canvas.polygon(corners, fill, 0.5, mix(fill, outline, 0.45));
  }
  draw_interfaces(canvas, mesh, section, 1.5);
  draw_dots(canvas, section, dots);
  canvas.caption(plane.caption);
  canvas.legend(legend);
  canvas.scale_bar();
  canvas.save(path);
}

void draw_field_section(const TetMesh& mesh, const SectionPlane& plane, const PointField& field,
                        const Eigen::Matrix3Xd& dots, const std::string& path) {
  BMISS_ASSERT(field.values.size() == mesh.points.cols());
  const Section section(mesh, plane, &field.values);
  Point2 low_corner, high_corner;
  const auto cuts = cut_all(mesh, section, low_corner, high_corner);
  double low = 1e300, high = -1e300;
  for (const CutTet& cut : cuts)
    for (const CutPoint& corner : cut.corners) {
      low = std::min(low, corner.value);
      high = std::max(high, corner.value);
    }
  const bool changes_sign = low < 0 && high > 0;
  if (changes_sign) {
    high = std::max(high, -low);
    low = -high;
  }
  const auto colour = [&](double value) {
    const double t = high > low ? (value - low) / (high - low) : 0.5;
    return changes_sign ? diverging_colour(t) : sequential_colour(t);
  };
  PictureCanvas canvas(low_corner, high_corner);
  for (const CutTet& cut : cuts)
    for (std::size_t i = 1; i + 1 < cut.corners.size(); ++i)
      canvas.shade({cut.corners[0].at, cut.corners[i].at, cut.corners[i + 1].at},
                   {cut.corners[0].value, cut.corners[i].value, cut.corners[i + 1].value}, colour);
  draw_interfaces(canvas, mesh, section, 0.9);
  draw_dots(canvas, section, dots);
  canvas.caption(plane.caption);
  canvas.colour_bar(field.name + (field.unit.empty() ? "" : " (" + field.unit + ")"), low, high, colour);
  canvas.scale_bar();
  canvas.save(path);
}

}  // namespace bmiss
