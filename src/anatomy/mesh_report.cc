#include "anatomy/mesh_report.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "anatomy/label_map.h"
#include "anatomy/surface_locator.h"
#include "anatomy/tet_shape.h"
#include "anatomy/tissue_table.h"
#include "anatomy/voxel_faces.h"
#include "base/table.h"

namespace bmiss {

namespace {

using Pair = std::array<int, 2>;    // labels, larger first; 0 beyond the skin
constexpr double near_part = 0.75;  // of an edge length: limbs under a layer that the lattice resolves stay within 0.5

using FacetsOfPair = std::map<Pair, std::vector<std::array<int, 3>>>;

// Facets where two tissues of the limb meet, and the skin. Cuts separate nothing.
FacetsOfPair interfaces_of(const TetMesh& mesh) {
  FacetsOfPair result;
  const auto facets = sorted_facets(mesh.tets);
  for (std::size_t i = 0; i + 1 < facets.size(); ++i) {
    if (facets[i].key != facets[i + 1].key) continue;
    const auto s = static_cast<std::size_t>(facets[i].tet), t = static_cast<std::size_t>(facets[i + 1].tet);
    const int a = mesh.tet_labels[s], b = mesh.tet_labels[t];
    if (a == b || mesh.is_extruded(s) || mesh.is_extruded(t)) continue;
    const bool first = a > b;
    result[{std::max(a, b), std::min(a, b)}].push_back(
        facet_vertices(mesh.tets[first ? s : t], facets[first ? i : i + 1].facet));
  }
  std::map<std::array<int, 3>, std::size_t> skin;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i)
    if (mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::skin)) skin.emplace(ascending(mesh.triangles[i]), i);
  for (std::size_t i = 0; i < facets.size(); ++i) {
    const bool shared =
        (i > 0 && facets[i - 1].key == facets[i].key) || (i + 1 < facets.size() && facets[i + 1].key == facets[i].key);
    if (shared || skin.count(facets[i].key) == 0) continue;
    result[{mesh.tet_labels[static_cast<std::size_t>(facets[i].tet)], 0}].push_back(
        mesh.triangles[skin.at(facets[i].key)]);
  }
  return result;
}

// The whole boundary of a tissue of the limb, to which voxels are compared.
struct TissueBoundary {
  explicit TissueBoundary(Surface all) : surface(std::move(all)), locator(surface) {}
  Surface surface;
  SurfaceLocator locator;
};
using TissueBoundaries = std::map<int, std::unique_ptr<TissueBoundary>>;

TissueBoundaries boundaries_of(const TetMesh& mesh, const FacetsOfPair& facets) {
  std::map<int, std::vector<std::array<int, 3>>> all;
  for (const auto& [pair, list] : facets)
    for (const int label : pair) all[label].insert(all[label].end(), list.begin(), list.end());
  TissueBoundaries result;
  for (const auto& [label, list] : all) result[label] = std::make_unique<TissueBoundary>(surface_of(mesh.points, list));
  return result;
}

// The voxels that a mesh is compared with.
struct Original {
  VoxelFaces faces;
  double near;  // [m]
};

// `in_map`: what the pair is called in the voxels.
void measure_distance(const Surface& surface, const VoxelFaces& voxels, const Pair& in_map, InterfaceQuality& quality) {
  double sum = 0, count = 0;
  quality.farthest = 0;
  const auto take = [&](const Eigen::Vector3d& x) {
    const double distance = std::max(voxels.distance(x, in_map[0]), voxels.distance(x, in_map[1]));
    sum += distance;
    ++count;
    if (distance <= quality.farthest) return;
    quality.farthest = distance;
    quality.where = x;
  };
  for (Eigen::Index v = 0; v < surface.points.cols(); ++v) take(surface.points.col(v));
  for (const auto& t : surface.triangles) take(middle_of(surface.points, t));
  quality.mean = sum / count;
}

void count_lost_faces(const TissueBoundaries& boundaries, const Original& original, const Pair& in_map,
                      InterfaceQuality& quality) {
  const auto &one = boundaries.at(quality.inner)->locator, &other = boundaries.at(quality.outer)->locator;
  double farthest = original.near;
  for (const Eigen::Vector3d& x : original.faces.between(in_map[0], in_map[1])) {
    ++quality.voxel_faces;
    const double to_inner = one.nearest(x).distance, to_outer = other.nearest(x).distance;
    const double distance = std::max(to_inner, to_outer);
    if (distance > original.near) ++quality.lost_faces;
    if (distance <= farthest) continue;
    farthest = distance;
    quality.lost_label = to_inner > to_outer ? quality.inner : quality.outer;
    quality.lost_where = x;
  }
}

// An arc with end normals n1, n2 rises (x2 - x1).(n1 - n2) / 8 over its chord x1 x2 (second order). At the rim of an
// interface the normal is one-sided: edges there are left out.
void measure_sagitta(const Surface& surface, const SurfaceLocator& locator, InterfaceQuality& quality) {
  Eigen::Matrix3Xd normals = Eigen::Matrix3Xd::Zero(3, surface.points.cols());
  for (const auto& t : surface.triangles) {
    const Eigen::Vector3d a = surface.points.col(t[0]);
    const Eigen::Vector3d area = (surface.points.col(t[1]) - a).cross(surface.points.col(t[2]) - a);
    for (const int v : t) normals.col(v) += area;
  }
  normals.colwise().normalize();
  std::vector<char> at_rim(static_cast<std::size_t>(surface.points.cols()), 0);
  for (const auto& edge : locator.rim())
    for (const int v : edge) at_rim[static_cast<std::size_t>(v)] = 1;
  double sum = 0, count = 0;
  for (const auto& t : surface.triangles)
    for (std::size_t k = 0; k < 3; ++k) {
      const int a = t[k], b = t[(k + 1) % 3];
      if (at_rim[static_cast<std::size_t>(a)] != 0 || at_rim[static_cast<std::size_t>(b)] != 0) continue;
      const double rise =
          std::abs((surface.points.col(b) - surface.points.col(a)).dot(normals.col(a) - normals.col(b))) / 8;
      quality.largest_sagitta = std::max(quality.largest_sagitta, rise);
      sum += rise;
      ++count;
    }
  if (count > 0) quality.mean_sagitta = sum / count;
}

InterfaceQuality examine(const TetMesh& mesh, const Pair& pair, const std::vector<std::array<int, 3>>& facets,
                         const TissueBoundaries& boundaries, const Original* original, const Pair& pair_in_map) {
  InterfaceQuality quality;
  quality.inner = pair[0];
  quality.outer = pair[1];
  quality.facets = facets.size();
  const bool in_map = original != nullptr && pair_in_map[0] > 0 && original->faces.has_boundary(pair_in_map[0]) &&
                      original->faces.has_boundary(pair_in_map[1]);
  if (in_map) count_lost_faces(boundaries, *original, pair_in_map, quality);
  if (facets.empty()) return quality;
  const Surface surface = surface_of(mesh.points, facets);
  for (const auto& t : surface.triangles) quality.area += area_vector(surface.points, t).norm();
  if (in_map) measure_distance(surface, original->faces, pair_in_map, quality);
  measure_sagitta(surface, SurfaceLocator(surface), quality);
  return quality;
}

// Facets of `label` towards the skin's side (skin or nothing) and towards the rest.
LayerThickness thickness_of(const TetMesh& mesh, const FacetsOfPair& facets, const TissueTable& tissues, int label) {
  LayerThickness layer;
  layer.label = label;
  std::vector<std::array<int, 3>> outer, inner;
  const bool is_skin = tissues.by_label(label).kind == TissueKind::skin;
  for (const auto& [pair, list] : facets) {
    if (pair[0] != label && pair[1] != label) continue;
    const int other = pair[0] == label ? pair[1] : pair[0];
    const bool outward = other == 0 || (!is_skin && tissues.by_label(other).kind == TissueKind::skin);
    auto& side = outward ? outer : inner;
    side.insert(side.end(), list.begin(), list.end());
  }
  if (outer.empty() || inner.empty()) return layer;
  const Surface outside = surface_of(mesh.points, outer), inside = surface_of(mesh.points, inner);
  const SurfaceLocator locator(inside);
  layer.thinnest = std::numeric_limits<double>::infinity();
  double area = 0;
  for (const auto& t : outside.triangles) {
    const Eigen::Vector3d x = middle_of(outside.points, t);
    const double weight = area_vector(outside.points, t).norm();
    const double distance = locator.nearest(x).distance;
    area += weight;
    layer.mean += weight * distance;
    if (distance >= layer.thinnest) continue;
    layer.thinnest = distance;
    layer.where = x;
  }
  layer.mean /= area;
  return layer;
}

}  // namespace

MeshReport examine_mesh(const TetMesh& mesh, const TissueTable& tissues, const LabelMap* map, double edge_length) {
  MeshReport report;
  report.quality = measure_quality(mesh);
  FacetsOfPair facets = interfaces_of(mesh);
  std::unique_ptr<Original> original;
  TissueBoundaries boundaries;
  if (map != nullptr) {
    original.reset(new Original{VoxelFaces(*map), std::max(near_part * edge_length, map->spacing().maxCoeff())});
    boundaries = boundaries_of(mesh, facets);
    for (const Pair& pair : original->faces.pairs())  // some may not touch in the mesh
      if (pair[1] != 0 && boundaries.count(pair[0]) > 0 && boundaries.count(pair[1]) > 0) facets[pair];
  }
  const auto is_added_skin = [&](int label) {
    return label != 0 && map != nullptr && tissues.by_label(label).kind == TissueKind::skin &&
           std::find(map->labels.begin(), map->labels.end(), label) == map->labels.end();
  };
  std::map<int, bool> added;
  for (const Tissue& tissue : tissues.tissues()) added[tissue.label] = is_added_skin(tissue.label);
  for (const auto& [pair, list] : facets) {
    Pair in_map = pair;
    for (int& label : in_map)
      if (label != 0 && added.at(label)) label = 0;
    if (in_map[0] < in_map[1]) std::swap(in_map[0], in_map[1]);
    const InterfaceQuality quality = examine(mesh, pair, list, boundaries, original.get(), in_map);
    if (quality.facets > 0 || quality.lost_faces > 0) report.interfaces.push_back(quality);
  }
  const auto rank = [](const InterfaceQuality& i) { return std::isnan(i.farthest) ? -1.0 : i.farthest; };
  std::stable_sort(report.interfaces.begin(), report.interfaces.end(),
                   [&](const auto& a, const auto& b) { return rank(a) > rank(b); });
  for (const TissueKind kind : {TissueKind::skin, TissueKind::fat})
    for (const Tissue* tissue : tissues.of_kind(kind))
      if (report.quality.volume.count(tissue->label) > 0) {
        const LayerThickness layer = thickness_of(mesh, facets, tissues, tissue->label);
        if (layer.mean > 0) report.layers.push_back(layer);
      }
  return report;
}

}  // namespace bmiss
