// Two limbs in one image: which is kept, where touching ones are taken apart, what is said.
#include "anatomy/limb_selection.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/errors.h"
#include "base/report.h"
#include "support/surface_checks.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using Eigen::Vector3d;
using test::make_map;
using test::scaled;

// Two legs along k, radii 12 and 10 mm, centres 30 mm apart; they are joined by a plate `plate` mm high and 14 mm long.
LabelMap legs(double plate, double voxel = 1) {
  const int n = static_cast<int>(64 / voxel), m = static_cast<int>(32 / voxel);
  return make_map({n, m, 40}, scaled(voxel * 1e-3, voxel * 1e-3, 1e-3), [=](const Vector3d& i) {
    const double x = i[0] * voxel, y = i[1] * voxel, z = i[2];
    if (std::hypot(x - 17, y - 15.5) < 12 || std::hypot(x - 47, y - 15.5) < 10) return 2;
    return x > 17 && x < 47 && std::abs(y - 15.5) < plate / 2 && z > 10 && z < 25 ? 2 : 0;
  });
}

struct Kept {
  LabelMap map;
  std::vector<std::string> warnings;
  std::string log;
};

Kept keep(LabelMap map, const std::optional<Vector3d>& point = std::nullopt, double gap = 0) {
  std::ostringstream log;
  Report report(log, 0);
  keep_one_limb(map, gap, point, report);
  return {map, report.warnings(), log.str()};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LimbSelection, KeepsTheLargestOfTwoAndTellsVolumeAndCentreOfTheOther) {
  const Kept kept = keep(legs(0));
  EXPECT_EQ(kept.map.at(17, 15, 20), 2);
  EXPECT_EQ(kept.map.at(47, 15, 20), 0);
  ASSERT_EQ(kept.warnings.size(), 1u);
  // pi r^2 times 40 mm: 18.1 and 12.6 cm3.
  EXPECT_TRUE(has(kept.warnings[0], "kept 18.")) << kept.warnings[0];
  EXPECT_TRUE(has(kept.warnings[0], "dropped 12.")) << kept.warnings[0];
  EXPECT_TRUE(has(kept.warnings[0], "around (47, 16, 20) mm")) << kept.warnings[0];
  EXPECT_TRUE(has(kept.warnings[0], "set 'Label map/Limb' to a point in the wanted one")) << kept.warnings[0];
}

TEST(LimbSelection, KeepsTheOneNearestToAPointWithoutAWarning) {
  const Kept kept = keep(legs(0), Vector3d(60e-3, 15e-3, 5e-3));  // 3 mm outside of it
  EXPECT_EQ(kept.map.at(17, 15, 20), 0);
  EXPECT_EQ(kept.map.at(47, 15, 20), 2);
  EXPECT_TRUE(kept.warnings.empty());
  EXPECT_TRUE(has(kept.log, "one limb of several")) << kept.log;
}

TEST(LimbSelection, APointFarFromAllLimbsIsRefusedWithTheirPlaces) {
  const auto message = test::message_of<InputError>([] { keep(legs(0), Vector3d(0.2, 0.1, 0)); });
  EXPECT_TRUE(has(message, "asks for the limb at (200, 100, 0) mm, but none is within 20 mm of it; the image holds "))
      << message;
  EXPECT_TRUE(has(message, "around (17, 16, 20) mm")) << message;
  EXPECT_TRUE(has(message, "around (47, 16, 20) mm")) << message;
}

TEST(LimbSelection, LegsThatTouchByAThinBridgeAreTakenApartAcrossIt) {
  for (const double plate : {2.0, 4.0}) {
    const Kept kept = keep(legs(plate), Vector3d(47e-3, 15e-3, 5e-3));
    EXPECT_EQ(kept.map.at(17, 15, 20), 0);
    EXPECT_EQ(kept.map.at(47, 15, 20), 2);
    ASSERT_EQ(kept.warnings.size(), 1u) << plate;
    EXPECT_TRUE(has(kept.warnings[0], "two limbs touch at (3")) << kept.warnings[0];
    // Across the plate, 14 mm long.
    EXPECT_TRUE(has(kept.warnings[0], plate == 2 ? "mm over 28 mm2" : "mm over 56 mm2")) << kept.warnings[0];
    // Half of the plate at most stays with the leg.
    const double left = static_cast<double>(kept.map.voxel_counts().at(2)), leg = M_PI * 100 * 40;
    EXPECT_NEAR(left / leg, 1, 0.03);
  }
}

TEST(LimbSelection, LegsThatHangTogetherWidelyAreOneWithAWarning) {
  const Kept kept = keep(legs(15));
  EXPECT_EQ(kept.map.at(17, 15, 20), 2);
  EXPECT_EQ(kept.map.at(47, 15, 20), 2);
  ASSERT_EQ(kept.warnings.size(), 1u);
  EXPECT_TRUE(has(kept.warnings[0], "looks like two limbs that hang together over a place wider than 10 mm"))
      << kept.warnings[0];
}

TEST(LimbSelection, ALimbWithAWaistIsNotTakenApart) {
  const LabelMap waist = make_map({30, 30, 60}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const double radius = 4 + std::abs(x[2] - 30) * 0.3;
    return std::hypot(x[0] - 14.5, x[1] - 14.5) < radius ? 2 : 0;
  });
  const Kept kept = keep(waist);
  EXPECT_EQ(kept.map.labels, waist.labels);
  EXPECT_TRUE(kept.warnings.empty());
}

TEST(LimbSelection, MusclesAloneAreOneLimbAcrossTheGapsBetweenThem) {
  const LabelMap muscles = make_map({60, 30, 30}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    if (std::hypot(x[0] - 10, x[1] - 15) < 6) return 11;
    if (std::hypot(x[0] - 26, x[1] - 15) < 6) return 12;   // 4 mm beside it
    return std::hypot(x[0] - 50, x[1] - 15) < 5 ? 11 : 0;  // 13 mm away: another limb
  });
  const Kept kept = keep(muscles, std::nullopt, 10e-3);
  EXPECT_EQ(kept.map.at(10, 15, 10), 11);
  EXPECT_EQ(kept.map.at(26, 15, 10), 12);
  EXPECT_EQ(kept.map.at(50, 15, 10), 0);
  EXPECT_EQ(keep(muscles).map.at(26, 15, 10) + keep(muscles).map.at(10, 15, 10), 11);  // without a gap: one muscle
}

TEST(LimbSelection, NothingButOutsideIsRefused) {
  const auto message = test::message_of<InputError>([] {
    keep(make_map({4, 4, 4}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d&) { return 0; }));
  });
  EXPECT_TRUE(has(message, "nothing is left of the label map")) << message;
}

}  // namespace
}  // namespace bmiss
