#include "anatomy/fibres.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using test::Ends;

constexpr double degree = M_PI / 180;

TissueTable one_muscle() {
  return TissueTable({{1, "flexor", TissueKind::muscle, 0.13, 0.56}, {2, "fat", TissueKind::fat, 0.06, 0.06}});
}

struct Logged {
  std::ostringstream log;
  Report report{log, 0};
  FibreDirections directions(const TetMesh& mesh) { return harmonic_fibre_directions(mesh, one_muscle(), report); }
};

using Expected = std::function<Eigen::Vector3d(const Eigen::Vector3d&)>;
using Where = std::function<bool(const Eigen::Vector3d&)>;

Eigen::Vector3d middle_of(const TetMesh& mesh, std::size_t tet) {
  Eigen::Vector3d middle = Eigen::Vector3d::Zero();
  for (const int point : mesh.tets[tet]) middle += mesh.points.col(point) / 4;
  return middle;
}

// Angles to the expected directions [degrees], largest first.
std::vector<double> angles(
    const TetMesh& mesh, const FibreDirections& directions, const Expected& expected,
    const Where& where = [](const Eigen::Vector3d&) { return true; }) {
  std::vector<double> result;
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    const Eigen::Vector3d x = middle_of(mesh, tet);
    if (!where(x)) continue;
    const Eigen::Vector3d wanted = expected(x).normalized(), found = directions.col(static_cast<Eigen::Index>(tet));
    result.push_back(std::atan2(wanted.cross(found).norm(), wanted.dot(found)) / degree);
  }
  std::sort(result.rbegin(), result.rend());
  return result;
}

Eigen::Vector3d along_z(const Eigen::Vector3d&) {
  return Eigen::Vector3d::UnitZ();
}
Eigen::Vector3d along_circle(const Eigen::Vector3d& x) {
  return {-x[2], 0, x[0]};
}

TEST(FibreDirections, StraightCylinderBetweenTwoCutsIsExact) {
  Logged run;
  const TetMesh mesh = test::cylinder_mesh(10e-3, 80e-3, 4, 20);
  const auto found = angles(mesh, run.directions(mesh), along_z);
  ASSERT_EQ(found.size(), mesh.tets.size());
  EXPECT_LT(found.front(), 1e-3);
  EXPECT_TRUE(run.report.warnings().empty());
}

TEST(FibreDirections, StraightCylinderWithFreeEndsIsExactAwayFromThem) {
  Logged run;
  const TetMesh mesh = test::cylinder_mesh(10e-3, 100e-3, 5, 40, Ends::closed);
  // The field forgets its ends like exp(-1.84 z / R) (first mode of a cylinder): 1 degree after two radii.
  const auto found = angles(mesh, run.directions(mesh), along_z,
                            [](const Eigen::Vector3d& x) { return x[2] > 25e-3 && x[2] < 75e-3; });
  EXPECT_LT(found.front(), 1.0);
}

TEST(FibreDirections, CutMuscleThatCrossesThePlaneObliquelyKeepsItsDirection) {
  // Sheared cylinder, 28 degrees to the normal of both cuts (pronator teres): its fibres are parallel to its wall.
  const double slope = std::tan(28 * degree);
  const TetMesh mesh = test::lattice_mesh(
      5, 30,
      [&](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const Eigen::Vector2d p = 8e-3 * test::onto_disc(x[0], x[1]);
        return {p[0] + slope * 80e-3 * x[2], p[1], 80e-3 * x[2]};
      },
      Ends::cut, [](const Eigen::Vector3d&) { return 1; });
  Logged run;
  const auto found =
      angles(mesh, run.directions(mesh), [&](const Eigen::Vector3d&) { return Eigen::Vector3d(slope, 0, 1); });
  EXPECT_LT(found.front(), 1.0);
}

TEST(FibreDirections, QuarterTorusBetweenTwoCutsFollowsItsCircles) {
  Logged run;
  const TetMesh mesh = test::quarter_torus_mesh(50e-3, 10e-3, 5, 40);
  const auto found = angles(mesh, run.directions(mesh), along_circle);
  EXPECT_LT(found.front(), 3.0);
}

TEST(FibreDirections, QuarterTorusWithFreeEndsFollowsItsCirclesAwayFromThem) {
  Logged run;
  const TetMesh mesh = test::quarter_torus_mesh(50e-3, 8e-3, 5, 40, Ends::closed);
  // The limb's axis is the chord here, from x to z, so directions point the way of growing angle or all against it.
  const FibreDirections directions = run.directions(mesh);
  const double sign = directions.col(static_cast<Eigen::Index>(mesh.tets.size() / 2))
                                  .dot(along_circle(middle_of(mesh, mesh.tets.size() / 2))) > 0
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
    const TetMesh mesh = test::lattice_mesh(
        4, 40,
        [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
          const Eigen::Vector2d p = 8e-3 * test::onto_disc(x[0], x[1]);
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
  const TetMesh mesh = test::lattice_mesh(
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

TEST(FibreDirections, CrumbsFollowTheLimbsAxisWithAWarning) {
  TetMesh mesh = test::cylinder_mesh(10e-3, 80e-3, 4, 20);
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    const Eigen::Vector3d x = middle_of(mesh, tet);
    mesh.tet_labels[tet] = x[2] < 60e-3 ? 1 : 2;
  }
  mesh.tet_labels.back() = 1;
  Logged run;
  const FibreDirections directions = run.directions(mesh);
  EXPECT_LT((directions.rightCols<1>() - Eigen::Vector3d::UnitZ()).norm(), 1e-9);
  ASSERT_EQ(run.report.warnings().size(), 1u);
  EXPECT_NE(run.report.warnings()[0].find("muscle 'flexor' (label 1): fibres of 1 of its 2 pieces (1 tetrahedra"),
            std::string::npos)
      << run.report.warnings()[0];
}

// Is x inside a tetrahedron of this label, to `tolerance` [m]?
bool inside(const TetMesh& mesh, int label, const Eigen::Vector3d& x, double tolerance) {
  constexpr std::array<std::array<int, 3>, 4> faces{{{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}}};
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    if (mesh.tet_labels[tet] != label) continue;
    double outside = -INFINITY;
    for (const auto& face : faces) {
      const Eigen::Vector3d a = mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(face[0])]),
                            b = mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(face[1])]),
                            c = mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(face[2])]);
      outside = std::max(outside, (b - a).cross(c - a).normalized().dot(x - a));
    }
    if (outside <= tolerance) return true;
  }
  return false;
}

StreamlineOptions one_per_square_millimetre() {
  StreamlineOptions options;
  options.seeds_per_area = 0.2e6;
  return options;
}

TEST(FibrePaths, OfAStraightCylinderHaveItsLengthAndFillItsSection) {
  Logged run;
  const TetMesh mesh = test::cylinder_mesh(10e-3, 80e-3, 4, 20);
  const auto paths = trace_fibres(mesh, run.directions(mesh), 1, one_per_square_millimetre(), 1);
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
  const TetMesh mesh = test::quarter_torus_mesh(50e-3, 10e-3, 5, 40);
  const auto paths = trace_fibres(mesh, run.directions(mesh), 1, one_per_square_millimetre(), 1);
  ASSERT_GT(paths.size(), 50u);
  for (const auto& path : paths) {
    const Eigen::Vector3d middle = path.points.col(path.points.cols() / 2);
    const double arc = M_PI / 2 * std::hypot(middle[0], middle[2]);
    EXPECT_NEAR(path.length(), arc, 0.02 * arc);
  }
}

// A spindle with a rough wall and free ends: fibres must slide along the wall instead of stopping at each bump.
TetMesh rough_spindle() {
  TetMesh mesh = test::lattice_mesh(
      5, 40,
      [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const double radius = 3e-3 + 7e-3 * std::sin(M_PI * x[2]);
        const Eigen::Vector2d p = radius * test::onto_disc(x[0], x[1]);
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
  const auto paths = trace_fibres(mesh, run.directions(mesh), 1, one_per_square_millimetre(), 3);
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
  const TetMesh mesh = test::cylinder_mesh(10e-3, 80e-3, 3, 40);
  FibreDirections directions = FibreDirections::Zero(3, static_cast<Eigen::Index>(mesh.n_tets()));
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet)
    directions(2, static_cast<Eigen::Index>(tet)) = middle_of(mesh, tet)[2] < 60e-3 ? 1 : -1;
  const auto paths = trace_fibres(mesh, directions, 1, one_per_square_millimetre(), 1);
  ASSERT_FALSE(paths.empty());
  for (const auto& path : paths) EXPECT_NEAR(path.length(), 60e-3, 4e-3);
}

TEST(FibrePaths, AreTheSameForTheSameSeedOnly) {
  Logged run;
  const TetMesh mesh = test::cylinder_mesh(10e-3, 40e-3, 3, 10);
  const auto directions = run.directions(mesh);
  const auto a = trace_fibres(mesh, directions, 1, {}, 5), b = trace_fibres(mesh, directions, 1, {}, 5),
             c = trace_fibres(mesh, directions, 1, {}, 6);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].points, b[i].points);
  EXPECT_GT((a[0].points.col(0) - c[0].points.col(0)).norm(), 1e-6);
}

TEST(FibrePaths, ShorterThanAskedForAreDropped) {
  Logged run;
  const TetMesh mesh = test::cylinder_mesh(10e-3, 40e-3, 3, 10);
  StreamlineOptions options = one_per_square_millimetre();
  const auto directions = run.directions(mesh);
  options.shortest = 39e-3;
  EXPECT_FALSE(trace_fibres(mesh, directions, 1, options, 1).empty());
  options.shortest = 41e-3;
  EXPECT_TRUE(trace_fibres(mesh, directions, 1, options, 1).empty());
}

TEST(FibrePaths, OfATissueWithoutFibresAreRefused) {
  Logged run;
  TetMesh mesh = test::cylinder_mesh(10e-3, 40e-3, 3, 10, Ends::cut, 2);
  mesh.tissue_names[2] = "fat";
  const auto directions = run.directions(mesh);
  const auto message = [&](int label) {
    return test::message_of<InputError>([&] { trace_fibres(mesh, directions, label, {}, 1); });
  };
  EXPECT_EQ(message(7), "tissue (label 7) has no tetrahedra in the mesh, so no fibres can be traced in it");
  EXPECT_EQ(
      message(2),
      "tissue 'fat' (label 2) has no fibre direction in tetrahedron 0; only tissues of kind 'muscle' have fibres");
}

FibreAtlas small_atlas() {
  FibreAtlas atlas;
  atlas.mesh_hash = "0123";
  atlas.directions = FibreDirections::Random(3, 5);
  FibrePath path;
  path.step = 0.5e-3;
  path.points = Eigen::Matrix3Xd::Random(3, 4);
  FibrePath longer = path;
  longer.points = Eigen::Matrix3Xd::Random(3, 9);
  atlas.paths["FCU"] = {path, longer};
  atlas.paths["ECU"] = {};
  atlas.paths["PL"] = {longer};
  return atlas;
}

TEST(FibreFile, ReadsBackWhatWasWritten) {
  const test::ScratchFolder folder;
  const FibreAtlas atlas = small_atlas();
  write_fibres(atlas, folder / "fibres.h5");
  const FibreAtlas read = read_fibres(folder / "fibres.h5");
  EXPECT_EQ(read.directions, atlas.directions);
  EXPECT_EQ(read.mesh_hash, atlas.mesh_hash);
  ASSERT_EQ(read.paths.size(), 3u);
  for (const auto& [muscle, paths] : atlas.paths) {
    ASSERT_EQ(read.paths.at(muscle).size(), paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
      EXPECT_EQ(read.paths.at(muscle)[i].points, paths[i].points);
      EXPECT_EQ(read.paths.at(muscle)[i].step, paths[i].step);
    }
  }
}

TEST(FibreFile, HoldsAnAtlasWithoutPaths) {
  const test::ScratchFolder folder;
  FibreAtlas atlas = small_atlas();
  atlas.paths.clear();
  write_fibres(atlas, folder / "fibres.h5");
  EXPECT_TRUE(read_fibres(folder / "fibres.h5").paths.empty());
}

TEST(FibreFile, RefusesOtherFiles) {
  const test::ScratchFolder folder;
  {
    Hdf5File other(folder / "other.h5", Hdf5File::Mode::create);
    other.set_attribute("/", "kind", "something");
    other.finish();
  }
  const auto message = test::message_of<InputError>([&] { read_fibres(folder / "other.h5"); });
  EXPECT_NE(message.find("other.h5: the HDF5 file holds no fibres"), std::string::npos) << message;
  EXPECT_THROW(read_fibres(folder / "missing.h5"), InputError);
}

TEST(FibreTable, GivesNumberLengthAndAngleOfEachMuscle) {
  FibreAtlas atlas;
  FibrePath straight;
  straight.step = 1e-3;
  straight.points = Eigen::Matrix3Xd::Zero(3, 41);
  for (int i = 0; i <= 40; ++i) straight.points(2, i) = 1e-3 * i;
  FibrePath longer = straight;
  longer.step = 2e-3;
  longer.points *= 2;
  atlas.paths["FCU"] = {straight, longer};
  atlas.paths["PL"] = {};
  const std::string text = fibre_table(atlas).text();
  EXPECT_NE(text.find("60.0"), std::string::npos) << text;  // mean of 40 and 80 mm
  EXPECT_NE(text.find("20.0"), std::string::npos) << text;
  EXPECT_NE(text.find(" 0.0"), std::string::npos) << text;
}

TEST(StreamlineOptions, AreReadInTheirUnits) {
  Parameters parameters;
  StreamlineOptions::declare_parameters(parameters);
  const auto options = StreamlineOptions::parse_parameters(parameters);
  EXPECT_DOUBLE_EQ(options.seeds_per_area, 1e6);
  EXPECT_DOUBLE_EQ(options.step, 0.5e-3);
  EXPECT_DOUBLE_EQ(options.shortest, 20e-3);
}

}  // namespace
}  // namespace bmiss

int main(int argc, char** argv) {
  bmiss::MpiSession session(argc, argv);  // files need MPI
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
