#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/parameters.h"
#include "base/table.h"
#include "support/fibre_cases.h"
#include "support/meshed_limbs.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using namespace test;

const FibreMuscle flexor{1, "flexor"};

StreamlineOptions one_per_square_millimetre() {
  StreamlineOptions options;
  options.seeds_per_area = 0.2e6;
  return options;
}

TEST(FibrePaths, OfAStraightCylinderHaveItsLengthAndFillItsSection) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 4, 20);
  const auto paths = trace_fibres(mesh, run.directions(mesh), flexor, one_per_square_millimetre(), 1).paths;
  EXPECT_NEAR(static_cast<double>(paths.size()), 0.2e6 * M_PI * 1e-4, 6);  // density times section
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  for (const auto& path : paths) {
    EXPECT_NEAR(path.length(), 80e-3, 1e-2 * 80e-3);
    EXPECT_NEAR(path.step, 0.5e-3, 0.01e-3);
    EXPECT_LT(path.points(2, 0), path.points(2, path.points.cols() - 1));  // proximal first
    for (Eigen::Index i = 1; i < path.points.cols(); ++i)
      EXPECT_NEAR((path.points.col(i) - path.points.col(i - 1)).norm(), path.step, 1e-3 * path.step);
    mean += path.points.col(0) / static_cast<double>(paths.size());
  }
  EXPECT_LT(mean.head<2>().norm(), 1e-3);
}

TEST(FibrePaths, OfAQuarterTorusAreArcsInsideIt) {
  Logged run;
  const TetMesh mesh = quarter_torus_mesh(50e-3, 10e-3, 5, 40);
  const auto paths = trace_fibres(mesh, run.directions(mesh), flexor, one_per_square_millimetre(), 1).paths;
  ASSERT_GT(paths.size(), 50u);
  for (const auto& path : paths) {
    const Eigen::Vector3d middle = path.points.col(path.points.cols() / 2);
    const double arc = M_PI / 2 * std::hypot(middle[0], middle[2]);
    EXPECT_NEAR(path.length(), arc, 0.02 * arc);
  }
}

// A spindle with a rough wall and free ends: fibres must slide along the wall instead of stopping at each bump.
TetMesh rough_spindle() {
  TetMesh mesh = lattice_mesh(
      5, 40,
      [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const double radius = 3e-3 + 7e-3 * std::sin(M_PI * x[2]);
        const Eigen::Vector2d p = radius * onto_disc(x[0], x[1]);
        return {p[0] + 10e-3 * x[2] * x[2], p[1], 120e-3 * x[2]};
      },
      Ends::closed, [](const Eigen::Vector3d&) { return 1; });
  unsigned state = 1;
  const auto noise = [&] { return (state = state * 1664525u + 1013904223u) / 4294967296.0 - 0.5; };
  for (Eigen::Index i = 0; i < mesh.points.cols(); ++i)
    for (int k = 0; k < 3; ++k) mesh.points(k, i) += 0.15e-3 * noise();
  return mesh;
}

TEST(FibrePaths, NeverLeaveTheMuscleAndRunFromEndToEnd) {
  Logged run;
  const TetMesh mesh = rough_spindle();
  const auto paths = trace_fibres(mesh, run.directions(mesh), flexor, one_per_square_millimetre(), 3).paths;
  ASSERT_GT(paths.size(), 40u);
  std::size_t whole = 0;
  for (const auto& path : paths) {
    whole += path.length() > 0.85 * 120e-3;
    for (Eigen::Index i = 0; i < path.points.cols(); i += 7)
      ASSERT_TRUE(inside(mesh, 1, path.points.col(i), 1e-6)) << path.points.col(i).transpose();
    ASSERT_TRUE(inside(mesh, 1, path.points.rightCols<1>(), 1e-6));
  }
  EXPECT_GE(whole, paths.size() * 9 / 10);
}

TEST(FibrePaths, StopWhereTheFieldTurnsAgainstThemInsteadOfGoingToAndFro) {
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 3, 40);
  FibreDirections directions = FibreDirections::Zero(3, static_cast<Eigen::Index>(mesh.n_tets()));
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet)
    directions(2, static_cast<Eigen::Index>(tet)) = mesh.centroid(tet)[2] < 60e-3 ? 1 : -1;
  const auto paths = trace_fibres(mesh, directions, flexor, one_per_square_millimetre(), 1).paths;
  ASSERT_FALSE(paths.empty());
  for (const auto& path : paths) EXPECT_NEAR(path.length(), 60e-3, 4e-3);
}

TEST(FibrePaths, AreTheSameForTheSameSeedOnly) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 40e-3, 3, 10);
  const auto directions = run.directions(mesh);
  const auto a = trace_fibres(mesh, directions, flexor, {}, 5).paths,
             b = trace_fibres(mesh, directions, flexor, {}, 5).paths,
             c = trace_fibres(mesh, directions, flexor, {}, 6).paths;
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].points, b[i].points);
  EXPECT_GT((a[0].points.col(0) - c[0].points.col(0)).norm(), 1e-6);
}

TEST(FibrePaths, ShorterThanAskedForAreDropped) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 40e-3, 3, 10);
  StreamlineOptions options = one_per_square_millimetre();
  const auto directions = run.directions(mesh);
  options.shortest = 39e-3;
  EXPECT_FALSE(trace_fibres(mesh, directions, flexor, options, 1).paths.empty());
  options.shortest = 41e-3;
  EXPECT_TRUE(trace_fibres(mesh, directions, flexor, options, 1).paths.empty());
}

TEST(FibrePaths, OfATissueWithoutFibresAreRefused) {
  Logged run;
  TetMesh mesh = cylinder_mesh(10e-3, 40e-3, 3, 10, Ends::cut, 2);
  mesh.tissue_names[2] = "fat";
  const auto directions = run.directions(mesh);
  const auto message = [&](int label) {
    return message_of<InputError>([&] { trace_fibres(mesh, directions, {label, ""}, {}, 1); });
  };
  EXPECT_EQ(message(7), "tissue (label 7) has no tetrahedra in the mesh, so no fibres can be traced in it");
  EXPECT_EQ(
      message(2),
      "tissue 'fat' (label 2) has no fibre direction in tetrahedron 0; only tissues of kind 'muscle' have fibres");
}

TEST(FibrePaths, TellTheWaysFromTheirSeedToBothEndsAndWhichEndsAreCuts) {
  TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 4, 20);
  for (int& part : mesh.triangle_parts)
    if (part == static_cast<int>(BoundaryPart::distal)) part = static_cast<int>(BoundaryPart::skin);
  Logged run;
  const auto traced = trace_fibres(mesh, run.directions(mesh), flexor, one_per_square_millimetre(), 1);
  ASSERT_FALSE(traced.paths.empty());
  const double station = traced.paths[0].seed_at;
  EXPECT_GT(station, 25e-3);
  EXPECT_LT(station, 55e-3);
  std::size_t on_section = 0;  // others fill the free end, where fibres spread
  for (const auto& path : traced.paths) {
    on_section += std::abs(path.seed_at - station) < 3e-3;
    EXPECT_LE(path.seed_at, path.length());
    EXPECT_TRUE(path.cut_proximal);
    EXPECT_FALSE(path.cut_distal);
  }
  EXPECT_GT(on_section, traced.paths.size() * 9 / 10);
}

TEST(FibrePaths, EndAtGivenPlanesAndTissues) {
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 4, 20, Ends::closed);
  FibreMuscle asked = flexor;
  asked.origin.plane = AttachmentPlane{{0, 0, 21e-3}, {0, 0, -1}};
  asked.insertion.plane = AttachmentPlane{{0, 0, 59e-3}, {0, 0, 1}};
  Logged run;
  const auto paths = trace_fibres(mesh, run.directions(mesh, asked), asked, one_per_square_millimetre(), 1).paths;
  ASSERT_GT(paths.size(), 40u);
  for (const auto& path : paths) {
    EXPECT_NEAR(path.points(2, 0), 21e-3, 1e-6);
    EXPECT_NEAR(path.points(2, path.points.cols() - 1), 59e-3, 1e-6);
    EXPECT_FALSE(path.cut_proximal || path.cut_distal);
  }
}

TEST(FibrePaths, RunThroughExtrudedEndsAndTellTheirLengthInTheLimb) {
  const double slope = std::tan(25 * degree);
  const TetMesh mesh = oblique_muscle_with_extruded_ends(slope);
  Logged run;
  const auto paths = trace_fibres(mesh, run.directions(mesh), flexor, one_per_square_millimetre(), 1).paths;
  ASSERT_GT(paths.size(), 20u);
  const double expected = 60e-3 / std::cos(25 * degree);
  std::size_t whole = 0;
  for (const auto& path : paths) {
    if (std::abs(path.length() - expected - 60e-3) > 3e-3) continue;
    ++whole;
    EXPECT_NEAR(path.beyond_proximal, 30e-3, 2e-3);
    EXPECT_NEAR(path.beyond_distal, 30e-3, 2e-3);
    EXPECT_NEAR(path.length_in_limb(), expected, 2e-3);
    const Eigen::Vector3d seed = path.points.col(static_cast<Eigen::Index>(std::lround(path.seed_at / path.step)));
    EXPECT_TRUE(seed[2] > 30e-3 && seed[2] < 90e-3) << "seeds lie in the limb";
  }
  EXPECT_GT(whole, paths.size() * 9 / 10);
}

TEST(FibrePaths, OfAPennateBlockRunFromWallToWallAndFillIt) {
  const TetMesh mesh = box_mesh({20e-3, 20e-3, 120e-3}, 4, 24, Ends::closed);
  FibreMuscle asked = flexor;
  asked.origin.plane = AttachmentPlane{{0, 0, 1e-3}, {0, 0, -1}};  // flat ends: an exact field
  asked.insertion.plane = AttachmentPlane{{0, 0, 119e-3}, {0, 0, 1}};
  asked.pennation = 20 * degree;
  asked.pennation_direction = Eigen::Vector3d::UnitX();
  Logged run;
  const auto options = one_per_square_millimetre();
  const FibreDirections directions = run.directions(mesh, asked);
  const auto paths = trace_fibres(mesh, directions, asked, options, 1).paths;
  const double whole = 20e-3 / std::sin(asked.pennation);
  std::size_t from_wall_to_wall = 0;
  for (const auto& path : paths) {
    EXPECT_LT(path.length(), whole + 1e-3);
    from_wall_to_wall += path.length() > whole - 1e-3;
  }
  // Of the volume the part (120 - 20 / tan 20) / 120 lies on whole fibres: 54 %.
  EXPECT_GT(from_wall_to_wall, paths.size() / 3);
  // Everywhere but in the corners, where fibres are short, there is a fibre within 1.5 spacings of 2.2 mm.
  std::size_t bare = 0, places = 0;
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    const Eigen::Vector3d x = mesh.centroid(tet);
    const double before = std::min(x[0] / std::sin(asked.pennation), (x[2] - 1e-3) / std::cos(asked.pennation)),
                 after =
                     std::min((20e-3 - x[0]) / std::sin(asked.pennation), (119e-3 - x[2]) / std::cos(asked.pennation));
    if (before + after < options.shortest + 5e-3) continue;
    ++places;
    double nearest = 1;
    for (const auto& path : paths) nearest = std::min(nearest, (path.points.colwise() - x).colwise().norm().minCoeff());
    bare += nearest > 1.5 / std::sqrt(options.seeds_per_area);
  }
  EXPECT_LT(bare, places / 50) << places;
  FibreAtlas atlas;
  atlas.paths["flexor"] = paths;
  atlas.lines_of_action["flexor"] = Eigen::Vector3d::UnitZ();
  EXPECT_NE(fibre_table(atlas).text().find(" 20.0 "), std::string::npos) << fibre_table(atlas).text();
}

TEST(FibrePaths, CountRejectedSeedsByTheirReason) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 40e-3, 3, 10);
  StreamlineOptions options = one_per_square_millimetre();
  options.shortest = 41e-3;
  const auto counts = trace_fibres(mesh, run.directions(mesh), flexor, options, 1).counts;
  EXPECT_GT(counts.seeds, 50);
  EXPECT_EQ(counts.too_short, counts.seeds);
  EXPECT_EQ(counts.rejected(), counts.seeds);
  // Circles around the axis have no end.
  FibreDirections circles = FibreDirections::Zero(3, static_cast<Eigen::Index>(mesh.n_tets()));
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    const Eigen::Vector3d x = mesh.centroid(tet);
    circles.col(static_cast<Eigen::Index>(tet)) = Eigen::Vector3d(-x[1], x[0], 0.2e-3).normalized();
  }
  options.shortest = 5e-3;
  EXPECT_GT(trace_fibres(mesh, circles, flexor, options, 1).counts.unended, 0);
}

TEST(FibrePaths, OfARealForearmLieInTheirMuscles) {
  BMISS_NEEDS_DATA("data/anatomy/forearm_bp3d_1mm.nii.gz");
  Logged run;
  const MeshedLimb limb = mesh_outside_limb("forearm_bp3d", 3.5e-3, run.report);
  Parameters parameters;
  declare_fibre_muscles(parameters);
  declare_fibre_parameters(parameters);
  parameters.read("", {"Fibres/Seeds per area=0.15"});
  const FibreAtlas atlas = make_fibre_atlas(limb.mesh, limb.tissues, parameters, {}, 1, run.report);
  EXPECT_GE(atlas.paths.size(), 16u);
  std::size_t outside = 0, points = 0;
  for (const auto& [muscle, paths] : atlas.paths) {
    const int label = limb.tissues.by_name(muscle).label;
    for (const FibrePath& path : paths) {
      EXPECT_GE(path.length(), 20e-3);
      for (Eigen::Index i = 0; i < path.points.cols(); i += 16) {
        ++points;
        outside += !inside(limb.mesh, label, path.points.col(i), 1e-6);
      }
    }
  }
  EXPECT_GT(points, 3000u);
  EXPECT_EQ(outside, 0u);
}

}  // namespace
}  // namespace bmiss
