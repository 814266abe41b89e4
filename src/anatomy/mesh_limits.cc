// What a mesh report says to people and to spreadsheets, and when it says no.
#include <algorithm>
#include <cmath>
#include <map>

#include "anatomy/label_map.h"
#include "anatomy/label_volume.h"
#include "anatomy/mesh_report.h"
#include "anatomy/place_text.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"

namespace bmiss {

namespace {

constexpr double degrees = 180 / M_PI;
constexpr double large_tissue = 1e-6;             // [m^3]
constexpr double small_tissue_factor = 2.5;       // of the limits of volumes
constexpr double noticeable_volume_error = 0.02;  // worth a warning
// Edge lengths over the mean thickness of a layer that keep its volume within some 2 % (cortical bone of 2.5 mm in the
// forearm phantom: 0.2 % with edges of 3 mm, 6 % of 4 mm, 26 % of 5 mm).
constexpr double edges_per_thickness = 1.2;
constexpr double noticeable_loss = 0.01;  // of an interface of the voxels
// In edge lengths: lines where three tissues meet at a sharp edge retreat by up to 1.25 of them in limbs and phantoms.
constexpr double noticeable_distance = 1.5;

std::string name_of(const TetMesh& mesh, int label) {
  if (label == 0) return "outside";
  const auto found = mesh.tissue_names.find(label);
  return found == mesh.tissue_names.end() ? "label " + std::to_string(label) : found->second;
}

std::string millimetres(double length) {
  return std::isfinite(length) ? format("%.2f", length * 1e3) : "-";
}

struct TissueVolume {
  int label = 0;
  double voxels = 0, mesh = 0;  // [m^3]
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  double error() const { return mesh / voxels - 1; }
  double factor() const { return voxels >= large_tissue ? 1 : small_tissue_factor; }
};

std::vector<TissueVolume> volumes_of(const MeshQuality& quality, const LabelMap& map) {
  std::map<int, TissueVolume> tissues;
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i)
        if (const int label = map.at(i, j, k); label > 0) {
          tissues[label].voxels += 1;
          tissues[label].centre += Eigen::Vector3d(i, j, k);
        }
  std::vector<TissueVolume> result;
  for (auto& [label, tissue] : tissues) {
    tissue.label = label;
    tissue.centre = map.voxel_to_world * Eigen::Vector3d(tissue.centre / tissue.voxels);
    tissue.voxels *= map.voxel_volume();
    const auto found = quality.volume.find(label);
    tissue.mesh = found == quality.volume.end() ? 0 : found->second;
    result.push_back(tissue);
  }
  return result;
}

// What would resolve the thinnest of these labels.
std::string edge_advice(const LabelMap& map, const std::vector<int>& labels) {
  const auto thickness = mean_thickness(working_volume(map));
  double thinnest = std::numeric_limits<double>::infinity();
  for (const int label : labels)
    if (const auto found = thickness.find(label); found != thickness.end())
      thinnest = std::min(thinnest, found->second);
  if (!std::isfinite(thinnest)) return "use a smaller 'Contour/Edge length'";
  return "use a 'Contour/Edge length' of at most " + format("%.2g", edges_per_thickness * thinnest * 1e3) +
         " mm for layers of " + format("%.2g", thinnest * 1e3) + " mm, as the thinnest of them is on average";
}

// Those that miss somewhere.
std::vector<const InterfaceQuality*> most_lost_first(const MeshReport& report) {
  std::vector<const InterfaceQuality*> result;
  for (const auto& i : report.interfaces)
    if (i.lost_faces > 0) result.push_back(&i);
  std::stable_sort(result.begin(), result.end(), [](auto* a, auto* b) { return a->lost_faces > b->lost_faces; });
  return result;
}

void warn_of_lost_interfaces(const TetMesh& mesh, const MeshReport& quality, Report& report) {
  auto lost = most_lost_first(quality);
  lost.erase(std::remove_if(lost.begin(), lost.end(), [](auto* i) { return i->lost_share() <= noticeable_loss; }),
             lost.end());
  if (lost.empty()) return;
  const InterfaceQuality& worst = *lost.front();
  report.warn(format("%.2g", 100 * worst.lost_share()) + " % of the border of '" + name_of(mesh, worst.inner) +
              "' and '" + name_of(mesh, worst.outer) + "' in the voxels is missing in the mesh, as around " +
              place_of(worst.lost_where) + " where '" + name_of(mesh, worst.lost_label) +
              "' may be too thin for the contour" +
              (lost.size() > 1 ? ", and more than " + format("%g", 100 * noticeable_loss) + " % of " +
                                     std::to_string(lost.size() - 1) + " other borders"
                               : "") +
              ": a smaller 'Contour/Edge length' with a smaller 'Contour/Smoothing' keeps more of them; see "
              "mesh_quality.tsv for each border");
}

}  // namespace

Table mesh_table(const TetMesh& mesh, const MeshReport& report) {
  const MeshQuality& q = report.quality;
  std::size_t extruded = 0;
  for (const char is_extruded : mesh.tet_extruded) extruded += is_extruded != 0 ? 1 : 0;
  Table table({"quality", "value", "where"});
  const auto add = [&](const std::string& what, const std::string& value, const std::string& where) {
    table.add_row({what, value, where});
  };
  add("tetrahedra", std::to_string(mesh.n_tets()),
      extruded > 0 ? std::to_string(extruded) + " of them in extruded ends" : "");
  add("nodes, linear", std::to_string(mesh.n_points()), "");
  add("nodes, quadratic", std::to_string(q.quadratic_nodes), "");
  add("smallest dihedral angle, degrees", format("%.1f", q.smallest_dihedral * degrees),
      mesh.tets.empty() ? "" : place_of(mesh.centroid(q.worst_tet)));
  add("1st percentile of it, degrees", format("%.1f", q.percentile1_dihedral * degrees), "");
  if (extruded > 0) add("the same without extruded ends, degrees", format("%.1f", q.percentile1_of_limb * degrees), "");
  add("worst shape, 3 inradius/circumradius", format("%.3f", q.worst_shape), "");
  const bool sound = q.facets_shared_wrongly + q.open_facets + q.leaking_edges == 0;
  add("facets that do not fit", std::to_string(q.facets_shared_wrongly + q.open_facets),
      sound ? "" : place_of(q.bad_place));
  add("leaking edges of the boundary", std::to_string(q.leaking_edges), sound ? "" : place_of(q.bad_place));
  for (const LayerThickness& layer : report.layers)
    add("thinnest " + name_of(mesh, layer.label) + ", mm",
        millimetres(layer.thinnest) + " (mean " + millimetres(layer.mean) + ")", place_of(layer.where));
  double largest = 0, sum = 0, facets = 0;
  for (const auto& i : report.interfaces) {
    largest = std::max(largest, i.largest_sagitta);
    sum += i.mean_sagitta * static_cast<double>(i.facets);
    facets += static_cast<double>(i.facets);
  }
  if (facets > 0)
    add("facets from smooth surface, mm", millimetres(largest) + " (mean " + format("%.3f", sum / facets * 1e3) + ")",
        "");
  return table;
}

Table interface_table(const TetMesh& mesh, const MeshReport& report, std::size_t most) {
  Table table({"interface", "facets", "farthest from voxels, mm", "mean, mm", "where"});
  for (const auto& i : report.interfaces) {
    if (std::isnan(i.farthest)) continue;
    if (most-- == 0) break;
    table.add_row({name_of(mesh, i.inner) + " | " + name_of(mesh, i.outer), std::to_string(i.facets),
                   millimetres(i.farthest), millimetres(i.mean), place_of(i.where)});
  }
  return table;
}

Table lost_table(const TetMesh& mesh, const MeshReport& report, std::size_t most) {
  Table table({"interface of the voxels", "faces", "lost in the mesh, %", "lacking", "around"});
  for (const InterfaceQuality* i : most_lost_first(report)) {
    if (most-- == 0) break;
    table.add_row({name_of(mesh, i->inner) + " | " + name_of(mesh, i->outer), std::to_string(i->voxel_faces),
                   format("%.1f", 100 * i->lost_share()), name_of(mesh, i->lost_label), place_of(i->lost_where)});
  }
  return table;
}

void write_mesh_report(const TetMesh& mesh, const MeshReport& report, const LabelMap* map, const std::string& path) {
  const MeshQuality& q = report.quality;
  TsvFile file;
  file.set_columns({"quantity", "tissue", "other_tissue", "value", "unit", "x", "y", "z"});
  const auto add = [&](const std::string& quantity, const std::string& tissue, const std::string& other, double value,
                       const std::string& unit, const Eigen::Vector3d* where) {
    std::vector<std::string> row{quantity, tissue, other, format_real(value), unit};
    for (int axis = 0; axis < 3; ++axis) row.push_back(where == nullptr ? "n/a" : format("%.3f", (*where)[axis] * 1e3));
    file.add_row(row);
  };
  const auto plain = [&](const std::string& quantity, double value, const std::string& unit) {
    add(quantity, "n/a", "n/a", value, unit, nullptr);
  };
  plain("tetrahedra", static_cast<double>(mesh.n_tets()), "1");
  plain("linear nodes", static_cast<double>(mesh.n_points()), "1");
  plain("quadratic nodes", static_cast<double>(q.quadratic_nodes), "1");
  const Eigen::Vector3d worst = mesh.centroid(q.worst_tet);
  add("smallest dihedral angle", "n/a", "n/a", q.smallest_dihedral * degrees, "deg", &worst);
  plain("1st percentile of the smallest dihedral angle", q.percentile1_dihedral * degrees, "deg");
  plain("1st percentile of the smallest dihedral angle without extruded ends", q.percentile1_of_limb * degrees, "deg");
  plain("worst 3 inradius/circumradius", q.worst_shape, "1");
  plain("facets shared by more than two tetrahedra", static_cast<double>(q.facets_shared_wrongly), "1");
  plain("open facets", static_cast<double>(q.open_facets), "1");
  plain("leaking edges of the boundary", static_cast<double>(q.leaking_edges), "1");
  for (const auto& [label, volume] : q.volume) add("volume", name_of(mesh, label), "n/a", volume * 1e9, "mm3", nullptr);
  if (map != nullptr)
    for (const TissueVolume& tissue : volumes_of(q, *map))
      add("volume against voxels", name_of(mesh, tissue.label), "n/a", 100 * tissue.error(), "%", &tissue.centre);
  for (const LayerThickness& layer : report.layers) {
    add("thinnest place", name_of(mesh, layer.label), "n/a", layer.thinnest * 1e3, "mm", &layer.where);
    add("mean thickness", name_of(mesh, layer.label), "n/a", layer.mean * 1e3, "mm", nullptr);
  }
  for (const auto& i : report.interfaces) {
    const std::string a = name_of(mesh, i.inner), b = name_of(mesh, i.outer);
    add("facets", a, b, static_cast<double>(i.facets), "1", nullptr);
    add("area", a, b, i.area * 1e6, "mm2", nullptr);
    add("largest distance to voxels", a, b, i.farthest * 1e3, "mm", std::isnan(i.farthest) ? nullptr : &i.where);
    add("mean distance to voxels", a, b, i.mean * 1e3, "mm", nullptr);
    add("voxel faces", a, b, static_cast<double>(i.voxel_faces), "1", nullptr);
    add("voxel faces lost in the mesh", a, b, static_cast<double>(i.lost_faces), "1",
        i.lost_faces > 0 ? &i.lost_where : nullptr);
    add("largest distance of facets from the smooth surface", a, b, i.largest_sagitta * 1e3, "mm", nullptr);
    add("mean distance of facets from the smooth surface", a, b, i.mean_sagitta * 1e3, "mm", nullptr);
  }
  file.write(path);
}

void MeshLimits::declare_parameters(Parameters& parameters) {
  const MeshLimits defaults;
  const Parameters::Section section(parameters, "Mesh");
  parameters.declare_real("Least dihedral", defaults.least_dihedral * degrees, "deg", {0, 60},
                          "a mesh with a smaller dihedral angle is refused");
  parameters.declare_real(
      "Largest volume error", defaults.largest_volume_error * 100, "%", {0, 1000},
      "of a tissue above 1 cm3 against its voxels, 2.5 times as much of a smaller one; a mesh with a "
      "larger one is refused");
}

MeshLimits MeshLimits::parse_parameters(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Mesh");
  return {parameters.real("Least dihedral"), parameters.real("Largest volume error")};
}

void require_quality(const TetMesh& mesh, const MeshReport& examined, const LabelMap* map, const MeshLimits& limits,
                     Report& report) {
  const MeshQuality& q = examined.quality;
  if (q.facets_shared_wrongly > 0 || q.open_facets > 0 || q.leaking_edges > 0)
    throw CheckError("the mesh is not conforming: " + std::to_string(q.facets_shared_wrongly) +
                     " facets with more than two tetrahedra, " + std::to_string(q.open_facets) + " open facets, " +
                     std::to_string(q.leaking_edges) + " edges where the boundary leaks; the first near " +
                     place_of(q.bad_place));
  if (q.smallest_dihedral < limits.least_dihedral)
    throw CheckError("the smallest dihedral angle of the mesh is " + format("%.2f", q.smallest_dihedral * degrees) +
                     " degrees, near " + place_of(mesh.centroid(q.worst_tet)) + ", below 'Mesh/Least dihedral' of " +
                     format("%g", limits.least_dihedral * degrees) +
                     (mesh.is_extruded(q.worst_tet)
                          ? "; it lies in an extruded end: change 'Mesh/End extension', or set it to 0"
                          : "; use another 'Contour/Edge length' or clean the label map there"));
  if (map == nullptr) return;
  std::string refused;
  std::vector<int> labels;
  for (const TissueVolume& tissue : volumes_of(q, *map)) {
    const double error = tissue.error(), limit = tissue.factor() * limits.largest_volume_error;
    const std::string said = "'" + name_of(mesh, tissue.label) + "' (label " + std::to_string(tissue.label) + ") by " +
                             format("%+.1f", 100 * error) + " % around " + place_of(tissue.centre);
    if (std::abs(error) > limit) {
      refused += (refused.empty() ? "" : ", ") + said;
      labels.push_back(tissue.label);
    } else if (std::abs(error) > tissue.factor() * noticeable_volume_error) {
      report.warn("the volume of " + said + " differs from its voxels; use a smaller 'Contour/Edge length'");
    }
  }
  if (!refused.empty())
    throw CheckError("volumes differ from the voxels by more than 'Mesh/Largest volume error' of " +
                     format("%g", 100 * limits.largest_volume_error) + " %: " + refused + "; " +
                     edge_advice(*map, labels));
}

void warn_of_far_interfaces(const TetMesh& mesh, const MeshReport& quality, const LabelMap& map, double edge_length,
                            Report& report) {
  warn_of_lost_interfaces(mesh, quality, report);
  const double limit = std::max(noticeable_distance * edge_length, map.spacing().maxCoeff());
  const auto is_far = [&](const InterfaceQuality& i) { return i.farthest > limit; };  // not where it is NaN
  const auto count = std::count_if(quality.interfaces.begin(), quality.interfaces.end(), is_far);
  if (count == 0) return;
  const InterfaceQuality& worst = quality.interfaces.front();
  report.warn(
      "the border of '" + name_of(mesh, worst.inner) + "' and '" + name_of(mesh, worst.outer) + "' lies up to " +
      millimetres(worst.farthest) + " mm from that of the voxels, around " + place_of(worst.where) +
      (count > 1 ? ", and " + std::to_string(count - 1) + " other borders more than " + millimetres(limit) + " mm"
                 : "") +
      ": use a 'Contour/Edge length' below " + format("%.3g", edge_length * 1e3) +
      " mm, and see mesh_quality.tsv for each border");
}

}  // namespace bmiss
