// Sleeves of electrodes on limbs whose circumference and distances are known in closed form.
#include <gtest/gtest.h>

#include <cmath>

#include "anatomy/electrode_grid.h"
#include "anatomy/section_loop.h"
#include "base/errors.h"
#include "support/electrode_grids.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using test::at;
using test::z_axis;

GridOptions sleeve(int rows, int columns, double spacing = 15e-3) {
  GridOptions options = test::grid(rows, columns, spacing);
  options.layout = GridLayoutKind::sleeve;
  return options;
}

// Along and around, relative to what is wanted; the last column is next to the first.
template <typename Distance>
double worst_in_sleeve(const std::vector<Electrode>& electrodes, const GridOptions& options, Distance&& distance) {
  double worst = 0;
  for (int row = 1; row <= options.rows; ++row) {
    std::vector<double> gaps;
    double around = 0;
    for (int column = 1; column <= options.columns; ++column) {
      const auto& here = at(electrodes, options, row, column).position;
      gaps.push_back(distance(here, at(electrodes, options, row, column % options.columns + 1).position));
      around += gaps.back();
      if (row < options.rows)
        worst = std::max(
            worst, std::abs(distance(here, at(electrodes, options, row + 1, column).position) / options.spacing - 1));
    }
    for (const double gap : gaps) worst = std::max(worst, std::abs(gap * options.columns / around - 1));
  }
  return worst;
}

TEST(Sleeve, OnACylinderClosesWithEqualArcs) {
  const double radius = 40e-3;
  const Surface skin = test::cylinder_surface(radius, 160e-3, 2e-3);
  const auto distance = [&](const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
    return std::hypot(radius * std::atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]), b[2] - a[2]);
  };
  for (const auto& [rows, columns] : {std::pair{4, 16}, std::pair{1, 8}, std::pair{3, 5}, std::pair{2, 3}}) {
    const GridOptions options = sleeve(rows, columns);
    const LaidGrid laid = lay_sleeve(skin, options, {50e-3, 0, 5e-3}, z_axis);
    EXPECT_TRUE(laid.warning.empty()) << laid.warning;
    ASSERT_EQ(laid.electrodes.size(), static_cast<std::size_t>(rows * columns));
    EXPECT_LE(worst_in_sleeve(laid.electrodes, options, distance), 0.005) << rows << " x " << columns;
    ASSERT_EQ(laid.circumferences.size(), static_cast<std::size_t>(rows));
    for (const double around : laid.circumferences) EXPECT_NEAR(around, 2 * M_PI * radius, 0.003 * around);
    for (const Electrode& e : laid.electrodes) {
      // The first column lies over the centre; seen from outside with rows growing downward, columns grow to the right.
      const double turn = -2 * M_PI * (e.column - 1) / columns;
      EXPECT_NEAR(e.position[2], 5e-3 + (e.row - (rows + 1) / 2.0) * options.spacing, 0.3e-3);
      EXPECT_LT((e.position - Eigen::Vector3d(radius * std::cos(turn), radius * std::sin(turn), e.position[2])).norm(),
                0.3e-3);
      EXPECT_GT(e.along[2], 0.999);
    }
  }
}

TEST(Sleeve, OnAConeKeepsEqualArcsInEachRingAndTheSpacingAlongTheSlant) {
  // From 45 to 25 mm over 160 mm; distances on the unrolled cone.
  const double slope = 20.0 / 160, sine = slope / std::hypot(1, slope);
  const Surface skin = test::tube_surface(140, 80, [&](double theta, double s) -> Eigen::Vector3d {
    const double z = 160e-3 * s, radius = 45e-3 - slope * z;
    return {radius * std::cos(theta), radius * std::sin(theta), z};
  });
  const auto distance = [&](const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
    const double la = a.head<2>().norm() / sine, lb = b.head<2>().norm() / sine;  // from the tip
    const double turn = std::atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]) * sine;
    return std::sqrt(la * la + lb * lb - 2 * la * lb * std::cos(turn));
  };
  const GridOptions options = sleeve(5, 12, 20e-3);
  const LaidGrid laid = lay_sleeve(skin, options, {0, 35e-3, 80e-3}, z_axis);
  EXPECT_LE(worst_in_sleeve(laid.electrodes, options, distance), 0.01);
  EXPECT_LE(laid.largest_error, 0.01);
  for (std::size_t row = 0; row < 5; ++row) {
    const double radius = 35e-3 - (static_cast<double>(row) - 2) * 20e-3 * sine;
    EXPECT_NEAR(laid.circumferences[row], 2 * M_PI * radius, 0.005 * laid.circumferences[row]) << row;
  }
}

TEST(Sleeve, OnAnEllipticLimbThatTapersUnevenlyKeepsItsDistances) {
  const auto limb = [](double theta, double s) -> Eigen::Vector3d {  // flat, bulging to one side
    const double z = 180e-3 * s, wide = 45e-3 + 8e-3 * std::sin(M_PI * s), flat = 28e-3 - 8e-3 * s;
    return {wide * std::cos(theta) + 0.1 * z, flat * std::sin(theta), z};
  };
  const Surface skin = test::tube_surface(160, 100, limb);
  const GridOptions options = sleeve(4, 10, 20e-3);
  const LaidGrid laid = lay_sleeve(skin, options, {0, 60e-3, 90e-3}, z_axis);
  EXPECT_LE(laid.largest_error, 0.02) << laid.warning;
}

TEST(Sleeve, RingOfASphereIsItsParallel) {
  const double radius = 50e-3;
  const Surface skin = test::tube_surface(150, 100, [&](double theta, double s) -> Eigen::Vector3d {
    const double polar = M_PI * (0.9 - 0.8 * s);
    return radius *
           Eigen::Vector3d(std::sin(polar) * std::cos(theta), std::sin(polar) * std::sin(theta), std::cos(polar));
  });
  const double z = 20e-3;
  const LaidGrid laid = lay_sleeve(skin, sleeve(1, 9), {std::sqrt(radius * radius - z * z), 0, z}, z_axis);
  const double around = 2 * M_PI * std::sqrt(radius * radius - z * z);
  EXPECT_NEAR(laid.circumferences.front(), around, 0.005 * around);
  for (const Electrode& e : laid.electrodes) {
    EXPECT_NEAR(e.position[2], z, 0.3e-3);
    EXPECT_NEAR(std::remainder(std::atan2(e.position[1], e.position[0]) + 2 * M_PI * (e.column - 1) / 9, 2 * M_PI), 0,
                0.01);
  }
}

TEST(Sleeve, RingsLieAcrossAnObliqueLimb) {
  const Eigen::Vector3d course = Eigen::Vector3d(0.3, 0, 1).normalized();
  const Eigen::Quaterniond turn = Eigen::Quaterniond::FromTwoVectors(z_axis, course);
  Surface skin = test::cylinder_surface(35e-3, 200e-3, 2.5e-3);
  skin.points = (turn.toRotationMatrix() * skin.points).eval();
  const LaidGrid laid = lay_sleeve(skin, sleeve(1, 8), turn * Eigen::Vector3d(0, 40e-3, 0), z_axis);
  EXPECT_NEAR(laid.circumferences.front(), 2 * M_PI * 35e-3, 0.005 * laid.circumferences.front());
  for (const Electrode& e : laid.electrodes) EXPECT_NEAR(e.position.dot(course), 0, 0.7e-3);
}

std::string refused(const GridOptions& options, const Eigen::Vector3d& centre = {40e-3, 0, 0}) {
  const Surface skin = test::cylinder_surface(30e-3, 120e-3, 2e-3);
  return test::message_of<InputError>([&] { lay_sleeve(skin, options, centre, z_axis); });
}

TEST(Sleeve, ThatDoesNotFitIsRefusedWithHowManyDo) {
  const auto message = refused(sleeve(2, 48));  // 188 mm for 48 discs of 4 mm = 192 mm
  EXPECT_NE(message.find("grid 'grid1': 48 contacts of 4 mm overlap around the limb, which measures 188."),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("at most 47 fit"), std::string::npos) << message;
  EXPECT_EQ(refused(sleeve(2, 2)),
            "grid 'grid1': 2 columns do not go around a limb; give at least three, or use the layout 'grid'");
  GridOptions turned = sleeve(2, 8);
  turned.rotation = 0.1;
  EXPECT_NE(refused(turned).find("a sleeve goes straight around the limb"), std::string::npos);
  EXPECT_NE(refused(sleeve(9, 8)).find("leaves the skin"), std::string::npos) << refused(sleeve(9, 8));
}

TEST(Sleeve, RingOverAnOpenSideIsRefused) {
  Surface skin = test::cylinder_surface(30e-3, 120e-3, 2e-3);
  std::vector<std::array<int, 3>> kept;  // a side cut by the image
  for (const auto& t : skin.triangles)
    if (skin.points(0, t[0]) > -20e-3) kept.push_back(t);
  skin.triangles = kept;
  const auto message = test::message_of<InputError>([&] { lay_sleeve(skin, sleeve(1, 8), {40e-3, 0, 0}, z_axis); });
  EXPECT_NE(message.find("does not close around the limb, because the skin ends there"), std::string::npos) << message;
}

TEST(SectionLoop, OfACylinderIsItsCircleOrEllipse) {
  const Surface skin = test::cylinder_surface(40e-3, 200e-3, 1e-3);
  const SectionLoop circle = section_loop(skin, {40e-3, 0, 3e-3}, z_axis);
  EXPECT_NEAR(circle.length(), 2 * M_PI * 40e-3, 1e-4 * circle.length());
  const double a = 40e-3 * std::sqrt(2.0), b = 40e-3, h = std::pow((a - b) / (a + b), 2);
  const double ellipse = M_PI * (a + b) * (1 + 3 * h / (10 + std::sqrt(4 - 3 * h)));  // Ramanujan 1914
  EXPECT_NEAR(section_loop(skin, {0, 0, 0}, {1, 0, 1}).length(), ellipse, 2e-4 * ellipse);
  const auto places = circle.divided(4, {0, 40e-3, 3e-3});
  ASSERT_EQ(places.size(), 4u);
  EXPECT_LT((places[0] - Eigen::Vector3d(0, 40e-3, 3e-3)).norm(), 0.1e-3);
  EXPECT_LT((places[1] - Eigen::Vector3d(-40e-3, 0, 3e-3)).norm(), 0.1e-3);  // anticlockwise about z
  EXPECT_TRUE(section_loop(skin, {0, 0, 0.5}, z_axis).points.empty());
}

}  // namespace
}  // namespace bmiss
