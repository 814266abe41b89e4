// What the report says about a mesh is true of it, and a poor mesh is refused with a place.
#include "anatomy/mesh_report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "anatomy/label_map.h"
#include "anatomy/mesh_estimate.h"
#include "anatomy/phantom.h"
#include "anatomy/tissue_table.h"
#include "anatomy/voxel_faces.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "support/sample_surfaces.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

TissueTable table() {
  return TissueTable({default_tissue(1, "skin", TissueKind::skin), default_tissue(2, "fat", TissueKind::fat),
                      default_tissue(4, "muscle_a", TissueKind::muscle),
                      default_tissue(5, "muscle_b", TissueKind::muscle)});
}

LabelMap cubes(std::array<int, 3> size, double spacing, const std::function<int(int, int, int)>& label) {
  LabelMap map;
  map.size = size;
  map.voxel_to_world.linear() *= spacing;
  map.voxel_to_world.translation().setConstant(0.5 * spacing);
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) map.labels.push_back(label(i, j, k));
  return map;
}

TetMesh two_blocks(double skin_thickness = 0) {
  std::ostringstream log;
  Report report(log, 0);
  VolumeMeshOptions options;
  options.skin_thickness = skin_thickness;
  return fill_with_tets(test::blocks({8, 8, 8}, 2.5e-3, [](int i, int, int) { return i < 4 ? 0 : 1; }, {4, 5}), table(),
                        Eigen::Matrix3Xd(3, 0), options, report);
}

const InterfaceQuality& interface_of(const MeshReport& report, int inner, int outer) {
  for (const auto& i : report.interfaces)
    if (i.inner == inner && i.outer == outer) return i;
  throw std::logic_error("no such interface");
}

TEST(VoxelFaces, MeasuresTheDistanceToTheBoundaryOfALabel) {
  const LabelMap map = cubes({6, 6, 6}, 2e-3, [](int i, int j, int) { return i < 3 ? 4 : j < 3 ? 5 : 2; });
  const VoxelFaces faces(map);
  EXPECT_EQ(faces.between(4, 5).size(), 18u);
  EXPECT_EQ(faces.between(5, 4).size(), 18u);
  EXPECT_TRUE(faces.between(4, 7).empty());
  EXPECT_NEAR(faces.distance({6.5e-3, 3e-3, 6e-3}, 4), 0.5e-3, 1e-12);
  EXPECT_NEAR(faces.distance({6e-3, 9e-3, 6e-3}, 5), 3e-3, 1e-12);
  EXPECT_NEAR(faces.distance({6e-3, 9e-3, 6e-3}, 4), 0, 1e-12);
  EXPECT_NEAR(faces.distance({0.1e-3, 3e-3, 6e-3}, 5), 5.9e-3, 1e-12);
  EXPECT_NEAR(faces.distance({9e-3, 6e-3, 6e-3}, 4), 3e-3, 1e-12);
  EXPECT_NEAR(faces.distance({-60e-3, 3e-3, 6e-3}, 4), 66e-3, 1e-9);  // beyond the shells that are searched
  EXPECT_TRUE(faces.has_boundary(5));
  EXPECT_FALSE(faces.has_boundary(7));
  EXPECT_TRUE(std::isinf(faces.distance({0, 0, 0}, 7)));
}

TEST(MeshReport, FindsAFlatInterfaceWhereItIs) {
  const TetMesh mesh = two_blocks();
  const LabelMap map = cubes({20, 20, 20}, 1e-3, [](int i, int, int) { return i < 10 ? 4 : 5; });
  const MeshReport report = examine_mesh(mesh, table(), &map, 2.5e-3);
  const InterfaceQuality& flat = interface_of(report, 5, 4);
  EXPECT_EQ(flat.facets, 128u);
  EXPECT_LT(flat.farthest, 0.65e-3);  // the polish may move it by a quarter of an edge
  EXPECT_LT(flat.mean, 0.1e-3);
  EXPECT_TRUE(std::isnan(interface_of(report, 4, 0).farthest));  // the map has no outside
  EXPECT_EQ(report.quality.leaking_edges, 0u);
}

TEST(MeshReport, MeasuresAShiftBetweenMeshAndMap) {
  const TetMesh mesh = two_blocks();
  const LabelMap map = cubes({20, 20, 20}, 1e-3, [](int i, int, int) { return i < 13 ? 4 : 5; });
  const InterfaceQuality shifted = interface_of(examine_mesh(mesh, table(), &map, 2.5e-3), 5, 4);
  EXPECT_NEAR(shifted.farthest, 3e-3, 0.65e-3);
  EXPECT_NEAR(shifted.mean, 3e-3, 0.1e-3);
  EXPECT_GT(shifted.where[0], 9e-3);
  EXPECT_LT(shifted.where[0], 14e-3);
}

TEST(MeshReport, KnowsThicknessAndSagittaOfACylinder) {
  std::ostringstream log;
  Report quiet(log, 0);
  VolumeMeshOptions options;
  const TetMesh mesh = fill_with_tets(test::layered_cylinder({20e-3, 24e-3}, {4, 2}, 40e-3, 2.5e-3), table(),
                                      Eigen::Matrix3Xd(3, 0), options, quiet);
  const MeshReport report = examine_mesh(mesh, table(), nullptr, 0);
  ASSERT_EQ(report.layers.size(), 2u);
  EXPECT_EQ(report.layers[0].label, 1);
  EXPECT_NEAR(report.layers[0].mean, 1.5e-3, 0.05e-3);
  EXPECT_NEAR(report.layers[0].thinnest, 1.5e-3, 0.1e-3);
  EXPECT_EQ(report.layers[1].label, 2);
  EXPECT_NEAR(report.layers[1].mean, 4e-3, 0.1e-3);
  // A chord of length e around a circle of radius r lies e^2/(8 r) under it.
  const double sagitta = 2.5e-3 * 2.5e-3 / (8 * 20e-3);
  EXPECT_NEAR(interface_of(report, 4, 2).largest_sagitta, sagitta, 0.15 * sagitta);
}

TEST(MeshReport, IsWrittenForSpreadsheets) {
  const TetMesh mesh = two_blocks(1.5e-3);
  const LabelMap map = cubes({20, 20, 20}, 1e-3, [](int i, int, int) { return i < 10 ? 4 : 5; });
  const MeshReport report = examine_mesh(mesh, table(), &map, 2.5e-3);
  const test::ScratchFolder folder;
  write_mesh_report(mesh, report, &map, folder / "mesh_quality.tsv");
  const TsvFile file(folder / "mesh_quality.tsv");
  std::map<std::string, double> value;
  for (std::size_t row = 0; row < file.n_rows(); ++row)
    if (file.text(row, "value") != "n/a") value[file.text(row, "quantity")] = file.real(row, "value");
  EXPECT_EQ(value.at("tetrahedra"), static_cast<double>(mesh.n_tets()));
  EXPECT_GT(value.at("quadratic nodes"), 5 * value.at("linear nodes"));
  EXPECT_EQ(value.at("leaking edges of the boundary"), 0);
  EXPECT_NEAR(value.at("thinnest place"), 1.5, 0.6);
  EXPECT_NE(mesh_table(mesh, report).text().find("smallest dihedral angle"), std::string::npos);
  EXPECT_NE(interface_table(mesh, report, 3).text().find("muscle_b | muscle_a"), std::string::npos);
}

struct Judged {
  std::string refusal;
  std::vector<std::string> warnings;
};
Judged judge(const TetMesh& mesh, const LabelMap* map, const MeshLimits& limits) {
  std::ostringstream log;
  Report report(log, 0);
  Judged judged;
  try {
    require_quality(mesh, examine_mesh(mesh, table(), map, 2.5e-3), map, limits, report);
  } catch (const CheckError& error) {
    judged.refusal = error.what();
  }
  judged.warnings = report.warnings();
  return judged;
}

TEST(MeshLimits, RefuseAFlatTetrahedronAndSayWhere) {
  TetMesh mesh = two_blocks();
  EXPECT_EQ(judge(mesh, nullptr, {}).refusal, "");
  // One inner vertex is pressed nearly onto a facet opposite to it.
  const auto inner = static_cast<int>(mesh.n_points()) - 1;
  for (const auto& tet : mesh.tets) {
    const auto at = std::find(tet.begin(), tet.end(), inner);
    if (at == tet.end()) continue;
    Eigen::Vector3d middle = Eigen::Vector3d::Zero();
    for (const int v : tet)
      if (v != inner) middle += mesh.points.col(v) / 3;
    mesh.points.col(inner) = middle + 0.01 * (mesh.points.col(inner) - middle);
    const std::string refusal = judge(mesh, nullptr, {}).refusal;
    EXPECT_NE(refusal.find("Mesh/Least dihedral"), std::string::npos) << refusal;
    const auto at_place = refusal.find("near (");
    ASSERT_NE(at_place, std::string::npos) << refusal;
    EXPECT_NEAR(std::stod(refusal.substr(at_place + 6)), middle[0] * 1e3, 2.5);  // within an edge length
    return;
  }
  FAIL() << "no inner vertex";
}

TEST(MeshLimits, RefuseAHoleAndSayWhere) {
  TetMesh mesh = two_blocks();
  const Eigen::Vector3d corner = mesh.points.col(mesh.triangles.back()[0]) * 1e3;
  mesh.triangles.pop_back();
  mesh.triangle_parts.pop_back();
  const std::string refusal = judge(mesh, nullptr, {}).refusal;
  EXPECT_NE(refusal.find("1 open facets, 3 edges where the boundary leaks"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("near ("), std::string::npos) << corner;
}

TEST(MeshLimits, RefuseLostVolumeAndSayWhere) {
  const TetMesh mesh = two_blocks();
  const LabelMap map = cubes({20, 20, 20}, 1e-3, [](int i, int, int) { return i < 12 ? 4 : 5; });
  const Judged strict = judge(mesh, &map, {});
  EXPECT_NE(strict.refusal.find("'muscle_a' (label 4) by -16.7 % around (6.0, 10.0, 10.0) mm"), std::string::npos)
      << strict.refusal;
  EXPECT_NE(strict.refusal.find("'muscle_b' (label 5) by +25.0 %"), std::string::npos) << strict.refusal;
  MeshLimits loose;
  loose.largest_volume_error = 0.3;
  const Judged lenient = judge(mesh, &map, loose);
  EXPECT_EQ(lenient.refusal, "");
  EXPECT_EQ(lenient.warnings.size(), 2u);
}

TEST(MeshLimits, NameTheEdgeLengthThatResolvesALayer) {
  // A plate of 2 mm between the blocks, of which the mesh knows nothing.
  const LabelMap map = cubes({20, 20, 20}, 1e-3, [](int i, int, int) { return i < 10 ? 4 : i < 12 ? 2 : 5; });
  const std::string refusal = judge(two_blocks(), &map, {}).refusal;
  const std::string words = "mm for layers of ";
  const auto at = refusal.find(words);
  ASSERT_NE(at, std::string::npos) << refusal;
  EXPECT_NEAR(std::stod(refusal.substr(at + words.size())), 2, 0.4) << refusal;  // a mean over its voxels
}

TEST(MeshLimits, SayWhereAFlatTetrahedronLiesInAnExtrudedEnd) {
  TetMesh mesh = two_blocks();
  MeshLimits limits;
  limits.least_dihedral = 59.0 / 180 * M_PI;
  EXPECT_EQ(judge(mesh, nullptr, limits).refusal.find("extruded"), std::string::npos);
  mesh.tet_extruded.assign(mesh.n_tets(), 0);
  mesh.tet_extruded[measure_quality(mesh).worst_tet] = 1;
  EXPECT_NE(judge(mesh, nullptr, limits).refusal.find("it lies in an extruded end: change 'Mesh/End extension'"),
            std::string::npos);
}

TEST(MeshLimits, RefuseALostTissue) {
  const TetMesh mesh = two_blocks();
  const LabelMap map = cubes({20, 20, 20}, 1e-3, [](int i, int j, int k) {
    return i == 3 && j > 8 && j < 11 && k > 8 ? 2 : i < 10 ? 4 : 5;
  });
  EXPECT_NE(judge(mesh, &map, {}).refusal.find("(label 2) by -100.0 % around (3.5, 10.0, 14.5) mm"), std::string::npos);
}

TEST(MeshLimits, WarnOfABorderFarFromItsVoxels) {
  const TetMesh mesh = two_blocks();
  const LabelMap map = cubes({20, 20, 20}, 1e-3, [](int i, int, int) { return i < 13 ? 4 : 5; });
  std::ostringstream log;
  Report report(log, 0);
  warn_of_far_interfaces(mesh, examine_mesh(mesh, table(), &map, 5e-3), map, 5e-3, report);
  EXPECT_TRUE(report.warnings().empty());  // 3 mm
  warn_of_far_interfaces(mesh, examine_mesh(mesh, table(), &map, 1.5e-3), map, 1.5e-3, report);
  ASSERT_EQ(report.warnings().size(), 2u);  // the place where the voxels have it is bare
  const std::string said = report.warnings()[1];
  EXPECT_EQ(said.find("the border of 'muscle_b' and 'muscle_a' lies up to "), 0u) << said;
  EXPECT_NEAR(std::stod(said.substr(said.find("up to ") + 6)), 3, 0.65) << said;
  EXPECT_NE(said.find("use a 'Contour/Edge length' below 1.5 mm"), std::string::npos) << said;
}

// 8 x 8 x 8 blocks of 2.5 mm in the regions that `region` tells.
TetMesh mesh_of_blocks(const std::function<int(int, int, int)>& region, const std::vector<int>& labels) {
  std::ostringstream log;
  Report report(log, 0);
  VolumeMeshOptions options;
  options.skin_thickness = 0;
  return fill_with_tets(test::blocks({8, 8, 8}, 2.5e-3, region, labels), table(), Eigen::Matrix3Xd(3, 0), options,
                        report);
}

// A film of fat between two muscles, one block thin, with a hole from `begin` to `end` in both directions.
TetMesh muscles_with_film(int begin, int end) {
  const auto in_hole = [=](int j) { return j >= begin && j < end; };
  return mesh_of_blocks([=](int i, int j, int k) { return i < 4                                   ? 0
                                                          : i == 4 && !(in_hole(j) && in_hole(k)) ? 2
                                                                                                  : 1; },
                        {4, 5, 2});
}

LabelMap voxels_with_film() {
  return cubes({20, 20, 20}, 1e-3, [](int i, int, int) { return i < 10 ? 4 : i < 12 ? 2 : 5; });
}

TEST(MeshLimits, AWholeFilmIsNotCalledTorn) {
  const TetMesh mesh = muscles_with_film(0, 0);
  const LabelMap map = voxels_with_film();
  const MeshReport examined = examine_mesh(mesh, table(), &map, 2.5e-3);
  for (const auto& i : examined.interfaces) EXPECT_EQ(i.lost_faces, 0u) << i.inner << " | " << i.outer;
  EXPECT_EQ(lost_table(mesh, examined, 3).n_rows(), 0u);
  std::ostringstream log;
  Report report(log, 0);
  warn_of_far_interfaces(mesh, examined, map, 2.5e-3, report);
  EXPECT_TRUE(report.warnings().empty());
}

// The hole is 10 mm wide, in the middle the film is 5 mm away; but no border lies wrong by more than the film is thick.
TEST(MeshLimits, WarnOfATornFilmWithTheShareThatIsLostNotWithTheWidthOfTheHole) {
  const TetMesh mesh = muscles_with_film(2, 6);
  const LabelMap map = voxels_with_film();
  const MeshReport examined = examine_mesh(mesh, table(), &map, 2.5e-3);
  const InterfaceQuality& lost = interface_of(examined, 4, 2);
  EXPECT_EQ(lost.voxel_faces, 400u);
  // Voxel faces in the hole more than 0.75 edge lengths from its rim: 6 x 6.
  EXPECT_NEAR(static_cast<double>(lost.lost_faces), 36, 4);
  EXPECT_EQ(lost.lost_label, 2);
  EXPECT_LT((lost.lost_where - Eigen::Vector3d(10e-3, 10e-3, 10e-3)).norm(), 2e-3);
  for (const auto& i : examined.interfaces)
    EXPECT_FALSE(i.farthest > 2.5e-3) << i.inner << " | " << i.outer;  // NaN beside the outside
  std::ostringstream log;
  Report report(log, 0);
  warn_of_far_interfaces(mesh, examined, map, 2.5e-3, report);
  ASSERT_EQ(report.warnings().size(), 1u);
  const std::string said = report.warnings()[0];
  EXPECT_NE(said.find(" % of the border of 'muscle_"), std::string::npos) << said;
  EXPECT_NE(said.find("where 'fat' may be too thin for the contour"), std::string::npos) << said;
  EXPECT_NE(lost_table(mesh, examined, 3).text().find("muscle_a | fat"), std::string::npos);
}

TEST(MeshReport, CountsABorderThatTheMeshLacksAltogether) {
  const TetMesh slabs = mesh_of_blocks([](int i, int, int) { return i < 3 ? 0 : i < 5 ? 1 : 2; }, {4, 5, 2});
  // There the slab in the middle ends half way.
  const LabelMap map = cubes({20, 20, 20}, 1e-3, [](int i, int j, int) {
    return i < 8 ? 4 : i < 13 && j < 10 ? 5 : 2;
  });
  const InterfaceQuality lost = interface_of(examine_mesh(slabs, table(), &map, 2.5e-3), 4, 2);
  EXPECT_EQ(lost.facets, 0u);
  EXPECT_TRUE(std::isnan(lost.farthest));
  EXPECT_EQ(lost.voxel_faces, 200u);
  EXPECT_EQ(lost.lost_faces, 200u);
  EXPECT_EQ(lost.lost_label, 2);
}

Phantom cylinder() {
  LayeredCylinderPhantom description;
  description.outer_radii = {10e-3, 24e-3, 27e-3, 30e-3};
  description.length = 60e-3;
  description.voxel = 1e-3;
  return make_layered_cylinder(description);
}

TEST(MeshEstimate, IsRightWithinAFactorOfTwo) {
  const Phantom phantom = cylinder();
  std::vector<int> skins;
  for (const Tissue* skin : phantom.tissues.of_kind(TissueKind::skin)) skins.push_back(skin->label);
  VolumeMeshOptions options;
  options.skin_label = skins.at(0);
  options.skin_thickness = 3e-3;
  options.end_extension = 50e-3;
  for (const double edge : {2e-3, 4e-3}) {
    ContourOptions contour;
    contour.edge_length = edge;
    std::ostringstream log;
    Report report(log, 0);
    const MeshEstimate estimate = estimate_mesh(phantom.map, skins, contour, options, 0);
    const SurfaceComplex complex = contour_label_map(phantom.map, skins, contour, report);
    EXPECT_LT(std::abs(std::log2(estimate.triangles / static_cast<double>(complex.triangles.size()))), 0.5) << edge;
    const TetMesh mesh = fill_with_tets(complex, phantom.tissues, Eigen::Matrix3Xd(3, 0), options, report);
    EXPECT_LT(std::abs(std::log2(estimate.tets / static_cast<double>(mesh.n_tets()))), 1)
        << edge << ": " << estimate.tets << " estimated, " << mesh.n_tets() << " made";
  }
}

TEST(MeshEstimate, RefusesWhatDoesNotFitAndSaysWhatWould) {
  const Phantom phantom = cylinder();
  std::ostringstream log;
  Report report(log, 0);
  ContourOptions contour;
  contour.edge_length = 0.1e-3;
  const std::string message = test::message_of<InputError>(
      [&] { require_memory(phantom.map, {}, contour, VolumeMeshOptions(), 0, 1e9, report); });
  for (const char* part : {"0.1 mm", "million tetrahedra", "only 1.00 GB", "Mesh/Memory"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  const auto at = message.find("an edge length of ");
  ASSERT_NE(at, std::string::npos) << message;
  contour.edge_length = std::stod(message.substr(at + 18)) * 1e-3;
  EXPECT_LE(require_memory(phantom.map, {}, contour, VolumeMeshOptions(), 0, 1e9, report).bytes, 1e9);
  EXPECT_GT(contour.edge_length, 0.2e-3);
  EXPECT_LT(contour.edge_length, 2e-3);
}

TEST(MeshEstimate, KnowsTheMachinesMemory) {
  EXPECT_GT(available_memory(), 1e8);
  Parameters parameters;
  declare_memory_limit(parameters);
  parameters.read("", {"Mesh/Memory=2"});
  EXPECT_EQ(parse_memory_limit(parameters), 2e9);
}

}  // namespace
}  // namespace bmiss
