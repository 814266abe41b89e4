// bmiss mesh: label map (or .msh) -> tagged tetrahedra, fibres, quality table, pictures.
#include <filesystem>

#include "anatomy/contour.h"
#include "anatomy/label_map.h"
#include "anatomy/mesh_file.h"
#include "anatomy/mesh_picture.h"
#include "anatomy/volume_mesh.h"
#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/limb.h"
#include "cli/stages.h"
#include "cli/study.h"

namespace bmiss {
namespace {

// The skin is too thin to be contoured: its voxels are dropped and a layer of their mean thickness is extruded instead.
double measured_skin_thickness(const LabelMap& map, const std::vector<int>& skin_labels, const Surface& under_skin) {
  std::size_t voxels = 0;
  const auto counts = map.voxel_counts();
  for (const int label : skin_labels)
    if (counts.count(label) > 0) voxels += counts.at(label);
  double area = 0;
  for (const auto& t : under_skin.triangles) {
    const Eigen::Vector3d a = under_skin.points.col(t[0]);
    area += 0.5 * (under_skin.points.col(t[1]) - a).cross(under_skin.points.col(t[2]) - a).norm();
  }
  return static_cast<double>(voxels) * map.voxel_volume() / area;
}

// Without a skin label the tissue table gets one.
TissueTable with_skin(const TissueTable& tissues, int& skin_label) {
  const auto skins = tissues.of_kind(TissueKind::skin);
  if (!skins.empty()) {
    skin_label = skins.front()->label;
    return tissues;
  }
  auto all = tissues.tissues();
  skin_label = 1;
  while (tissues.has_label(skin_label)) ++skin_label;
  all.push_back(default_tissue(skin_label, "skin", TissueKind::skin));
  return TissueTable(all);
}

TetMesh mesh_label_map(const Study& study, const LabelMap& raw, TissueTable& tissues, Report& report) {
  VolumeMeshOptions options = VolumeMeshOptions::parse_parameters(study.parameters());
  tissues = with_skin(tissues, options.skin_label);
  std::vector<int> skin_labels;
  for (const Tissue* skin : tissues.of_kind(TissueKind::skin)) skin_labels.push_back(skin->label);

  const ContourOptions contour = ContourOptions::parse_parameters(study.parameters());
  const LabelMap map = clean_label_map(raw, contour.smallest_island, default_fill_label(raw, tissues), report);
  const SurfaceComplex complex = contour_label_map(map, skin_labels, contour, report);

  const bool low_is_proximal = study.text("Anatomy", "Proximal end") == "first slice";
  const Limb limb = limb_of(complex, map, low_is_proximal);
  if (options.skin_thickness < 0) {
    options.skin_thickness = measured_skin_thickness(map, skin_labels, limb.skin);
    if (options.skin_thickness == 0) options.skin_thickness = 1.5e-3;  // no skin in the label map
    report.line("  skin layer of " + format("%.2f", options.skin_thickness * 1e3) + " mm");
  }
  const auto electrodes = lay_grids(study, tissues, limb, report);
  TetMesh mesh = fill_with_tets(complex, tissues, positions(electrodes), options, report);
  if (!low_is_proximal) {
    constexpr int proximal = static_cast<int>(BoundaryPart::proximal), distal = static_cast<int>(BoundaryPart::distal);
    for (int& part : mesh.triangle_parts) part = part == proximal ? distal : part == distal ? proximal : part;
  }
  return mesh;
}

void refuse_poor_mesh(const TissueTable& tissues, const LabelMap* map, const MeshQuality& quality, Report& report) {
  if (quality.facets_shared_wrongly > 0 || quality.open_facets > 0)
    throw CheckError("the mesh is not conforming: " + std::to_string(quality.facets_shared_wrongly) +
                     " facets with more than two tetrahedra, " + std::to_string(quality.open_facets) + " open facets");
  if (map == nullptr) return;
  for (const auto& [label, voxels] : map->voxel_counts())
    if (label != 0 && quality.volume.count(label) == 0)
      report.warn("tissue '" + tissues.by_label(label).name + "' (" + std::to_string(voxels) +
                  " voxels) is not in the mesh; use a smaller 'Contour/Edge length'");
}

FibreAtlas make_fibres(const Study& study, const TetMesh& mesh, const TissueTable& tissues, Report& report) {
  Phase phase(report, "fibres");
  FibreAtlas atlas;
  atlas.mesh_hash = mesh.hash();
  atlas.directions = harmonic_fibre_directions(mesh, tissues, report);
  const auto options = StreamlineOptions::parse_parameters(study.parameters());
  const auto muscles = tissues.of_kind(TissueKind::muscle);
  Progress progress(report, "Fibres", muscles.size());
  for (const Tissue* muscle : muscles) {
    const auto paths = trace_fibres(mesh, atlas.directions, muscle->label, options, study.seed());
    if (!paths.empty()) atlas.paths[muscle->name] = paths;
    progress.advance();
  }
  return atlas;
}

// The boundary triangles that each electrode covers.
std::vector<SurfacePatch> patches(const TetMesh& mesh, const std::vector<Electrode>& electrodes) {
  std::vector<SurfacePatch> result;
  for (const Electrode& e : electrodes) {
    SurfacePatch patch{e.row == 1 && e.column == 1 ? e.name : "", {}};  // names of all would hide the picture
    for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
      if (mesh.triangle_parts[i] != static_cast<int>(BoundaryPart::skin)) continue;
      Eigen::Vector3d centre = Eigen::Vector3d::Zero();
      for (const int v : mesh.triangles[i]) centre += mesh.points.col(v) / 3.0;
      if ((centre - e.position).norm() < 0.03 && e.covers(centre)) patch.triangles.push_back(i);
    }
    result.push_back(patch);
  }
  return result;
}

void draw(const Study& study, const TetMesh& mesh, const TissueTable& tissues, Report& report) {
  const Limb limb = limb_of(mesh);
  const auto electrodes = lay_grids(study, tissues, limb, report);
  const Eigen::Vector3d centre = electrodes.empty() ? (limb.proximal + 0.5 * limb.length * limb.axis).eval()
                                                    : middle_electrode(electrodes).position;
  const Eigen::Vector3d up =
      electrodes.empty() ? limb.axis.unitOrthogonal().eval() : middle_electrode(electrodes).normal;
  draw_mesh_section(mesh, {centre, limb.axis, up}, positions(electrodes), study.file("mesh_section.png"));
  draw_mesh_surface(mesh, up, limb.axis.cross(up), patches(mesh, electrodes), study.file("mesh_skin.png"));
}

void mesh_on_rank_zero(const Study& study, Report& report) {
  Phase phase(report, "mesh");
  TissueTable tissues = TissueTable::read(study.tissue_table());
  TetMesh mesh;
  LabelMap map;
  const std::string given = study.text("Anatomy", "Mesh");
  if (given.empty()) {
    map = read_label_map(study.label_map());
    tissues.require_all_labels(map, study.label_map());
    mesh = mesh_label_map(study, map, tissues, report);
  } else {
    mesh = read_msh(given, study.text("Anatomy", "Mesh unit"), tissues);
  }

  const MeshQuality quality = measure_quality(mesh);
  const LabelMap* voxels = given.empty() ? &map : nullptr;
  report.table(quality_table(mesh, quality, voxels));
  refuse_poor_mesh(tissues, voxels, quality, report);
  report.fact("mesh/tetrahedra", static_cast<double>(mesh.n_tets()));
  report.fact("mesh/points", static_cast<double>(mesh.n_points()));
  report.fact("mesh/smallest dihedral angle, rad", quality.smallest_dihedral);

  const FibreAtlas atlas = make_fibres(study, mesh, tissues, report);
  report.table(fibre_table(atlas));

  write_msh(mesh, study.file("mesh.msh"));
  Eigen::MatrixXd labels(1, static_cast<Eigen::Index>(mesh.n_tets()));
  for (std::size_t i = 0; i < mesh.n_tets(); ++i) labels(0, static_cast<Eigen::Index>(i)) = mesh.tet_labels[i];
  write_vtu(mesh, study.file("mesh.vtu"), {{"label", labels}, {"fibre direction", atlas.directions}}, {});
  write_fibres(atlas, study.file("fibres.h5"));
  tissues.write(study.file("mesh_tissues.txt"));
  draw(study, mesh, tissues, report);
}

}  // namespace

void run_mesh(const Study& study, Report& report) {
  on_rank_zero(MPI_COMM_WORLD, [&] { mesh_on_rank_zero(study, report); });
}

}  // namespace bmiss
