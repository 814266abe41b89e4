#include <algorithm>
#include <cmath>

#include "anatomy/label_map.h"
#include "anatomy/tet_shape.h"
#include "anatomy/volume_mesh.h"
#include "base/table.h"

namespace bmiss {

namespace {

constexpr double degrees = 180 / 3.14159265358979323846;

void count_facets(const TetMesh& mesh, MeshQuality& quality) {
  const auto facets = sorted_facets(mesh.tets);
  std::vector<std::array<int, 3>> outer, named;
  for (std::size_t i = 0; i < facets.size();) {
    std::size_t end = i;
    while (end < facets.size() && facets[end].key == facets[i].key) ++end;
    if (end - i > 2) ++quality.facets_shared_wrongly;
    if (end - i == 1) outer.push_back(facets[i].key);
    i = end;
  }
  for (const auto& triangle : mesh.triangles) named.push_back(ascending(triangle));
  std::sort(named.begin(), named.end());
  std::vector<std::array<int, 3>> different;
  std::set_symmetric_difference(outer.begin(), outer.end(), named.begin(), named.end(), std::back_inserter(different));
  quality.open_facets = different.size();
}

}  // namespace

MeshQuality measure_quality(const TetMesh& mesh) {
  MeshQuality quality;
  quality.volume = mesh.volumes();
  count_facets(mesh, quality);
  if (mesh.tets.empty()) return quality;
  std::vector<double> smallest(mesh.n_tets());
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    const auto angles = dihedral_angles(mesh.points, mesh.tets[tet]);
    smallest[tet] = *std::min_element(angles.begin(), angles.end());
    if (mesh.volume(tet) <= 0) smallest[tet] = -smallest[tet];
    quality.largest_dihedral = std::max(quality.largest_dihedral, *std::max_element(angles.begin(), angles.end()));
  }
  quality.smallest_dihedral = *std::min_element(smallest.begin(), smallest.end());
  const auto percentile = smallest.begin() + static_cast<std::ptrdiff_t>(smallest.size() / 100);
  std::nth_element(smallest.begin(), percentile, smallest.end());
  quality.percentile1_dihedral = *percentile;
  return quality;
}

Table quality_table(const TetMesh& mesh, const MeshQuality& quality, const LabelMap* map) {
  std::vector<std::string> header{"label", "tissue", "tets", "mesh cm^3"};
  if (map != nullptr) header.insert(header.end(), {"map cm^3", "difference %"});
  Table table(header);
  std::map<int, std::size_t> tets;
  for (const int label : mesh.tet_labels) ++tets[label];
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
