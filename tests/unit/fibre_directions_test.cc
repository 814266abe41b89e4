#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "support/fibre_cases.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using namespace test;

TEST(FibreDirections, StraightCylinderBetweenTwoCutsIsExact) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 4, 20);
  const auto found = angles(mesh, run.directions(mesh), along_z);
  ASSERT_EQ(found.size(), mesh.tets.size());
  EXPECT_LT(found.front(), 1e-3);
  EXPECT_TRUE(run.report.warnings().empty());
}

TEST(FibreDirections, StraightCylinderWithFreeEndsIsExactAwayFromThem) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 100e-3, 5, 40, Ends::closed);
  // The field forgets its ends like exp(-1.84 z / R) (first mode of a cylinder): 1 degree after two radii.
  const auto found = angles(mesh, run.directions(mesh), along_z,
                            [](const Eigen::Vector3d& x) { return x[2] > 25e-3 && x[2] < 75e-3; });
  EXPECT_LT(found.front(), 1.0);
}

TEST(FibreDirections, CutMuscleThatCrossesThePlaneObliquelyKeepsItsDirection) {
  // Sheared cylinder, 28 degrees to the normal of both cuts (pronator teres): its fibres are parallel to its wall.
  const double slope = std::tan(28 * degree);
  const TetMesh mesh = sheared_cylinder(slope, Ends::cut);
  Logged run;
  const auto found =
      angles(mesh, run.directions(mesh), [&](const Eigen::Vector3d&) { return Eigen::Vector3d(slope, 0, 1); });
  EXPECT_LT(found.front(), 1.0);
}

TEST(FibreDirections, QuarterTorusBetweenTwoCutsFollowsItsCircles) {
  Logged run;
  const TetMesh mesh = quarter_torus_mesh(50e-3, 10e-3, 5, 40);
  const auto found = angles(mesh, run.directions(mesh), along_circle);
  EXPECT_LT(found.front(), 3.0);
}

TEST(FibreDirections, QuarterTorusWithFreeEndsFollowsItsCirclesAwayFromThem) {
  Logged run;
  const TetMesh mesh = quarter_torus_mesh(50e-3, 8e-3, 5, 40, Ends::closed);
  // The limb's axis is the chord here, from x to z, so directions point the way of growing angle or all against it.
  const FibreDirections directions = run.directions(mesh);
  const double sign = directions.col(static_cast<Eigen::Index>(mesh.tets.size() / 2))
                                  .dot(along_circle(mesh.centroid(mesh.tets.size() / 2))) > 0
                          ? 1
                          : -1;
  const auto found = angles(
      mesh, directions, [&](const Eigen::Vector3d& x) { return (sign * along_circle(x)).eval(); },
      [](const Eigen::Vector3d& x) { return std::abs(std::atan2(x[2], x[0]) - M_PI / 4) < 25 * degree; });
  EXPECT_LT(found.front(), 3.0);
}

TEST(FibreDirections, OneCutAndOneFreeEndPointFromProximalToDistal) {
  for (const bool proximal_is_free : {true, false}) {
    // Muscle in the half of the limb that lies at one of the two cuts, fat in the other.
    const TetMesh mesh = lattice_mesh(
        4, 40,
        [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
          const Eigen::Vector2d p = 8e-3 * onto_disc(x[0], x[1]);
          return {p[0], p[1], 120e-3 * x[2]};
        },
        Ends::cut, [&](const Eigen::Vector3d& x) { return (x[2] > 0.5) == proximal_is_free ? 1 : 2; });
    Logged run;
    const FibreDirections directions = run.directions(mesh);
    const auto found = angles(mesh, directions, along_z,
                              [&](const Eigen::Vector3d& x) { return proximal_is_free ? x[2] > 80e-3 : x[2] < 40e-3; });
    EXPECT_LT(found.front(), 1.0);
    for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet)
      EXPECT_NEAR(directions.col(static_cast<Eigen::Index>(tet)).norm(), mesh.tet_labels[tet] == 1 ? 1 : 0, 1e-12);
  }
}

TEST(FibreDirections, EveryPieceOfAMuscleHasItsOwnField) {
  // Two slips of one muscle at an angle to each other, in a limb along z.
  const TetMesh mesh = lattice_mesh(
      12, 30,
      [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        return {30e-3 * x[0] + (x[0] > 0 ? 20e-3 : -20e-3) * x[2] * std::min(1.0, std::abs(x[0]) * 4), 10e-3 * x[1],
                100e-3 * x[2]};
      },
      Ends::cut, [](const Eigen::Vector3d& x) { return std::abs(x[0]) > 0.3 && std::abs(x[0]) < 0.8 ? 1 : 2; });
  Logged run;
  const auto found = angles(
      mesh, run.directions(mesh), [](const Eigen::Vector3d& x) { return Eigen::Vector3d(x[0] > 0 ? 20 : -20, 0, 100); },
      [](const Eigen::Vector3d& x) { return std::abs(x[0]) > 10e-3 && std::abs(x[0]) < 44e-3; });
  ASSERT_GT(found.size(), 1000u);
  std::size_t muscle_angles = 0;
  for (const double angle : found) muscle_angles += angle < 1.0;
  const auto n_muscle = static_cast<std::size_t>(std::count(mesh.tet_labels.begin(), mesh.tet_labels.end(), 1));
  EXPECT_GT(muscle_angles, n_muscle * 9 / 10);
}

TEST(FibreDirections, CrumbsFollowTheNearestOfTheirMuscle) {
  TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 4, 20);
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    const Eigen::Vector3d x = mesh.centroid(tet);
    mesh.tet_labels[tet] = x[2] < 60e-3 ? 1 : 2;
  }
  mesh.tet_labels.back() = 1;
  const Eigen::Vector3d crumb = mesh.centroid(mesh.tets.size() - 1);
  Logged run;
  const FibreDirections directions = run.directions(mesh);
  std::size_t nearest = 0;
  for (std::size_t tet = 1; tet + 1 < mesh.tets.size(); ++tet)
    if (mesh.tet_labels[tet] == 1 && (mesh.centroid(tet) - crumb).norm() < (mesh.centroid(nearest) - crumb).norm())
      nearest = tet;
  EXPECT_LT((directions.rightCols<1>() - directions.col(static_cast<Eigen::Index>(nearest))).norm(), 1e-12);
  EXPECT_TRUE(run.report.warnings().empty());
}

TEST(FibreDirections, AMuscleOfCrumbsFollowsTheLimbsAxisWithAWarning) {
  TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 4, 20);
  std::fill(mesh.tet_labels.begin(), mesh.tet_labels.end(), 2);
  mesh.tet_labels.back() = 1;
  Logged run;
  const FibreDirections directions = run.directions(mesh);
  EXPECT_LT((directions.rightCols<1>() - Eigen::Vector3d::UnitZ()).norm(), 1e-9);
  ASSERT_EQ(run.report.warnings().size(), 1u);
  EXPECT_NE(run.report.warnings()[0].find("muscle 'flexor' (label 1): its fibres follow the limb's axis"),
            std::string::npos)
      << run.report.warnings()[0];
}

TEST(FibreDirections, OfAMuscleAttachedAlongItsLengthRunFromThatWallToItsOtherEnd) {
  // The bone covers the whole lower side of the block, to its very end: there the insertion, the distal cut, wins.
  TetMesh mesh = box_mesh({20e-3, 20e-3, 80e-3}, 4, 16);
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) mesh.tet_labels[tet] = mesh.centroid(tet)[0] < 5e-3 ? 4 : 1;
  Logged run;
  FibreMuscle asked{1, "flexor"};
  asked.origin.labels = {4};
  const FibreDirections directions = run.directions(mesh, asked);
  EXPECT_TRUE(run.report.warnings().empty());
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    const Eigen::Vector3d x = mesh.centroid(tet);
    if (mesh.tet_labels[tet] != 1 || x[2] > 70e-3) continue;
    // Away from the wall, and distally.
    EXPECT_GT(directions(0, static_cast<Eigen::Index>(tet)), -0.05) << x.transpose();
    EXPECT_GT(directions(2, static_cast<Eigen::Index>(tet)), -0.05) << x.transpose();
  }
}

TEST(FibreDirections, TubeAroundAHelixFollowsIt) {
  // Half a turn of a helix of radius 15 mm over 120 mm; horizontal discs of radius 6 mm around it.
  const double bend = 15e-3, length = 120e-3;
  const TetMesh mesh = lattice_mesh(
      4, 60,
      [&](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const Eigen::Vector2d p = 6e-3 * onto_disc(x[0], x[1]);
        return {bend * std::cos(M_PI * x[2]) + p[0], bend * std::sin(M_PI * x[2]) + p[1], length * x[2]};
      },
      Ends::cut, [](const Eigen::Vector3d&) { return 1; });
  Logged run;
  const auto found = angles(mesh, run.directions(mesh), [&](const Eigen::Vector3d& x) {
    const double turn = M_PI * x[2] / length;
    return Eigen::Vector3d(-bend * std::sin(turn) * M_PI / length, bend * std::cos(turn) * M_PI / length, 1);
  });
  EXPECT_LT(found.front(), 3.0);
}

// A muscle that ends at the planes z = 20 mm and z = 60 mm of a limb of 80 mm.
FibreMuscle between_planes() {
  FibreMuscle asked{1, "flexor"};
  asked.origin.plane = AttachmentPlane{{0, 0, 21e-3}, {0, 0, -1}};
  asked.insertion.plane = AttachmentPlane{{5e-3, 0, 59e-3}, {0, 0, 1}};
  return asked;
}

TEST(FibreDirections, BetweenGivenPlanesAreExactAndGoOnBeyondThem) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 4, 20, Ends::closed);
  const auto found = angles(mesh, run.directions(mesh, between_planes()), along_z);
  ASSERT_EQ(found.size(), mesh.tets.size());
  EXPECT_LT(found.front(), 1e-3);
}

TEST(FibreDirections, BetweenGivenPlanesFollowAMuscleThatCrossesThemObliquely) {
  const double slope = std::tan(28 * degree);
  const TetMesh mesh = sheared_cylinder(slope, Ends::closed);
  Logged run;
  const auto found = angles(mesh, run.directions(mesh, between_planes()),
                            [&](const Eigen::Vector3d&) { return Eigen::Vector3d(slope, 0, 1); });
  EXPECT_LT(found.front(), 1.0);
}

// A block along z: tendon (3) up to 20 mm, muscle (1) to 80 mm, bone (4) beyond.
TetMesh block_between_tendon_and_bone() {
  TetMesh mesh = lattice_mesh(
      3, 20,
      [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        return {10e-3 * x[0], 10e-3 * x[1], 100e-3 * x[2]};
      },
      Ends::cut, [](const Eigen::Vector3d& x) { return x[2] < 0.2   ? 3
                                                       : x[2] < 0.8 ? 1
                                                                    : 4; });
  mesh.tissue_names = {{1, "flexor"}, {3, "tendon"}, {4, "bone"}};
  return mesh;
}

TEST(FibreDirections, BetweenTheTissuesOfOriginAndInsertionAreExact) {
  Logged run;
  const TetMesh mesh = block_between_tendon_and_bone();
  FibreMuscle asked{1, "flexor"};
  asked.origin.labels = {3};
  asked.insertion.labels = {4};
  const auto directions = run.directions(mesh, asked);
  const auto found =
      angles(mesh, directions, along_z, [](const Eigen::Vector3d& x) { return x[2] > 20e-3 && x[2] < 80e-3; });
  EXPECT_LT(found.front(), 1e-3);
  std::swap(asked.origin, asked.insertion);
  EXPECT_LT((run.directions(mesh, asked) + directions).norm(), 1e-6) << "the origin is where the user says";
}

TEST(FibreDirections, RefuseAnOriginThatTheMuscleDoesNotTouchAndAPlaneThatMissesIt) {
  Logged run;
  TetMesh mesh = block_between_tendon_and_bone();
  FibreMuscle asked{1, "flexor"};
  asked.origin.labels = {7};
  EXPECT_EQ(
      message_of<InputError>([&] { run.directions(mesh, asked); }),
      "muscle 'flexor' shares no surface with its origin label 7; it touches 'tendon' (label 3), 'bone' (label 4)");
  asked.origin.labels.clear();
  asked.insertion.plane = AttachmentPlane{{0, 0, 90e-3}, {0, 0, 1}};
  EXPECT_EQ(
      message_of<InputError>([&] { run.directions(mesh, asked); }),
      "the insertion plane of muscle 'flexor' does not cut it: the muscle lies -70.0 to -10.0 mm beyond the plane; "
      "the normal points to the part beyond the insertion");
  asked.insertion.plane.reset();
  asked.origin.plane = AttachmentPlane{{0, 0, 26e-3}, {0, 0, 1}};  // towards the muscle: the wrong way round
  EXPECT_NE(message_of<InputError>([&] {
              run.directions(mesh, asked);
            }).find("% of muscle 'flexor' lie beyond its origin plane; turn the normal round"),
            std::string::npos);
  asked.origin.plane = AttachmentPlane{{0, 0, 60e-3}, {0, 0, -1}};
  asked.insertion.plane = AttachmentPlane{{0, 0, 40e-3}, {0, 0, 1}};
  EXPECT_EQ(message_of<InputError>([&] { run.directions(mesh, asked); }),
            "the origin and the insertion given for muscle 'flexor' overlap or leave nothing between them; give other "
            "tissues or planes, or leave one empty");
}

TEST(FibreDirections, OfAPennateBlockAreTurnedByExactlyTheGivenAngle) {
  Logged run;
  const TetMesh mesh = box_mesh({20e-3, 20e-3, 80e-3}, 3, 12);
  FibreMuscle asked{1, "flexor"};
  asked.pennation = 20 * degree;
  asked.pennation_direction = Eigen::Vector3d(2, 0, 5).normalized();  // only its part across the line of action counts
  const double s = std::sin(20 * degree), c = std::cos(20 * degree);
  const auto one =
      angles(mesh, run.directions(mesh, asked), [&](const Eigen::Vector3d&) { return Eigen::Vector3d(s, 0, c); });
  EXPECT_LT(one.front(), 1e-3);
  asked.pennation_direction = Eigen::Vector3d::UnitX();
  asked.pennation_kind = PennationKind::bipennate;
  const auto two = angles(mesh, run.directions(mesh, asked),
                          [&](const Eigen::Vector3d& x) { return Eigen::Vector3d(x[0] < 10e-3 ? s : -s, 0, c); });
  EXPECT_LT(two.front(), 1e-3);
}

TEST(FibreDirections, EndWhereAnotherFaceOfTheImageCutsTheMuscleAcross) {
  TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 4, 20);
  for (int& part : mesh.triangle_parts)
    if (part == static_cast<int>(BoundaryPart::distal)) part = static_cast<int>(BoundaryPart::cut);
  Logged run;
  EXPECT_LT(angles(mesh, run.directions(mesh), along_z).front(), 1e-3);
}

TEST(FibreDirections, AreNotDisturbedByAFaceOfTheImageAlongTheMuscle) {
  TetMesh mesh = box_mesh({20e-3, 20e-3, 80e-3}, 3, 12);
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    double x = 1;
    for (const int point : mesh.triangles[i]) x = std::min(x, mesh.points(0, point));
    if (x > 19.9e-3) mesh.triangle_parts[i] = static_cast<int>(BoundaryPart::cut);
  }
  Logged run;
  EXPECT_LT(angles(mesh, run.directions(mesh), along_z).front(), 1e-3);
}

TEST(FibreDirections, InsideTheLimbDoNotDependOnItsExtrudedEnds) {
  const double slope = std::tan(25 * degree);
  Logged run;
  const TetMesh mesh = oblique_muscle_with_extruded_ends(slope);
  const FibreDirections directions = run.directions(mesh);
  const auto in_limb = [](const Eigen::Vector3d& x) { return x[2] > 30e-3 && x[2] < 90e-3; };
  const auto limb = angles(
      mesh, directions, [&](const Eigen::Vector3d&) { return Eigen::Vector3d(slope, 0, 1); }, in_limb);
  const auto beyond = angles(mesh, directions, along_z, [&](const Eigen::Vector3d& x) { return !in_limb(x); });
  EXPECT_LT(limb.front(), 1.0);
  EXPECT_LT(beyond.front(), 1.0);
  EXPECT_EQ(limb.size() + beyond.size(), mesh.n_tets());
}

}  // namespace
}  // namespace bmiss
