// bmiss mesh: label map (or .msh) -> tagged tetrahedra, fibres, quality table, pictures.
#include <ctime>
#include <filesystem>
#include <optional>
#include <set>

#include "anatomy/contour.h"
#include "anatomy/fibre_picture.h"
#include "anatomy/label_map.h"
#include "anatomy/label_preparation.h"
#include "anatomy/mesh_estimate.h"
#include "anatomy/mesh_file.h"
#include "anatomy/mesh_picture.h"
#include "anatomy/mesh_report.h"
#include "anatomy/skin_layer.h"
#include "anatomy/volume_mesh.h"
#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/limb.h"
#include "cli/stages.h"
#include "cli/study.h"
#include "solvers/lead_field/refined_edges.h"

namespace bmiss {
namespace {

// The skin is too thin to be contoured: its voxels are dropped and a layer of their volume is extruded instead.
double skin_volume_of(const LabelMap& map, const std::vector<int>& skin_labels) {
  std::size_t voxels = 0;
  const auto counts = map.voxel_counts();
  for (const int label : skin_labels)
    if (counts.count(label) > 0) voxels += counts.at(label);
  return static_cast<double>(voxels) * map.voxel_volume();
}

// The muscles that the study names; all when it names none.
std::set<int> labels_with_fibres(const Study& study, const TissueTable& tissues) {
  std::set<int> all, named;
  for (const Tissue* muscle : tissues.of_kind(TissueKind::muscle)) all.insert(muscle->label);
  std::set<std::string> names = {study.text("Motor units", "Muscle")};
  for (const GridOptions& grid : study.grids()) names.insert(grid.muscle);
  for (const Tissue* muscle : tissues.of_kind(TissueKind::muscle))
    if (names.count(muscle->name) > 0) named.insert(muscle->label);
  return named.empty() ? all : named;
}

std::size_t count_electrodes(const Study& study) {
  std::size_t count = 0;
  for (const GridOptions& grid : study.grids()) count += static_cast<std::size_t>(grid.rows * grid.columns);
  return count;
}

// `map` and `tissues` become the prepared ones.
TetMesh mesh_label_map(const Study& study, LabelMap& map, TissueTable& tissues, double& gmsh_seconds, Report& report) {
  const auto prepared =
      prepare_label_map(map, tissues, PreparationOptions::parse_parameters(study.parameters()), report);
  map = prepared.map;
  tissues = prepared.tissues;
  VolumeMeshOptions options = VolumeMeshOptions::parse_parameters(study.parameters());
  const bool skin_as_in_map = options.skin_thickness < 0;
  if (tissues.of_kind(TissueKind::skin).empty()) tissues = tissues.with("skin", TissueKind::skin);
  if (const std::string file = study.text("Mesh", "Refine by"); !file.empty()) {
    options.wanted = refined_edges(file, study.real("Mesh", "Refinement"));
    report.line("  shorter edges in " + std::to_string(options.wanted.edges.size()) + " tetrahedra of " + file);
  }
  options.fibre_labels = labels_with_fibres(study, tissues);
  options.skin_label = tissues.of_kind(TissueKind::skin).front()->label;
  std::vector<int> skin_labels;
  for (const Tissue* skin : tissues.of_kind(TissueKind::skin)) skin_labels.push_back(skin->label);

  const ContourOptions contour = ContourOptions::parse_parameters(study.parameters());
  require_memory(map, skin_labels, contour, options, count_electrodes(study), parse_memory_limit(study.parameters()),
                 report);
  const SurfaceComplex complex = contour_label_map(map, skin_labels, contour, report);

  Limb limb = limb_of(complex, map, prepared.low_k_is_proximal);
  if (options.skin_thickness < 0) {
    options.skin_thickness = skin_thickness_of_volume(complex, skin_volume_of(map, skin_labels));
    if (options.skin_thickness == 0) options.skin_thickness = 1.5e-3;  // no skin in the label map
    report.line("  skin layer of " + format("%.2f", options.skin_thickness * 1e3) + " mm");
  }
  // Where the user's own thickness replaces the skin of the map, the mesh has nothing to be compared with.
  if (!skin_as_in_map) map = map.without(skin_labels);
  limb.layer_to_come = options.skin_thickness;
  const auto electrodes = on_skin(lay_grids(study, tissues, limb, report));
  options.low_k_end = prepared.low_k_is_proximal ? BoundaryPart::proximal : BoundaryPart::distal;
  return fill_with_tets(complex, tissues, positions(electrodes), options, report, &gmsh_seconds);
}

// Tells how good the mesh is, and refuses a poor one. `map`: the cleaned label map, null when a mesh was given.
MeshReport judge(const Study& study, const TetMesh& mesh, const TissueTable& tissues, const LabelMap* map,
                 Report& report) {
  Phase phase(report, "quality");
  const double edge_length = ContourOptions::parse_parameters(study.parameters()).edge_length;
  const MeshReport quality = examine_mesh(mesh, tissues, map, edge_length);
  report.table(quality_table(mesh, quality.quality, map));
  if (map != nullptr) {
    report.table(interface_table(mesh, quality, 6));
    if (const Table lost = lost_table(mesh, quality, 6); lost.n_rows() > 0) report.table(lost);
  }
  report.table(mesh_table(mesh, quality));
  write_mesh_report(mesh, quality, map, study.file("mesh_quality.tsv"));
  require_quality(mesh, quality, map, MeshLimits::parse_parameters(study.parameters()), report);
  if (map != nullptr) warn_of_far_interfaces(mesh, quality, *map, edge_length, report);
  report.fact("mesh/tetrahedra", static_cast<double>(mesh.n_tets()));
  report.fact("mesh/points", static_cast<double>(mesh.n_points()));
  report.fact("mesh/quadratic nodes", static_cast<double>(quality.quality.quadratic_nodes));
  report.fact("mesh/smallest dihedral angle, rad", quality.quality.smallest_dihedral);
  report.fact("mesh/1st percentile of the dihedral angle, rad", quality.quality.percentile1_dihedral);
  return quality;
}

// The time from the label map to the judged mesh, against what Gmsh alone needs for the tetrahedra.
void tell_cost(double cpu_seconds, double gmsh_seconds, Report& report) {
  report.fact("mesh/CPU seconds of meshing", cpu_seconds);
  report.fact("mesh/peak memory bytes", peak_memory());
  if (gmsh_seconds > 0)
    report.line("  meshing took " + format("%.1f", cpu_seconds) + " s of CPU time, " +
                format("%.2f", cpu_seconds / gmsh_seconds) + " times Gmsh's volume meshing alone (" +
                format("%.1f", gmsh_seconds) + " s); peak memory " + format("%.2f", peak_memory() / 1e9) + " GB");
}

void draw(const Study& study, const TetMesh& mesh, const FibreAtlas& atlas, const TissueTable& tissues,
          Report& report) {
  const Limb limb = limb_of(mesh);
  const auto electrodes = lay_grids(study, tissues, limb, report);
  const Eigen::Vector3d centre = electrodes.empty() ? (limb.proximal + 0.5 * limb.length * limb.axis).eval()
                                                    : middle_electrode(electrodes).position;
  const Eigen::Vector3d up =
      electrodes.empty() ? limb.axis.unitOrthogonal().eval() : middle_electrode(electrodes).normal;
  draw_mesh_section(mesh, {centre, limb.axis, up, "the limb cut across, seen from its distal end"},
                    positions(electrodes), study.file("mesh_section.png"));
  draw_mesh_surface(mesh, limb.axis, up, electrodes, study.file("mesh_skin.png"));
  if (!atlas.paths.empty()) draw_fibres(mesh, atlas, limb.axis, up, study.file("mesh_fibres.png"));
}

void mesh_on_rank_zero(const Study& study, Report& report) {
  Phase phase(report, "mesh");
  TissueTable tissues = TissueTable::read(study.tissue_table());
  const std::clock_t start = std::clock();
  double gmsh_seconds = 0;
  TetMesh mesh;
  LabelMap map;
  std::optional<ImageFrame> label_frame;
  const std::string given = study.text("Anatomy", "Mesh");
  if (given.empty()) {
    map = read_label_map(study.label_map());
    if (!map.doubt.empty()) report.warn(map.doubt);
    label_frame = {map.size, map.voxel_to_world};  // of the file, as other images of the limb have it
    tissues.require_all_labels(map, study.label_map());
    mesh = mesh_label_map(study, map, tissues, gmsh_seconds, report);
  } else {
    mesh = read_msh(given, study.text("Anatomy", "Mesh unit"), tissues);
  }

  const MeshReport quality = judge(study, mesh, tissues, given.empty() ? &map : nullptr, report);
  tell_cost(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, gmsh_seconds, report);
  const FibreAtlas atlas = make_fibre_atlas(mesh, tissues, study.parameters(), label_frame, study.seed(), report);
  report.table(fibre_table(atlas));

  write_msh(mesh, study.file("mesh.msh"));
  const Eigen::Map<const Eigen::RowVectorXd> dihedral(quality.quality.dihedral_of_tet.data(),
                                                      static_cast<Eigen::Index>(mesh.n_tets()));
  write_vtu(mesh, study.file("mesh.vtu"),
            {{"smallest dihedral (degrees)", dihedral * 180 / M_PI}, {"fibre direction", atlas.directions}}, {});
  write_fibres(atlas, study.file("fibres.h5"));
  tissues.write(study.file("mesh_tissues.txt"));
  draw(study, mesh, atlas, tissues, report);
}

}  // namespace

void run_mesh(const Study& study, Report& report) {
  on_rank_zero(MPI_COMM_WORLD, [&] { mesh_on_rank_zero(study, report); });
}

}  // namespace bmiss
