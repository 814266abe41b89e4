#include <algorithm>
#include <cmath>
#include <cstdint>

#include "anatomy/label_map.h"
#include "anatomy/tet_shape.h"
#include "anatomy/volume_mesh.h"
#include "base/table.h"

namespace bmiss {

namespace {

constexpr double degrees = 180 / M_PI;

template <std::size_t n>
Eigen::Vector3d middle(const TetMesh& mesh, const std::array<int, n>& vertices) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (const int v : vertices) sum += mesh.points.col(v);
  return sum / static_cast<double>(n);
}

void count_facets(const TetMesh& mesh, MeshQuality& quality) {
  const auto facets = sorted_facets(mesh.tets);
  std::vector<std::array<int, 3>> outer, named;
  for (std::size_t i = 0; i < facets.size();) {
    std::size_t end = i;
    while (end < facets.size() && facets[end].key == facets[i].key) ++end;
    if (end - i > 2 && quality.facets_shared_wrongly++ == 0) quality.bad_place = middle(mesh, facets[i].key);
    if (end - i == 1) outer.push_back(facets[i].key);
    i = end;
  }
  for (const auto& triangle : mesh.triangles) named.push_back(ascending(triangle));
  std::sort(named.begin(), named.end());
  std::vector<std::array<int, 3>> different;
  std::set_symmetric_difference(outer.begin(), outer.end(), named.begin(), named.end(), std::back_inserter(different));
  quality.open_facets = different.size();
  if (!different.empty() && quality.facets_shared_wrongly == 0) quality.bad_place = middle(mesh, different.front());
}

// Edges as one number each, ascending.
std::vector<std::uint64_t> sorted_edges(std::vector<std::uint64_t> edges) {
  std::sort(edges.begin(), edges.end());
  return edges;
}

std::uint64_t edge_key(int a, int b) {
  return (static_cast<std::uint64_t>(std::min(a, b)) << 32) | static_cast<std::uint64_t>(std::max(a, b));
}

// The boundary is watertight when each of its edges has two triangles.
void count_leaks(const TetMesh& mesh, MeshQuality& quality) {
  std::vector<std::uint64_t> edges;
  for (const auto& t : mesh.triangles)
    for (std::size_t k = 0; k < 3; ++k) edges.push_back(edge_key(t[k], t[(k + 1) % 3]));
  edges = sorted_edges(std::move(edges));
  for (std::size_t i = 0; i < edges.size();) {
    std::size_t end = i;
    while (end < edges.size() && edges[end] == edges[i]) ++end;
    if (end - i != 2 && quality.leaking_edges++ == 0 && quality.facets_shared_wrongly + quality.open_facets == 0)
      quality.bad_place =
          middle(mesh, std::array<int, 2>{static_cast<int>(edges[i] >> 32), static_cast<int>(edges[i] & 0xffffffffu)});
    i = end;
  }
}

std::size_t count_edges(const TetMesh& mesh) {
  std::vector<std::uint64_t> edges;
  edges.reserve(6 * mesh.n_tets());
  for (const auto& t : mesh.tets)
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = i + 1; j < 4; ++j) edges.push_back(edge_key(t[i], t[j]));
  edges = sorted_edges(std::move(edges));
  return static_cast<std::size_t>(std::unique(edges.begin(), edges.end()) - edges.begin());
}

double percentile1(std::vector<double> values) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 100);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

// 3 inradius / circumradius.
double shape_of(const TetMesh& mesh, std::size_t tet) {
  const Eigen::Vector3d p = mesh.points.col(mesh.tets[tet][0]);
  Eigen::Vector3d edge[3];
  for (std::size_t i = 0; i < 3; ++i) edge[i] = mesh.points.col(mesh.tets[tet][i + 1]) - p;
  const Eigen::Vector3d cross[3] = {edge[1].cross(edge[2]), edge[2].cross(edge[0]), edge[0].cross(edge[1])};
  const double six_volumes = edge[0].dot(cross[0]);
  const double doubled_areas =
      cross[0].norm() + cross[1].norm() + cross[2].norm() + (cross[0] + cross[1] + cross[2]).norm();
  const Eigen::Vector3d to_centre = edge[0].squaredNorm() * cross[0] + edge[1].squaredNorm() * cross[1] +
                                    edge[2].squaredNorm() * cross[2];  // times 12 volumes
  return doubled_areas > 0 ? 3 * six_volumes / doubled_areas * 2 * six_volumes / to_centre.norm() : 0;
}

}  // namespace

MeshQuality measure_quality(const TetMesh& mesh) {
  MeshQuality quality;
  quality.volume = mesh.volumes();
  count_facets(mesh, quality);
  count_leaks(mesh, quality);
  if (mesh.tets.empty()) return quality;
  quality.quadratic_nodes = mesh.n_points() + count_edges(mesh);
  quality.dihedral_of_tet.resize(mesh.n_tets());
  quality.worst_shape = 1;
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    const auto angles = dihedral_angles(mesh.points, mesh.tets[tet]);
    const auto [smallest, largest] = std::minmax_element(angles.begin(), angles.end());
    quality.dihedral_of_tet[tet] = mesh.volume(tet) > 0 ? *smallest : -*smallest;
    quality.largest_dihedral = std::max(quality.largest_dihedral, *largest);
    quality.worst_shape = std::min(quality.worst_shape, shape_of(mesh, tet));
  }
  const auto& all = quality.dihedral_of_tet;
  quality.worst_tet = static_cast<std::size_t>(std::min_element(all.begin(), all.end()) - all.begin());
  quality.smallest_dihedral = all[quality.worst_tet];
  quality.percentile1_dihedral = percentile1(all);
  std::vector<double> of_limb;
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet)
    if (!mesh.is_extruded(tet)) of_limb.push_back(all[tet]);
  quality.percentile1_of_limb = percentile1(of_limb);
  return quality;
}

Table quality_table(const TetMesh& mesh, const MeshQuality& quality, const LabelMap* map) {
  std::vector<std::string> header{"label", "tissue", "tets", "mesh cm^3"};
  if (map != nullptr) header.insert(header.end(), {"map cm^3", "difference %"});
  Table table(header);
  std::map<int, std::size_t> tets;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t)
    if (!mesh.is_extruded(t)) ++tets[mesh.tet_labels[t]];
  std::map<int, double> voxels;
  if (map != nullptr)
    for (const auto& [label, count] : map->voxel_counts())
      if (label != 0) voxels[label] = static_cast<double>(count) * map->voxel_volume();
  std::map<int, std::string> names = mesh.tissue_names;
  for (const auto& [label, volume] : voxels) names.emplace(label, "");  // a tissue the mesh lost shows with 0 tets
  for (const auto& [label, count] : tets) names.emplace(label, "");
  for (const auto& [label, name] : names) {
    const auto found = quality.volume.find(label);
    const double volume = found == quality.volume.end() ? 0 : found->second;
    std::vector<std::string> row{std::to_string(label), name, std::to_string(tets[label]),
                                 format("%.3f", volume * 1e6)};
    if (map != nullptr) {
      const double in_map = voxels[label];
      row.push_back(in_map > 0 ? format("%.3f", in_map * 1e6) : "-");
      row.push_back(in_map > 0 ? format("%+.2f", 100 * (volume / in_map - 1)) : "-");
    }
    table.add_row(row);
  }
  return table;
}

std::string quality_summary(const MeshQuality& quality) {
  return "dihedral angles " + format("%.1f", quality.smallest_dihedral * degrees) + " to " +
         format("%.1f", quality.largest_dihedral * degrees) + " degrees (1 % of the tetrahedra below " +
         format("%.1f", quality.percentile1_dihedral * degrees) + "), facets shared by more than two tetrahedra " +
         std::to_string(quality.facets_shared_wrongly) + ", open facets " + std::to_string(quality.open_facets);
}

}  // namespace bmiss
