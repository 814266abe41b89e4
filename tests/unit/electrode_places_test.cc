// Electrodes that follow fibres, that were digitised, or that lie inside the limb; rings.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "anatomy/electrode_grid.h"
#include "anatomy/electrode_positions.h"
#include "anatomy/muscle_line.h"
#include "anatomy/skin_interior.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/table.h"
#include "support/electrode_grids.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using test::at;
using test::grid;
using test::z_axis;

const Surface& cylinder() {  // radius 40 mm, z from -80 to 80 mm
  static const Surface skin = test::cylinder_surface(40e-3, 160e-3, 2e-3);
  return skin;
}

// A straight muscle of 120 mm along z at x = 25 mm, 10 x 10 mm, whose line leans towards y by `slope`.
TissuePoints leaning_muscle(double slope) {
  TissuePoints muscle;
  std::vector<Eigen::Vector3d> points;
  for (int k = -60; k <= 60; ++k)
    for (int j = -5; j <= 5; ++j)
      for (int i = -5; i <= 5; ++i) points.push_back(1e-3 * Eigen::Vector3d(25 + i, j + slope * k, k));
  muscle.points.resize(3, static_cast<Eigen::Index>(points.size()));
  for (std::size_t i = 0; i < points.size(); ++i) muscle.points.col(static_cast<Eigen::Index>(i)) = points[i];
  muscle.weights = Eigen::VectorXd::Constant(muscle.points.cols(), 1e-9);
  return muscle;
}

LimbSkin limb(double slope = 0, double layer_to_come = 0) {
  return {cylinder(), z_axis, [slope](const std::string&) { return leaning_muscle(slope); }, layer_to_come};
}

TEST(LineOfAction, OfALeaningMuscleIsItsLine) {
  const Eigen::Vector3d line = line_of_action(leaning_muscle(0.3), z_axis, Eigen::Vector3d(40e-3, 0, 0));
  EXPECT_LT((line - Eigen::Vector3d(0, 0.3, 1).normalized()).norm(), 1e-9);
  EXPECT_LT((line_of_action(leaning_muscle(0.3), -z_axis, Eigen::Vector3d(0, 0, 0.2)) + line).norm(), 1e-9);
}

TEST(LineOfAction, FollowsAMuscleThatBends) {
  TissuePoints muscle;  // a quarter circle of 100 mm around y
  muscle.points.resize(3, 901);
  muscle.weights = Eigen::VectorXd::Ones(901);
  for (int i = 0; i <= 900; ++i)
    muscle.points.col(i) << 0.1 * std::cos(i * M_PI / 1800), 0, 0.1 * std::sin(i * M_PI / 1800);
  const Eigen::Vector3d line = line_of_action(muscle, z_axis, Eigen::Vector3d(0.2, 0, 50e-3));
  EXPECT_NEAR(std::atan2(-line[0], line[2]) * 180 / M_PI, 30, 0.5);  // sin 30 = 50 / 100
}

TEST(ElectrodeGrid, AlongTheFibresItsRowsFollowTheMusclesLine) {
  GridOptions options = grid(5, 5);
  options.muscle = "m";
  options.direction = GridDirection::fibres;
  for (const double slope : {-0.4, 0.0, 0.3}) {
    const LaidGrid laid = lay_electrodes(limb(slope), options);
    const Eigen::Vector3d& along = at(laid.electrodes, options, 3, 3).along;
    EXPECT_NEAR(std::atan2(along[1], along[2]), std::atan(slope), 0.01);
    options.rotation = M_PI / 2;
    const LaidGrid across = lay_electrodes(limb(slope), options);
    // About +x, z turns towards -y.
    const Eigen::Vector3d& turned = at(across.electrodes, options, 3, 3).along;
    EXPECT_NEAR(std::atan2(turned[2], -turned[1]), std::atan(slope), 0.01);
    options.rotation = 0;
  }
}

// On a cylinder of radius 40 mm, whose outward normal at (40, 0, 0) is x: around, columns grow towards -y.
TEST(ElectrodeGrid, AShiftMovesItAlongAndAroundTheLimb) {
  GridOptions options = grid(5, 3, 8e-3);
  options.centre_is_point = true;
  options.centre = Eigen::Vector3d(40e-3, 0, 5e-3);
  const auto before = lay_electrodes(limb(), options).electrodes;
  options.shift_along = 3e-3;
  options.shift_around = 2e-3;
  const auto after = lay_electrodes(limb(), options).electrodes;
  const Eigen::AngleAxisd turn(-2.0 / 40, z_axis);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_LT((after[i].position - turn * before[i].position - 3e-3 * z_axis).norm(), 0.15e-3) << before[i].name;
  // Columns grow that way too.
  EXPECT_GT((before[1].position - before[0].position).dot(turn * before[7].position - before[7].position), 0);
}

TEST(Ring, CoversWhatLiesBetweenItsCircles) {
  Electrode ring;
  ring.shape = ElectrodeShape::ring;
  ring.radius = 5e-3;
  ring.inner_radius = 3e-3;
  EXPECT_DOUBLE_EQ(ring.area(), M_PI * 16e-6);
  EXPECT_FALSE(ring.covers({2.9e-3, 0, 0}));
  EXPECT_TRUE(ring.covers({0, 3.1e-3, 0}));
  EXPECT_TRUE(ring.covers({-4.9e-3, 0, 0}));
  EXPECT_FALSE(ring.covers({0, -5.1e-3, 0}));
}

TEST(Ring, MayHoldAnotherElectrodeInItsHole) {
  Electrode ring;
  ring.name = "ring";
  ring.shape = ElectrodeShape::ring;
  ring.radius = 5e-3;
  ring.inner_radius = 3e-3;
  Electrode disc;
  disc.name = "disc";
  disc.radius = 2.5e-3;
  EXPECT_NO_THROW(require_apart({ring, disc}));
  disc.radius = 3.4e-3;
  EXPECT_THROW(require_apart({ring, disc}), InputError);
  disc.radius = 1e-3;
  disc.position = {4e-3, 0, 0};
  EXPECT_THROW(require_apart({ring, disc}), InputError);
  Electrode inner = ring;
  inner.name = "inner";
  inner.radius = 2.8e-3;
  inner.inner_radius = 2e-3;
  EXPECT_NO_THROW(require_apart({ring, inner}));
}

TEST(Ring, WithoutAHoleIsRefused) {
  GridOptions options = grid(2, 2, 15e-3, 5e-3);
  options.shape = ElectrodeShape::ring;
  for (const double inner : {0.0, 5e-3, 6e-3}) {
    options.inner_radius = inner;
    const auto message = test::message_of<InputError>([&] { lay_grid(cylinder(), options, {40e-3, 0, 0}, z_axis); });
    EXPECT_NE(message.find("the inner one must be positive and smaller"), std::string::npos) << message;
  }
  options.inner_radius = 3e-3;
  const auto rings = lay_grid(cylinder(), options, {40e-3, 0, 0}, z_axis);
  EXPECT_EQ(rings.front().shape, ElectrodeShape::ring);
  EXPECT_DOUBLE_EQ(rings.front().inner_radius, 3e-3);
}

TEST(SkinInterior, OfACylinderEndsAtItsWallAndItsCuts) {
  const SkinInterior interior(cylinder());
  for (const double z : {-79.9e-3, 0.0, 79.9e-3})
    for (const double rho : {0.0, 20e-3, 39.8e-3}) EXPECT_TRUE(interior.contains({0, rho, z})) << rho << " " << z;
  EXPECT_FALSE(interior.contains({0, 40.1e-3, 0}));
  for (const double z : {-80.1e-3, 80.1e-3, 0.3})
    for (const double rho : {0.0, 30e-3}) EXPECT_FALSE(interior.contains({rho, 0, z})) << rho << " " << z;
}

GridOptions needle(std::vector<double> depths) {
  GridOptions options;
  options.layout = GridLayoutKind::needle;
  options.depths = std::move(depths);
  options.centre_is_point = true;
  options.centre = {0, 45e-3, 10e-3};
  return options;
}

TEST(Needle, PutsItsContactsAtTheirDepthsAcrossTheSkin) {
  const auto contacts = lay_electrodes(limb(), needle({10e-3, 12e-3, 60e-3})).electrodes;
  ASSERT_EQ(contacts.size(), 3u);
  EXPECT_LT((contacts[0].position - Eigen::Vector3d(0, 30e-3, 10e-3)).norm(), 0.3e-3);
  EXPECT_LT((contacts[1].position - Eigen::Vector3d(0, 28e-3, 10e-3)).norm(), 0.3e-3);
  EXPECT_LT((contacts[2].position - Eigen::Vector3d(0, -20e-3, 10e-3)).norm(), 1.5e-3);
  EXPECT_NEAR((contacts[1].position - contacts[0].position).norm(), 2e-3, 1e-12);
  for (const Electrode& contact : contacts) {
    EXPECT_EQ(contact.kind, ElectrodeKind::needle);
    EXPECT_EQ(contact.shape, ElectrodeShape::point);
    EXPECT_GT(contact.normal[1], 0.99);  // back out
    EXPECT_NEAR(contact.normal.dot(contact.along), 0, 1e-12);
    EXPECT_FALSE(contact.covers(contact.position));
  }
  EXPECT_EQ(contacts[2].name, "grid1_r03c01");
  EXPECT_EQ(contacts[2].row, 3);
  EXPECT_EQ(contacts[2].column, 1);
}

TEST(Needle, GoesWhereItsDirectionSays) {
  GridOptions options = needle({20e-3});
  options.needle_direction = {0, -2, 2};
  const auto contacts = lay_electrodes(limb(), options).electrodes;
  const double step = 20e-3 / std::sqrt(2.0);
  EXPECT_LT((contacts[0].position - Eigen::Vector3d(0, 40e-3 - step, 10e-3 + step)).norm(), 0.3e-3);
  options.needle_direction = {0, 1, 1};
  const auto message = test::message_of<InputError>([&] { lay_electrodes(limb(), options); });
  EXPECT_NE(message.find("the needle's direction does not lead into the limb at ("), std::string::npos) << message;
}

TEST(Needle, ThatLeavesTheLimbIsRefusedWithTheContactItsPlaceAndDistance) {
  const auto message = test::message_of<InputError>([&] { lay_electrodes(limb(), needle({10e-3, 85e-3})); });
  EXPECT_NE(message.find("contact 'grid1_r02c01' at ("), std::string::npos) << message;
  EXPECT_NE(message.find("lies outside the limb, "), std::string::npos) << message;
  GridOptions options = needle({75e-3});
  options.needle_direction = {0, -0.1, 1};  // out at the cut end
  EXPECT_NE(test::message_of<InputError>([&] { lay_electrodes(limb(), options); }).find("lies outside the limb"),
            std::string::npos);
  EXPECT_NE(test::message_of<InputError>([&] {
              lay_electrodes(limb(), needle({10e-3, 10e-3}));
            }).find("overlaps"),
            std::string::npos);
}

TEST(Needle, DepthsCountFromTheSkinThatIsStillToCome) {
  const auto contacts = lay_electrodes(limb(0, 1.5e-3), needle({1e-3, 10e-3})).electrodes;
  EXPECT_NEAR(contacts[0].position[1], 40.5e-3, 0.2e-3);
  EXPECT_NEAR(contacts[1].position[1], 31.5e-3, 0.2e-3);
}

TEST(Wires, LieWhereTheyAreAndInsideTheLimb) {
  GridOptions options;
  options.layout = GridLayoutKind::wires;
  options.contact_points = {{10e-3, 20e-3, 5e-3}, {10e-3, 20e-3, 7e-3}};
  const auto contacts = lay_electrodes(limb(), options).electrodes;
  ASSERT_EQ(contacts.size(), 2u);
  EXPECT_EQ(contacts[0].kind, ElectrodeKind::wire);
  EXPECT_LT((contacts[1].position - Eigen::Vector3d(10e-3, 20e-3, 7e-3)).norm(), 1e-15);
  options.contact_points[1] = {0, 0, 90e-3};
  const auto message = test::message_of<InputError>([&] { lay_electrodes(limb(), options); });
  EXPECT_NE(message.find("contact 'grid1_r02c01' at (0.0, 0.0, 90.0) mm lies outside the limb"), std::string::npos)
      << message;
  options.contact_points[1] = {0, std::nan(""), 0};
  EXPECT_NE(test::message_of<InputError>([&] { lay_electrodes(limb(), options); }).find("is not finite"),
            std::string::npos);
}

// Digitised positions on and above the cylinder.
class Digitised : public testing::Test {
protected:
  GridOptions options() const {
    GridOptions result;
    result.layout = GridLayoutKind::positions;
    result.positions_file = folder_ / "sub-01_electrodes.tsv";
    return result;
  }
  void write(const std::string& text) const { std::ofstream(options().positions_file) << text; }
  void system(const std::string& name, const std::string& json) const {
    std::ofstream(folder_ / ("sub-01_space-" + name + "_coordsystem.json")) << json;
  }
  std::string refused() const {
    return test::message_of<InputError>([&] { lay_electrodes(limb(), options()); });
  }
  test::ScratchFolder folder_;
  const std::string header_ = "name\tx\ty\tz\tcoordinate_system\ttype\tgroup\n";
};

TEST_F(Digitised, AreMovedToTheSkinAndTheirDistanceIsTold) {
  write(header_ +
        "A\t43\t0\t0\tmri\tEMG\tarm\nB\t0\t38\t20\tmri\tEMG\tarm\nN\t20\t0\t0\tmri\tneedle\tarm\nR\t0\t-"
        "41\t50\tmri\tREF\tn/a\n");
  const LaidGrid laid = lay_electrodes(limb(), options());
  ASSERT_EQ(laid.electrodes.size(), 3u);
  EXPECT_EQ(laid.electrodes[0].name, "A");
  EXPECT_LT((laid.electrodes[0].position - Eigen::Vector3d(40e-3, 0, 0)).norm(), 0.1e-3);
  EXPECT_GT(laid.electrodes[0].normal[0], 0.999);
  EXPECT_GT(laid.electrodes[0].along[2], 0.999);
  EXPECT_DOUBLE_EQ(laid.electrodes[0].radius, 2e-3);
  EXPECT_EQ(laid.electrodes[0].group, "arm");
  EXPECT_EQ(laid.electrodes[2].kind, ElectrodeKind::needle);
  EXPECT_EQ(laid.electrodes[2].position, Eigen::Vector3d(20e-3, 0, 0));
  ASSERT_EQ(laid.distances.size(), 2u);
  EXPECT_NEAR(laid.distances[0], 3e-3, 0.1e-3);
  EXPECT_NEAR(laid.distances[1], 2e-3, 0.1e-3);
  const auto table = grid_table(options(), laid);
  ASSERT_TRUE(table.has_value());
  for (const char* part : {"moved to the skin by, mm", "3.0", "mean", "largest"})
    EXPECT_NE(table->text().find(part), std::string::npos) << table->text();
  const auto reference = lay_digitised_reference(limb(), options(), 5e-3);
  ASSERT_TRUE(reference.has_value());
  EXPECT_EQ(reference->name, "R");
  EXPECT_DOUBLE_EQ(reference->radius, 5e-3);
  EXPECT_LT((reference->position - Eigen::Vector3d(0, -40e-3, 50e-3)).norm(), 0.1e-3);
}

TEST_F(Digitised, KeepShapesRowsAndColumnsThatTheFileTells) {
  Electrode ring = grid(1, 1).contact();
  ring.name = "ring";
  ring.shape = ElectrodeShape::ring;
  ring.radius = 5e-3;
  ring.inner_radius = 3e-3;
  ring.position = {40e-3, 0, 0};
  ring.normal = Eigen::Vector3d::UnitX();
  ring.along = z_axis;
  ring.row = 3;
  ring.column = 2;
  ElectrodeArray array;
  array.electrodes = {ring};
  array.reference = lay_electrode(cylinder(), "REF", {0, 40e-3, 50e-3}, 10e-3, z_axis);
  write_electrodes(array, options().positions_file);
  const LaidGrid laid = lay_electrodes(limb(), options());
  EXPECT_EQ(laid.electrodes[0].shape, ElectrodeShape::ring);
  EXPECT_DOUBLE_EQ(laid.electrodes[0].inner_radius, 3e-3);
  EXPECT_EQ(laid.electrodes[0].row, 3);
  EXPECT_EQ(laid.electrodes[0].column, 2);
  EXPECT_DOUBLE_EQ(lay_digitised_reference(limb(), options(), 5e-3)->radius, 10e-3);
}

TEST_F(Digitised, TakeTheirUnitFromTheCoordinateSystem) {
  write(header_ + "A\t4.1\t0\t0\tmri\tEMG\tarm\n");
  system("mri", R"({"EMGCoordinateSystem": "Other", "EMGCoordinateUnits": "cm"})");
  EXPECT_NEAR(lay_electrodes(limb(), options()).distances[0], 1e-3, 0.1e-3);
  GridOptions told = options();
  told.positions_unit = 1e-3;
  EXPECT_THROW(lay_electrodes(limb(), told), InputError);
  system("mri", R"({"EMGCoordinateSystem": "Other", "EMGCoordinateUnits": "percent"})");
  EXPECT_NE(refused().find("EMGCoordinateUnits is 'percent', which is no length"), std::string::npos) << refused();
}

TEST_F(Digitised, FarFromTheSkinAreRefusedWithNameDistanceAndTheFrame) {
  write(header_ + "A\t41\t0\t0\tmri\tEMG\tarm\nB\t0\t46\t0\tmri\tEMG\tarm\n");
  const auto message = refused();
  EXPECT_NE(message.find("electrode 'B' was digitised at (0.0, 46.0, 0.0) mm, 6.0"), std::string::npos) << message;
  EXPECT_NE(message.find("at most 5 mm are allowed"), std::string::npos) << message;
  EXPECT_NE(message.find("are the positions in the frame of the label map"), std::string::npos) << message;
  GridOptions wider = options();
  wider.largest_distance = 7e-3;
  EXPECT_EQ(lay_electrodes(limb(), wider).electrodes.size(), 2u);
  EXPECT_EQ(lay_electrodes(limb(0, 1.5e-3), options()).electrodes.size(), 2u);  // the skin will be 1.5 mm nearer
}

TEST_F(Digitised, BadTablesAreRefusedWithTheReason) {
  write(header_ + "A\t41\t0\t0\tmri\tEMG\tarm\nB\t0\tn/a\t0\tmri\tEMG\tarm\n");
  EXPECT_NE(refused().find("line 3: column 'y' holds 'n/a'; electrode 'B' needs a number"), std::string::npos)
      << refused();
  write(header_ + "A\t41\t0\tinf\tmri\tEMG\tarm\n");
  EXPECT_NE(refused().find("column 'z' holds 'inf'"), std::string::npos) << refused();
  write(header_ + "A\t41\t0\t0\tmri\tEMG\tarm\nA\t0\t40\t0\tmri\tEMG\tarm\n");
  EXPECT_NE(refused().find("electrode 'A' is given twice"), std::string::npos) << refused();
  write(header_ + "A\t41\t0\t0\tmri\tEMG\tarm\nB\t41\t0\t0\tmri\tEMG\tarm\n");
  EXPECT_NE(refused().find("electrodes 'A' and 'B' have the same position (41.0, 0.0, 0.0) mm"), std::string::npos)
      << refused();
  write(header_ + "A\t41\t0\t0\tmri\tEMG\tarm\nB\t0\t40\t0\tthigh\tEMG\tarm\n");
  EXPECT_NE(refused().find("electrode 'B' is in the coordinate system 'thigh' and 'A' in 'mri'"), std::string::npos)
      << refused();
  write(header_ + "A\t41\t0\t0\tmri\tEMG\tarm\nP\t0\t40\t0\tmri\tREF\tn/a\nQ\t0\t-40\t0\tmri\tREF\tn/a\n");
  EXPECT_NE(refused().find("'Q' is a second reference"), std::string::npos) << refused();
  write(header_ + "N\t0\t60\t0\tmri\tneedle\tarm\n");
  EXPECT_NE(refused().find("contact 'N' at (0.0, 60.0, 0.0) mm lies outside the limb, 20"), std::string::npos)
      << refused();
  write(header_);
  EXPECT_NE(refused().find("the table has no electrode"), std::string::npos) << refused();
}

TEST_F(Digitised, OfOneGroupOnly) {
  write(header_ + "A\t41\t0\t0\tmri\tEMG\tarm\nB\t0\t60\t0\tmri\tEMG\tother\n");
  GridOptions chosen = options();
  chosen.positions_group = "arm";
  EXPECT_EQ(lay_electrodes(limb(), chosen).electrodes.size(), 1u);
  chosen.positions_group = "arn";
  const auto message = test::message_of<InputError>([&] { lay_electrodes(limb(), chosen); });
  EXPECT_NE(message.find("no electrode is of the group 'arn'; known: arm, other"), std::string::npos) << message;
}

TEST(DigitisedSample, InALocalFrameIsRefused) {
  const std::string sample = "data/recordings/bids_sample/sub-01/emg/sub-01_electrodes.tsv";
  BMISS_NEEDS_DATA(sample);
  GridOptions options;
  options.layout = GridLayoutKind::positions;
  options.positions_file = test::shared_path(sample);
  const auto message = test::message_of<InputError>([&] { read_positions(options); });
  EXPECT_NE(message.find("the coordinate system 'grid1' of the electrode positions is a local one within 'thigh'"),
            std::string::npos)
      << message;
}

std::string complaint(const std::vector<std::string>& settings) {
  Parameters parameters;
  GridOptions::declare_parameters(parameters, "arm");
  const test::ScratchFolder folder;
  std::ofstream(folder / "a.prm") << "";
  std::vector<std::string> all{"Grids/arm/Muscle=FCU"};
  all.insert(all.end(), settings.begin(), settings.end());
  parameters.read(folder / "a.prm", all);
  return test::message_of<InputError>([&] { GridOptions::parse_parameters(parameters, "arm"); });
}

TEST(GridOptions, OfOtherLayoutsNameWhatIsMissing) {
  EXPECT_NE(complaint({"Grids/arm/Layout=needle"}).find("a needle needs the depth of each contact"), std::string::npos);
  EXPECT_NE(
      complaint({"Grids/arm/Layout=needle", "Grids/arm/Depths=5", "Grids/arm/Direction=1,0"}).find("three numbers"),
      std::string::npos);
  EXPECT_NE(complaint({"Grids/arm/Layout=wires", "Grids/arm/Contact points=1,2,3,4"}).find("x, y, z in mm for each"),
            std::string::npos);
  EXPECT_NE(complaint({"Grids/arm/Layout=positions"}).find("name the electrodes.tsv"), std::string::npos);
  EXPECT_NE(complaint({"Grids/arm/Positions=e.tsv"}).find("used by the layout 'positions' only"), std::string::npos);
  EXPECT_NE(complaint({"Grids/arm/Shape=ring", "Grids/arm/Radius=5", "Grids/arm/Inner radius=5"}).find("smaller than"),
            std::string::npos);
  EXPECT_NE(complaint({"Grids/arm/Muscle=", "Grids/arm/Centre=1,2,3", "Grids/arm/Along=fibres"}).find("of no muscle"),
            std::string::npos);
}

TEST(GridOptions, AShiftIsTwoNumbers) {
  const auto parse = [](const std::string& shift) {
    Parameters p;
    GridOptions::declare_parameters(p, "g");
    p.read("", {"Grids/g/Centre=0, 0, 0", "Grids/g/Shift=" + shift});
    return GridOptions::parse_parameters(p, "g");
  };
  EXPECT_DOUBLE_EQ(parse("1, -2").shift_along, 1e-3);
  EXPECT_DOUBLE_EQ(parse("1, -2").shift_around, -2e-3);
  EXPECT_EQ(parse("").shift_along, 0);
  EXPECT_NE(
      test::message_of<InputError>([&] { parse("1"); }).find("give two numbers, along and around the limb, or none"),
      std::string::npos);
}

TEST(GridOptions, OfANeedleRepeatItsContacts) {
  Parameters parameters;
  GridOptions::declare_parameters(parameters, "n");
  const test::ScratchFolder folder;
  std::ofstream(folder / "a.prm") << "";
  parameters.read(folder / "a.prm", {"Grids/n/Layout=needle", "Grids/n/Muscle=FCU", "Grids/n/Depths=15",
                                     "Grids/n/Contacts=3", "Grids/n/Spacing=2"});
  const GridOptions options = GridOptions::parse_parameters(parameters, "n");
  ASSERT_EQ(options.depths.size(), 3u);
  EXPECT_NEAR(options.depths[2], 19e-3, 1e-12);
}

TEST(ElectrodeFile, KeepsRingsAndContactsInside) {
  const test::ScratchFolder folder;
  ElectrodeArray array;
  array.electrodes = lay_electrodes(limb(), needle({10e-3, 20e-3})).electrodes;
  GridOptions rings = grid(1, 1, 20e-3, 5e-3);
  rings.name = "rings";
  rings.shape = ElectrodeShape::ring;
  rings.inner_radius = 2.5e-3;
  array.electrodes.push_back(lay_grid(cylinder(), rings, {40e-3, 0, 0}, z_axis).front());
  array.reference = lay_electrode(cylinder(), "REF", {0, 40e-3, 50e-3}, 10e-3, z_axis);
  write_electrodes(array, folder / "e.tsv");
  const ElectrodeArray read = read_electrodes(folder / "e.tsv");
  EXPECT_EQ(read.hash(), array.hash());
  EXPECT_EQ(read.electrodes[1].kind, ElectrodeKind::needle);
  EXPECT_DOUBLE_EQ(read.electrodes[2].inner_radius, 2.5e-3);
  ElectrodeArray other = array;
  other.electrodes[0].kind = ElectrodeKind::wire;
  EXPECT_NE(other.hash(), array.hash());
  other = array;
  other.electrodes[2].inner_radius = 2e-3;
  EXPECT_NE(other.hash(), array.hash());
  other = array;
  other.electrodes[0].shape = ElectrodeShape::disc;
  other.electrodes[0].radius = 1e-3;
  write_electrodes(other, folder / "f.tsv");
  EXPECT_NE(test::message_of<InputError>([&] { read_electrodes(folder / "f.tsv"); }).find("such contacts are points"),
            std::string::npos);
}

}  // namespace
}  // namespace bmiss
