#include "anatomy/electrode_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/errors.h"
#include "base/parameters.h"
#include "support/electrode_grids.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using test::at;
using test::grid;
using test::worst_neighbour;
using test::z_axis;

// Exact geodesics of a cylinder around z.
struct OnCylinder {
  double radius;
  double operator()(const Eigen::Vector3d& a, const Eigen::Vector3d& b) const {
    const double turn = std::atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]);
    return std::hypot(radius * turn, b[2] - a[2]);
  }
};

TEST(ElectrodeGrid, OnACylinderKeepsItsSpacingAndRunsAlongTheAxis) {
  const Surface skin = test::cylinder_surface(40e-3, 200e-3, 2e-3);
  const GridOptions options = grid(13, 5);
  const auto electrodes = lay_grid(skin, options, {60e-3, 0, 5e-3}, z_axis);
  ASSERT_EQ(electrodes.size(), 65u);
  EXPECT_LE(worst_neighbour(electrodes, options, OnCylinder{40e-3}), 0.02);
  const Electrode& middle = at(electrodes, options, 7, 3);
  EXPECT_LT((middle.position - Eigen::Vector3d(40e-3, 0, 5e-3)).norm(), 0.2e-3);
  for (const Electrode& electrode : electrodes) {
    EXPECT_NEAR(electrode.position.head<2>().norm(), 40e-3, 0.05e-3);
    EXPECT_GT(electrode.normal.dot(Eigen::Vector3d(electrode.position[0], electrode.position[1], 0).normalized()),
              std::cos(0.01));
    EXPECT_NEAR(electrode.along.dot(electrode.normal), 0, 1e-12);
    EXPECT_GT(electrode.along[2], std::cos(0.02));
    // Seen from outside with rows growing downward, columns grow to the right, as in a matrix: here towards -y.
    EXPECT_NEAR(electrode.position[2], 5e-3 + (electrode.row - 7) * 8e-3, 0.2e-3);
    EXPECT_NEAR(std::atan2(electrode.position[1], electrode.position[0]), -(electrode.column - 3) * 8.0 / 40, 0.01);
  }
}

TEST(ElectrodeGrid, NamesRowsAndColumnsCountFromOne) {
  const Surface skin = test::cylinder_surface(40e-3, 200e-3, 4e-3);
  GridOptions options = grid(12, 2);
  options.name = "arm";
  const auto electrodes = lay_grid(skin, options, {40e-3, 0, 0}, z_axis);
  EXPECT_EQ(electrodes.front().name, "arm_r01c01");
  EXPECT_EQ(electrodes.back().name, "arm_r12c02");
  EXPECT_EQ(electrodes.back().row, 12);
  EXPECT_EQ(electrodes.back().column, 2);
  EXPECT_EQ(electrodes.back().group, "arm");
  EXPECT_DOUBLE_EQ(electrodes.back().radius, 2e-3);
}

TEST(ElectrodeGrid, EvenAndSingleGridsKeepTheirMiddleOnTheAnchor) {
  const Surface skin = test::cylinder_surface(40e-3, 200e-3, 2e-3);
  for (const auto& [rows, columns] :
       {std::pair{8, 8}, std::pair{1, 1}, std::pair{1, 4}, std::pair{6, 1}, std::pair{4, 3}}) {
    const GridOptions options = grid(rows, columns);
    const auto electrodes = lay_grid(skin, options, {40e-3, 0, 0}, z_axis);
    double height = 0, turn = 0;
    for (const Electrode& electrode : electrodes) {
      height += electrode.position[2] / static_cast<double>(electrodes.size());
      turn += std::atan2(electrode.position[1], electrode.position[0]) / static_cast<double>(electrodes.size());
      EXPECT_GT(electrode.along[2], 0.999);
    }
    EXPECT_NEAR(height, 0, 0.1e-3) << rows << " x " << columns;
    EXPECT_NEAR(40e-3 * turn, 0, 0.1e-3) << rows << " x " << columns;
    EXPECT_LE(worst_neighbour(electrodes, options, OnCylinder{40e-3}), 0.02);
  }
}

TEST(ElectrodeGrid, RotationTurnsTheRowsAboutTheOutwardNormal) {
  const Surface skin = test::cylinder_surface(40e-3, 200e-3, 2e-3);
  GridOptions options = grid(5, 5);
  options.rotation = 30 * M_PI / 180;
  const auto electrodes = lay_grid(skin, options, {40e-3, 0, 0}, z_axis);
  // About +x, z turns towards -y.
  const Eigen::Vector3d& along = at(electrodes, options, 3, 3).along;
  EXPECT_NEAR(along[2], std::cos(options.rotation), 0.01);
  EXPECT_NEAR(along[1], -std::sin(options.rotation), 0.01);
  EXPECT_LE(worst_neighbour(electrodes, options, OnCylinder{40e-3}), 0.02);
}

TEST(ElectrodeGrid, OnALimbCurvedBothWaysKeepsNeighbourDistances) {
  // An ellipsoid-like limb: elliptic section, thickest at the middle. Distances by stepping along the chord on the
  // surface.
  const auto limb = [](double theta, double s) {
    const double z = 240e-3 * (s - 0.5), scale = std::sqrt(1 - (z / 200e-3) * (z / 200e-3));
    return Eigen::Vector3d(45e-3 * scale * std::cos(theta), 35e-3 * scale * std::sin(theta), z);
  };
  const Surface skin = test::tube_surface(160, 150, limb);
  const auto project = [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
    const double scale = std::sqrt(1 - (x[2] / 200e-3) * (x[2] / 200e-3));
    const double level = std::hypot(x[0] / (45e-3 * scale), x[1] / (35e-3 * scale));
    return {x[0] / level, x[1] / level, x[2]};
  };
  const auto distance = [&](const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
    double length = 0;
    Eigen::Vector3d last = project(a);
    for (int i = 1; i <= 50; ++i) {
      const Eigen::Vector3d next = project(a + i / 50.0 * (b - a));
      length += (next - last).norm();
      last = next;
    }
    return length;
  };
  for (const auto& options : {grid(13, 5), grid(8, 8, 10e-3)}) {
    const auto electrodes = lay_grid(skin, options, {0, 60e-3, 10e-3}, z_axis);
    EXPECT_LE(worst_neighbour(electrodes, options, distance), 0.02);
  }
}

TEST(ElectrodeGrid, RingThatClosesExactlyIsAllowedAndOneMoreColumnIsNot) {
  const Surface skin = test::cylinder_surface(40e-3, 120e-3, 1.5e-3);
  const double spacing = 2 * M_PI * 40e-3 / 24;
  const auto ring = lay_grid(skin, grid(2, 24, spacing), {40e-3, 0, 0}, z_axis);
  EXPECT_EQ(ring.size(), 48u);
  const auto message = test::message_of<InputError>([&] {
    lay_grid(skin, grid(2, 25, spacing), {40e-3, 0, 0}, z_axis);
  });
  EXPECT_NE(message.find("the grid wraps around the limb onto itself"), std::string::npos) << message;
}

std::string refused(const GridOptions& options, const Eigen::Vector3d& centre = {40e-3, 0, 0}, double radius = 40e-3) {
  const Surface skin = test::cylinder_surface(radius, 120e-3, 2e-3);
  return test::message_of<InputError>([&] { lay_grid(skin, options, centre, z_axis); });
}

TEST(ElectrodeGrid, BeyondTheCutEndIsRefusedByName) {
  // Half the grid's 13 rows reach 48 mm, and the limb ends 60 mm from its middle.
  const auto message = refused(grid(13, 5), {40e-3, 0, 13e-3});
  EXPECT_NE(message.find("electrode 'grid1_r13c01' at ("), std::string::npos) << message;
  EXPECT_NE(message.find("leaves the skin: it reaches beyond a cut end of the limb"), std::string::npos) << message;
}

TEST(ElectrodeGrid, PatchOverTheRimIsRefusedWhereItsCentreWouldFit) {
  const Surface skin = test::cylinder_surface(40e-3, 120e-3, 2e-3);
  const GridOptions options = grid(1, 1);
  EXPECT_NO_THROW(lay_grid(skin, options, {40e-3, 0, 57e-3}, z_axis));
  EXPECT_NE(refused(options, {40e-3, 0, 59e-3}).find("leaves the skin"), std::string::npos);
  GridOptions rectangle = options;
  rectangle.shape = ElectrodeShape::rectangle;
  rectangle.length = 4e-3;
  rectangle.width = 20e-3;
  EXPECT_NO_THROW(lay_grid(skin, rectangle, {40e-3, 0, 57e-3}, z_axis));
  EXPECT_NE(refused(rectangle, {40e-3, 0, 59e-3}).find("leaves the skin"), std::string::npos);
  GridOptions point = options;
  point.shape = ElectrodeShape::point;
  EXPECT_NO_THROW(lay_grid(skin, point, {40e-3, 0, 59e-3}, z_axis));
  EXPECT_NE(refused(point, {40e-3, 0, 61e-3}).find("leaves the skin"), std::string::npos);
}

TEST(ElectrodeGrid, WrappingAroundAThinLimbIsRefused) {
  const auto message = refused(grid(2, 14), {20e-3, 0, 0}, 15e-3);  // 13 x 8 mm = 104 mm around 94 mm
  EXPECT_NE(message.find("the grid wraps around the limb onto itself"), std::string::npos) << message;
}

TEST(ElectrodeGrid, BadOptionsAreRefusedWithTheValueSeen) {
  EXPECT_EQ(refused(grid(0, 5)), "grid 'grid1': 0 rows and 5 columns were given; a grid has at least one of each");
  EXPECT_EQ(refused(grid(5, 5, 0)), "grid 'grid1': the spacing is 0 mm; give a positive distance");
  EXPECT_EQ(refused(grid(5, 5, 8e-3, 0)),
            "grid 'grid1': the radius of the discs is 0 mm; give a positive radius or the shape 'point'");
  EXPECT_EQ(refused(grid(5, 5, 8e-3, 4.5e-3)),
            "grid 'grid1': contacts of 9 mm do not fit into a spacing of 8 mm; make the contacts smaller or the "
            "spacing larger");
  GridOptions rectangle = grid(5, 1);
  rectangle.shape = ElectrodeShape::rectangle;
  rectangle.length = 1e-3;
  EXPECT_NE(refused(rectangle).find("the rectangles are 1 mm long and 0 mm wide"), std::string::npos);
  EXPECT_NE(refused(grid(3, 3), {0.5, 0, 0}).find("is 460 mm from the skin"), std::string::npos)
      << refused(grid(3, 3), {0.5, 0, 0});
}

TEST(ElectrodeGrid, BarsMayBeWiderThanTheSpacingOfASingleColumn) {
  GridOptions bars = grid(8, 1, 5e-3);
  bars.shape = ElectrodeShape::rectangle;
  bars.length = 1e-3;
  bars.width = 10e-3;
  const Surface skin = test::cylinder_surface(40e-3, 120e-3, 2e-3);
  EXPECT_EQ(lay_grid(skin, bars, {40e-3, 0, 0}, z_axis).size(), 8u);
}

TEST(Electrode, DiscOnACylinderCoversItsNominalArea) {
  // Area of the points that covers() accepts, by integrating over the unrolled cylinder (R 40 mm, r 5 mm), within 0.2
  // %.
  const double radius = 40e-3;
  Electrode disc;
  disc.radius = 5e-3;
  disc.position = {radius, 0, 0};
  disc.normal = Eigen::Vector3d::UnitX();
  disc.along = z_axis;
  const int n = 1000;
  long covered = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      const double s = 6e-3 * (2 * (i + 0.5) / n - 1), z = 6e-3 * (2 * (j + 0.5) / n - 1);
      covered += disc.covers({radius * std::cos(s / radius), radius * std::sin(s / radius), z});
    }
  const double area = static_cast<double>(covered) * std::pow(12e-3 / n, 2);
  EXPECT_NEAR(area / disc.area(), 1, 2e-3);
  EXPECT_DOUBLE_EQ(disc.area(), M_PI * 25e-6);
}

TEST(Electrode, LocalCoordinatesAreLengthsAlongTheSkin) {
  const double radius = 40e-3;
  Electrode electrode;
  electrode.position = {radius, 0, 0};
  electrode.normal = Eigen::Vector3d::UnitX();
  electrode.along = z_axis;
  electrode.shape = ElectrodeShape::rectangle;
  electrode.length = 10e-3;
  electrode.width = 20e-3;
  // across = normal x along = x x z = -y.
  const auto on_skin = [&](double around, double z) -> Eigen::Vector3d {
    return {radius * std::cos(around / radius), radius * std::sin(around / radius), z};
  };
  EXPECT_LT((electrode.local_coordinates(on_skin(0, 3e-3)) - Eigen::Vector2d(3e-3, 0)).norm(), 1e-12);
  EXPECT_LT((electrode.local_coordinates(on_skin(-10e-3, 0)) - Eigen::Vector2d(0, 10e-3)).norm(), 1e-6);
  EXPECT_TRUE(electrode.covers(on_skin(9.99e-3, 4.9e-3)));
  EXPECT_FALSE(electrode.covers(on_skin(10.01e-3, 0)));
  EXPECT_FALSE(electrode.covers(on_skin(0, 5.1e-3)));
  EXPECT_DOUBLE_EQ(electrode.area(), 200e-6);
  electrode.shape = ElectrodeShape::point;
  EXPECT_FALSE(electrode.covers(electrode.position));
  EXPECT_EQ(electrode.area(), 0);
}

TEST(Electrode, IsLaidOnTheNearestSkinPoint) {
  const Surface skin = test::cylinder_surface(40e-3, 120e-3, 2e-3);
  const Electrode electrode = lay_electrode(skin, "wrist", {0, 50e-3, 20e-3}, 10e-3, z_axis);
  EXPECT_LT((electrode.position - Eigen::Vector3d(0, 40e-3, 20e-3)).norm(),
            0.25e-3);  // 10 mm off, facets tilted by 1/40
  EXPECT_EQ(electrode.shape, ElectrodeShape::disc);
  EXPECT_EQ(lay_electrode(skin, "p", {0, 50e-3, 0}, 0, z_axis).shape, ElectrodeShape::point);
  const auto message = test::message_of<InputError>([&] {
    lay_electrode(skin, "wrist", {0, 50e-3, 55e-3}, 10e-3, z_axis);
  });
  EXPECT_NE(message.find("electrode 'wrist' at (0.0, 40.0, 55.0) mm leaves the skin"), std::string::npos) << message;
}

TEST(Electrodes, OfTwoGridsMustNotOverlap) {
  const Surface skin = test::cylinder_surface(40e-3, 160e-3, 2e-3);
  GridOptions second = grid(3, 3);
  second.name = "grid2";
  auto all = lay_grid(skin, grid(3, 3), {40e-3, 0, 0}, z_axis);
  auto apart = lay_grid(skin, second, {40e-3, 0, 24e-3}, z_axis),
       over = lay_grid(skin, second, {40e-3, 0, 18e-3}, z_axis);
  auto both = all;
  both.insert(both.end(), apart.begin(), apart.end());
  EXPECT_NO_THROW(require_apart(both));
  both = all;
  both.insert(both.end(), over.begin(), over.end());
  const auto message = test::message_of<InputError>([&] { require_apart(both); });
  EXPECT_NE(message.find("electrode 'grid2_r01c01' at ("), std::string::npos) << message;
  EXPECT_NE(message.find("overlaps electrode 'grid1_r03c01'"), std::string::npos) << message;
  all.push_back(all.front());
  EXPECT_NE(test::message_of<InputError>([&] { require_apart(all); }).find("two electrodes are named 'grid1_r01c01'"),
            std::string::npos);
}

TEST(Electrodes, DiscAndBarOverlapOnlyWhereTheyTouch) {
  Electrode bar;
  bar.name = "bar";
  bar.shape = ElectrodeShape::rectangle;
  bar.length = 2e-3;
  bar.width = 20e-3;
  bar.normal = Eigen::Vector3d::UnitZ();
  bar.along = Eigen::Vector3d::UnitX();
  Electrode disc;
  disc.name = "disc";
  disc.radius = 2e-3;
  disc.normal = Eigen::Vector3d::UnitZ();
  disc.position = {3.2e-3, 5e-3, 0};
  EXPECT_NO_THROW(require_apart({bar, disc}));
  disc.position = {2.5e-3, 5e-3, 0};
  EXPECT_THROW(require_apart({bar, disc}), InputError);
  Electrode turned = bar;  // across the first, beside it
  turned.name = "turned";
  turned.along = Eigen::Vector3d::UnitY();
  turned.position = {12e-3, 0, 0};
  EXPECT_NO_THROW(require_apart({bar, turned}));
  turned.position = {10e-3, 0, 0};
  EXPECT_THROW(require_apart({bar, turned}), InputError);
}

TEST(LimbAxis, LeadsFromTheProximalToTheDistalCut) {
  TetMesh mesh = test::cylinder_mesh(40e-3, 50e-3, 3, 6);  // shorter than wide: the principal axis would lie across
  EXPECT_LT((limb_axis(mesh) - z_axis).norm(), 1e-9);
  for (int& part : mesh.triangle_parts)
    part = part == static_cast<int>(BoundaryPart::proximal) ? static_cast<int>(BoundaryPart::distal)
           : part == static_cast<int>(BoundaryPart::distal) ? static_cast<int>(BoundaryPart::proximal)
                                                            : part;
  EXPECT_LT((limb_axis(mesh) + z_axis).norm(), 1e-9);
}

TEST(LimbAxis, OfASkinJoinsItsTwoOpenEnds) {
  EXPECT_LT((limb_axis(test::cylinder_surface(40e-3, 50e-3, 4e-3)) - z_axis).norm(), 1e-6);
  const TetMesh closed = test::cylinder_mesh(20e-3, 150e-3, 3, 12, test::Ends::closed);
  EXPECT_GT(limb_axis(Surface{closed.points, closed.triangles})[2], 0.999);
}

TEST(SkinPointOver, IsNearestToTheMusclesSection) {
  const Surface skin = test::cylinder_surface(40e-3, 160e-3, 2e-3);
  TissuePoints muscle;
  muscle.points.resize(3, 101);
  muscle.weights = Eigen::VectorXd::Constant(101, 1e-9);
  for (int i = 0; i <= 100; ++i) muscle.points.col(i) << 0, 20e-3, -50e-3 + 1e-3 * i;
  EXPECT_LT((skin_point_over(muscle, skin, z_axis, 0.25) - Eigen::Vector3d(0, 40e-3, -25e-3)).norm(), 0.5e-3);
  EXPECT_LT((skin_point_over(muscle, skin, -z_axis, 0.25) - Eigen::Vector3d(0, 40e-3, 25e-3)).norm(), 0.5e-3);
  EXPECT_THROW(skin_point_over(muscle, skin, z_axis, 1.5), InputError);
  EXPECT_THROW(skin_point_over({}, skin, z_axis, 0.5), InputError);
}

TEST(GridOptions, AreReadInTheirUnits) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "a.prm")
      << "subsection Grids\n subsection arm\n set Rows = 13\n set Columns = 5\n set Spacing = 4\n"
         "  set Shape = rectangle\n  set Length = 1\n  set Width = 2\n  set Centre = 10, -20, 30.5\n"
         "  set Position along = 0.3\n  set Rotation = 90\n end\nend\n";
  Parameters parameters;
  GridOptions::declare_parameters(parameters, "arm");
  parameters.read(folder / "a.prm", {});
  const GridOptions options = GridOptions::parse_parameters(parameters, "arm");
  EXPECT_EQ(options.name, "arm");
  EXPECT_EQ(options.rows, 13);
  EXPECT_EQ(options.columns, 5);
  EXPECT_DOUBLE_EQ(options.spacing, 4e-3);
  EXPECT_EQ(options.shape, ElectrodeShape::rectangle);
  EXPECT_DOUBLE_EQ(options.length, 1e-3);
  EXPECT_DOUBLE_EQ(options.width, 2e-3);
  EXPECT_TRUE(options.centre_is_point);
  EXPECT_LT((options.centre - Eigen::Vector3d(10e-3, -20e-3, 30.5e-3)).norm(), 1e-15);
  EXPECT_DOUBLE_EQ(options.position_along, 0.3);
  EXPECT_NEAR(options.rotation, M_PI / 2, 1e-12);
}

TEST(GridOptions, NameWhatIsMissing) {
  const auto message = [](const std::vector<std::string>& settings) {
    Parameters parameters;
    GridOptions::declare_parameters(parameters, "arm");
    const test::ScratchFolder folder;
    std::ofstream(folder / "a.prm") << "";
    parameters.read(folder / "a.prm", settings);
    return test::message_of<InputError>([&] { GridOptions::parse_parameters(parameters, "arm"); });
  };
  EXPECT_NE(message({}).find("neither a muscle nor a centre is given"), std::string::npos);
  EXPECT_NE(message({"Grids/arm/Centre=1,2"}).find("a point has three coordinates"), std::string::npos);
  EXPECT_NE(message({"Grids/arm/Muscle=FCU", "Grids/arm/Radius=0"}).find("a disc needs a positive radius"),
            std::string::npos);
  EXPECT_NE(message({"Grids/arm/Muscle=FCU", "Grids/arm/Shape=rectangle"}).find("a rectangle needs a positive length"),
            std::string::npos);
}

ElectrodeArray small_array() {
  const Surface skin = test::cylinder_surface(40e-3, 160e-3, 2e-3);
  GridOptions bars = grid(2, 1);
  bars.name = "bars";
  bars.shape = ElectrodeShape::rectangle;
  bars.length = 1e-3;
  bars.width = 5e-3;
  ElectrodeArray array;
  array.electrodes = lay_grid(skin, grid(3, 2), {40e-3, 0, 0}, z_axis);
  for (const Electrode& electrode : lay_grid(skin, bars, {-40e-3, 0, 0}, z_axis)) array.electrodes.push_back(electrode);
  array.reference = lay_electrode(skin, "REF", {0, 40e-3, 50e-3}, 10e-3, z_axis);
  return array;
}

TEST(ElectrodeFile, ReadsBackWhatWasWritten) {
  const test::ScratchFolder folder;
  const ElectrodeArray array = small_array();
  write_electrodes(array, folder / "electrodes.tsv");
  const ElectrodeArray read = read_electrodes(folder / "electrodes.tsv");
  EXPECT_EQ(read.names(), array.names());
  EXPECT_EQ(read.hash(), array.hash());
  ASSERT_EQ(read.electrodes.size(), 8u);
  EXPECT_EQ(read.reference.name, "REF");
  EXPECT_DOUBLE_EQ(read.reference.radius, 10e-3);
  for (std::size_t i = 0; i < 8; ++i) {
    const Electrode &a = array.electrodes[i], &b = read.electrodes[i];
    EXPECT_LT((a.position - b.position).norm(), 1e-15);
    EXPECT_EQ(a.normal, b.normal);
    EXPECT_EQ(a.along, b.along);
    EXPECT_EQ(a.shape, b.shape);
    EXPECT_DOUBLE_EQ(a.radius, b.radius);
    EXPECT_DOUBLE_EQ(a.length, b.length);
    EXPECT_DOUBLE_EQ(a.width, b.width);
    EXPECT_EQ(a.group, b.group);
    EXPECT_EQ(a.row, b.row);
    EXPECT_EQ(a.column, b.column);
  }
  std::ifstream stream(folder / "electrodes.tsv");
  std::string header;
  std::getline(stream, header);
  EXPECT_EQ(header.rfind("name\tx\ty\tz\tcoordinate_system\ttype\tmaterial\timpedance\tgroup\tshape\t", 0),
            0u);  // order of EMG-BIDS
}

TEST(ElectrodeFile, HashSeesEveryElectrodeAndTheReference) {
  const ElectrodeArray array = small_array();
  ElectrodeArray moved = array, other = array;
  moved.electrodes[3].position[2] += 1e-6;
  other.reference.radius *= 2;
  EXPECT_NE(moved.hash(), array.hash());
  EXPECT_NE(other.hash(), array.hash());
}

// Writes the small array with `from` replaced by `to` in one line and gives the complaint.
std::string complaint(int line, const std::string& from, const std::string& to) {
  const test::ScratchFolder folder;
  write_electrodes(small_array(), folder / "good.tsv");
  std::ifstream good(folder / "good.tsv");
  std::ofstream bad(folder / "bad.tsv");
  std::string text;
  for (int number = 1; std::getline(good, text); ++number) {
    const auto place = text.find(from);
    if (number == line && place == std::string::npos) ADD_FAILURE() << "'" << from << "' is not in " << text;
    bad << (number == line ? text.replace(place, from.size(), to) : text) << '\n';
  }
  bad.close();
  const std::string message = test::message_of<InputError>([&] { read_electrodes(folder / "bad.tsv"); });
  return message.substr(message.find("bad.tsv"));
}

TEST(ElectrodeFile, BadRowsAreRefusedWithFileAndLine) {
  EXPECT_NE(complaint(3, "disc", "dsic").find("bad.tsv, line 3: column 'shape' holds 'dsic'; known: disc"),
            std::string::npos);
  EXPECT_NE(complaint(3, "disc\t2\t", "disc\t0\t")
                .find("line 3: electrode 'grid1_r01c02' is a disc without a positive radius"),
            std::string::npos);
  EXPECT_NE(complaint(4, "grid1_r02c01", "grid1_r01c01").find("line 4: electrode 'grid1_r01c01' is given twice"),
            std::string::npos);
  EXPECT_NE(complaint(3, "EMG", "REF").find("line 10: 'REF' is a second reference"), std::string::npos);
  EXPECT_NE(complaint(10, "REF\tn/a", "EMG\tn/a").find("bad.tsv: no electrode has the type REF"), std::string::npos);
  EXPECT_NE(complaint(1, "shape", "form").find("column 'shape' is missing"), std::string::npos);
}

TEST(ElectrodeFile, GridCoordinatesOfARecordingAreNotPlacesOnALimb) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "e.tsv") << "name\tx\ty\tz\tcoordinate_system\ttype\tmaterial\timpedance\tgroup\nE01\t0\t0\tn/"
                                     "a\tgrid1\tEMG\tn/a\tn/a\tgrid1\n";
  const auto message = test::message_of<InputError>([&] { read_electrodes(folder / "e.tsv"); });
  EXPECT_NE(message.find("e.tsv, line 2: column 'z' holds 'n/a'; electrodes on a limb need a number here"),
            std::string::npos)
      << message;
}

}  // namespace
}  // namespace bmiss
