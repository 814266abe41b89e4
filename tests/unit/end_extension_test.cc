// Extruded ends: they continue the limb as it is at the cut, fit to it, and leave everything said about the limb alone.
#include "anatomy/end_extension.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "anatomy/electrode_grid.h"
#include "anatomy/fibres.h"
#include "anatomy/harmonic_directions.h"
#include "anatomy/limb_ends.h"
#include "anatomy/mesh_file.h"
#include "anatomy/tet_shape.h"
#include "anatomy/tissue_table.h"
#include "anatomy/volume_mesh.h"
#include "base/errors.h"
#include "base/report.h"
#include "support/sample_surfaces.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

constexpr double degrees = 180 / M_PI;

TissueTable table() {
  return TissueTable({default_tissue(1, "skin", TissueKind::skin), default_tissue(2, "fat", TissueKind::fat),
                      default_tissue(3, "bone", TissueKind::bone), default_tissue(4, "muscle", TissueKind::muscle)});
}

struct Filled {
  TetMesh mesh;
  std::string log;
  std::vector<std::string> warnings;
};

// Radius 24 mm under 1.5 mm of skin, 40 mm long.
Filled limb(double extension, const Eigen::Matrix3Xd& electrodes = Eigen::Matrix3Xd(3, 0)) {
  std::ostringstream log;
  Report report(log, 0);
  VolumeMeshOptions options;
  options.end_extension = extension;
  Filled filled;
  filled.mesh = fill_with_tets(test::layered_cylinder({8e-3, 20e-3, 24e-3}, {3, 4, 2}, 40e-3, 2.5e-3), table(),
                               electrodes, options, report);
  filled.log = log.str();
  filled.warnings = report.warnings();
  return filled;
}

const TetMesh& plain() {
  static const TetMesh mesh = limb(0).mesh;
  return mesh;
}
// The same mesh, both ends 60 mm longer.
const TetMesh& extended() {
  static const TetMesh mesh = [] {
    std::ostringstream log;
    Report report(log, 0);
    TetMesh longer = plain();
    extend_ends(longer, table(), Eigen::Matrix3Xd(3, 0), 60e-3, report);
    for (double& x : longer.points.reshaped()) x = lattice_millimetres(lattice_index(x)) * 1e-3;  // as in files
    return longer;
  }();
  return mesh;
}

std::map<int, double> areas(const TetMesh& mesh) {
  std::map<int, double> area;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    const auto& [a, b, c] = mesh.triangles[i];
    area[mesh.triangle_parts[i]] +=
        (mesh.points.col(b) - mesh.points.col(a)).cross(mesh.points.col(c) - mesh.points.col(a)).norm() / 2;
  }
  return area;
}

TEST(EndExtension, FitsToTheLimbInGoodShape) {
  const MeshQuality quality = measure_quality(extended());
  EXPECT_EQ(quality.facets_shared_wrongly, 0u);
  EXPECT_EQ(quality.open_facets, 0u);
  EXPECT_EQ(quality.leaking_edges, 0u);
  EXPECT_GE(quality.smallest_dihedral * degrees, 8) << quality_summary(quality);
  EXPECT_GE(quality.percentile1_dihedral * degrees, 15) << quality_summary(quality);
}

TEST(EndExtension, LeavesTheLimbAsItWas) {
  const TetMesh &before = plain(), &after = extended();
  ASSERT_GT(after.n_tets(), before.n_tets());
  EXPECT_EQ(after.points.leftCols(before.points.cols()), before.points);
  EXPECT_TRUE(std::equal(before.tets.begin(), before.tets.end(), after.tets.begin()));
  for (std::size_t t = 0; t < after.n_tets(); ++t) ASSERT_EQ(after.is_extruded(t), t >= before.n_tets());
  EXPECT_EQ(after.volumes(), before.volumes());
  EXPECT_EQ(skin_surface(after).triangles.size(), skin_surface(before).triangles.size());
  for (const int label : {1, 2, 3, 4})
    EXPECT_EQ(tissue_points(after, label).weights.size(), tissue_points(before, label).weights.size());
}

TEST(EndExtension, RepeatsTheEndSlice) {
  const TetMesh& mesh = extended();
  std::map<int, double> section, volume;
  const LimbCuts cuts = limb_cuts(mesh);
  const auto labels = labels_under(mesh, cuts.distal.triangles);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& [a, b, c] = cuts.distal.triangles[i];
    section[labels[i]] +=
        (mesh.points.col(b) - mesh.points.col(a)).cross(mesh.points.col(c) - mesh.points.col(a)).norm() / 2;
  }
  for (std::size_t t = 0; t < mesh.n_tets(); ++t)
    if (mesh.is_extruded(t)) volume[mesh.tet_labels[t]] += mesh.volume(t);
  ASSERT_EQ(volume.size(), 4u);
  // Coarser borders lose a little area.
  for (const auto& [label, v] : volume) EXPECT_NEAR(v / (2 * 60e-3 * section.at(label)), 1, 0.06) << label;
}

TEST(EndExtension, NamesCapsAndLateralSurface) {
  const auto area = areas(extended());
  const double radius = 25.5e-3, section = M_PI * radius * radius, skin = 2 * M_PI * radius * 40e-3;
  EXPECT_NEAR(area.at(static_cast<int>(BoundaryPart::proximal)), section, 0.03 * section);
  EXPECT_NEAR(area.at(static_cast<int>(BoundaryPart::distal)), section, 0.03 * section);
  EXPECT_NEAR(area.at(static_cast<int>(BoundaryPart::extension)), 3 * skin, 0.02 * 3 * skin);
  EXPECT_NEAR(area.at(static_cast<int>(BoundaryPart::skin)), skin, 5e-3 * skin);
  const TetMesh& mesh = extended();
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i)
    for (const int v : mesh.triangles[i]) {
      if (mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::proximal)) {
        EXPECT_NEAR(mesh.points(2, v), -60e-3, 3e-9);
      }
      if (mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::distal)) {
        EXPECT_NEAR(mesh.points(2, v), 100e-3, 3e-9);
      }
    }
}

TEST(EndExtension, GetsCoarserWithDistance) {
  const auto count = [](const TetMesh& mesh, BoundaryPart part) {
    return std::count(mesh.triangle_parts.begin(), mesh.triangle_parts.end(), static_cast<int>(part));
  };
  EXPECT_LT(2 * count(extended(), BoundaryPart::distal), count(plain(), BoundaryPart::distal));
  EXPECT_LT(2 * count(extended(), BoundaryPart::proximal), count(plain(), BoundaryPart::proximal));
}

TEST(EndExtension, DoesNotMoveTheLimbsAxisOrGrids) {
  const auto frame_of = [](const TetMesh& mesh) { return limb_frame(limb_cuts(mesh), skin_surface(mesh)); };
  const LimbFrame before = frame_of(plain()), after = frame_of(extended());
  EXPECT_LT((before.axis - after.axis).norm(), 1e-12);
  EXPECT_LT((before.proximal - after.proximal).norm(), 1e-12);
  EXPECT_NEAR(before.length, after.length, 1e-12);
  EXPECT_LT((limb_axis(extended()) - Eigen::Vector3d::UnitZ()).norm(), 1e-4);
  const auto grid_of = [&](const TetMesh& mesh, const LimbFrame& frame) {
    GridOptions options;
    options.rows = options.columns = 2;
    const Surface skin = skin_surface(mesh);
    return lay_grid(skin, options, skin_point_over(tissue_points(mesh, 4), skin, frame.axis, 0.4), frame.axis);
  };
  const auto a = grid_of(plain(), before), b = grid_of(extended(), after);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_LT((a[i].position - b[i].position).norm(), 1e-9) << i;
}

TEST(EndExtension, KnowsTheCutsWhenOneEndAloneIsLong) {
  TetMesh mesh = test::cylinder_mesh(20e-3, 40e-3, 4, 12, test::Ends::cut, 4);
  const LimbCuts before = limb_cuts(mesh);
  extend_end(mesh, BoundaryPart::distal, 100e-3);
  const LimbCuts after = limb_cuts(mesh);
  EXPECT_LT((after.distal.centre - before.distal.centre).norm(), 1e-12);
  EXPECT_LT((after.proximal.centre - before.proximal.centre).norm(), 1e-12);
  EXPECT_LT((after.distal.normal - Eigen::Vector3d::UnitZ()).norm(), 1e-12);
  EXPECT_LT((after.proximal.normal + Eigen::Vector3d::UnitZ()).norm(), 1e-12);
}

TEST(EndExtension, RefusesACutThatIsNotFlat) {
  TetMesh mesh = test::quarter_torus_mesh(60e-3, 20e-3, 3, 12);
  for (int& part : mesh.triangle_parts)
    if (part == static_cast<int>(BoundaryPart::skin)) part = static_cast<int>(BoundaryPart::distal);
  EXPECT_NE(test::message_of<NumericalError>([&] { extend_end(mesh, BoundaryPart::distal, 10e-3); }).find("not flat"),
            std::string::npos);
}

TEST(EndExtension, ComesBackFromAFile) {
  const test::ScratchFolder folder;
  const TetMesh& mesh = extended();
  write_msh(mesh, folder / "limb.msh");
  const TetMesh back = read_msh(folder / "limb.msh", "mm", table());
  EXPECT_EQ(back.tet_extruded, mesh.tet_extruded);
  EXPECT_EQ(back.tet_labels, mesh.tet_labels);
  EXPECT_EQ(back.triangle_parts, mesh.triangle_parts);
  EXPECT_EQ(back.hash(), mesh.hash());
}

TEST(EndExtension, FibresRunOnThroughIt) {
  std::ostringstream log;
  Report report(log, 0);
  FibreMuscle muscle;
  muscle.label = 4;
  const FibreDirections directions = HarmonicDirections().directions({extended(), {muscle}, std::nullopt}, report);
  double worst = 1;
  for (std::size_t t = 0; t < extended().n_tets(); ++t)
    if (extended().tet_labels[t] == 4) worst = std::min(worst, directions(2, static_cast<Eigen::Index>(t)));
  EXPECT_GT(worst, std::cos(8 / degrees));
}

TEST(TruncationError, IsThatOfFiniteInsulatedCylinders) {
  // Layers to 10, 35, 38, 40 mm with 0.02, 0.1/0.5, 0.04, 1.0 S/m, source and electrode mid-way: both ends count.
  const TissueTable tissues({{3, "bone", TissueKind::bone, 0.02, 0.02},
                             {4, "muscle", TissueKind::muscle, 0.1, 0.5},
                             {2, "fat", TissueKind::fat, 0.04, 0.04},
                             {1, "skin", TissueKind::skin, 1.0, 1.0}});
  const SurfaceComplex complex = test::layered_cylinder({10e-3, 35e-3, 38e-3, 40e-3}, {3, 4, 2, 1}, 20e-3, 2e-3);
  const LimbCut cut = limb_cuts(complex, true).proximal;
  std::vector<int> labels;
  for (std::size_t i = 0; i < complex.triangles.size(); ++i)
    if (complex.triangle_regions[i][1] == SurfaceComplex::cut_low_k)
      labels.push_back(complex.region_labels[static_cast<std::size_t>(complex.triangle_regions[i][0])]);
  const double decay = decay_length(complex.points, cut.triangles, labels, tissues);
  EXPECT_NEAR(decay, 44.2e-3, 0.6e-3);  // m = 1 of the radial eigenproblem by one-dimensional finite elements
  const std::map<double, double> known{
      {80e-3, 0.22}, {120e-3, 0.091}, {160e-3, 0.035}, {240e-3, 0.0055}, {320e-3, 0.0009}};
  for (const auto& [length, error] : known)
    EXPECT_NEAR(2 * truncation_error(length / 2, decay) / error, 1, 0.2) << length;
  EXPECT_NEAR(truncation_error(distance_for_error(3e-3, decay), decay), 3e-3, 1e-9);
}

TEST(TruncationError, DecaysAsInAHomogeneousDisc) {
  const TissueTable tissues({{4, "muscle", TissueKind::muscle, 0.1, 0.5}});
  const SurfaceComplex complex = test::layered_cylinder({40e-3}, {4}, 20e-3, 2e-3);
  const LimbCut cut = limb_cuts(complex, true).proximal;
  const double decay = decay_length(complex.points, cut.triangles, std::vector<int>(cut.triangles.size(), 4), tissues);
  EXPECT_NEAR(decay, 40e-3 / 1.8412 * std::sqrt(5.0), 0.4e-3);
}

TEST(EndExtension, IsAsLongAsTheErrorNeeds) {
  const Eigen::Matrix3Xd electrode =
      Eigen::Vector3d(24e-3, 0, 30e-3);  // 30 mm from the proximal, 10 from the distal cut
  const Filled filled = limb(-1, electrode);
  EXPECT_TRUE(filled.warnings.empty());
  const auto area = areas(filled.mesh);
  double low = 0, high = 0;
  for (Eigen::Index v = 0; v < filled.mesh.points.cols(); ++v) {
    low = std::min(low, filled.mesh.points(2, v));
    high = std::max(high, filled.mesh.points(2, v));
  }
  EXPECT_NEAR(high - 40e-3 - (-low), 20e-3, 1e-3);  // both reach as far from the electrode
  EXPECT_NE(filled.log.find("0.5 % after extruding it by"), std::string::npos) << filled.log;
}

TEST(EndExtension, WarnsWhereTooShort) {
  const Filled filled = limb(5e-3);
  ASSERT_EQ(filled.warnings.size(), 1u);
  EXPECT_NE(filled.warnings[0].find("'Mesh/End extension' to -1"), std::string::npos) << filled.warnings[0];
}

TEST(SideCut, IsAPartOfItsOwnWithoutSkin) {
  // A block limb whose side x = 0 is cut by the image.
  SurfaceComplex complex = test::blocks({10, 10, 10}, 2.5e-3, [](int, int, int) { return 0; }, {4});
  for (std::size_t i = 0; i < complex.triangles.size(); ++i) {
    const auto& t = complex.triangles[i];
    if (std::all_of(t.begin(), t.end(), [&](int v) { return complex.points(0, v) == 0; }))
      complex.triangle_regions[i][1] = SurfaceComplex::cut_other;
  }
  std::ostringstream log;
  Report report(log, 0);
  VolumeMeshOptions options;
  options.end_extension = 20e-3;
  const TetMesh mesh = fill_with_tets(complex, table(), Eigen::Matrix3Xd(3, 0), options, report);
  double area = 0;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    if (mesh.triangle_parts[i] != static_cast<int>(BoundaryPart::cut)) continue;
    const auto& [a, b, c] = mesh.triangles[i];
    area += (mesh.points.col(b) - mesh.points.col(a)).cross(mesh.points.col(c) - mesh.points.col(a)).norm() / 2;
    for (const int v : {a, b, c}) EXPECT_NEAR(mesh.points(0, v), 0, 2e-9);
  }
  EXPECT_NEAR(area, 25e-3 * 28e-3, 0.02 * 25e-3 * 28e-3);  // with the edges of the skin at both sides
  EXPECT_NEAR(mesh.volumes().at(1), 3 * 25e-3 * 25e-3 * 1.5e-3, 0.05 * 3 * 25e-3 * 25e-3 * 1.5e-3);
  for (const auto& t : skin_surface(mesh).triangles) EXPECT_EQ(t.size(), 3u);
  EXPECT_EQ(measure_quality(mesh).leaking_edges, 0u);
  const test::ScratchFolder folder;
  write_msh(mesh, folder / "limb.msh");
  EXPECT_EQ(read_msh(folder / "limb.msh", "mm", table()).triangle_parts, mesh.triangle_parts);
}

}  // namespace
}  // namespace bmiss
