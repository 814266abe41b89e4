// Fat grown to a least thickness, against cylinders of which the answer is known.
#include "anatomy/fat_layer.h"

#include <gtest/gtest.h>

#include "anatomy/label_orientation.h"
#include "anatomy/label_volume.h"
#include "support/surface_checks.h"

namespace bmiss {
namespace {

using Eigen::Vector3d;
using test::make_map;
using test::scaled;

const FatLayer three_mm{2, {2}, {1}, 3e-3};

// Muscle of radius 15 mm in `fat` mm of fat and `skin` mm of skin, in an image 60 mm wide.
LabelMap limb(double fat, double skin, const Vector3d& spacing = Vector3d::Constant(1e-3)) {
  const auto pixels = [&](int axis, double mm) { return static_cast<int>(std::lround(mm * 1e-3 / spacing[axis])); };
  return make_map({pixels(0, 60), pixels(1, 60), pixels(2, 40)}, scaled(spacing[0], spacing[1], spacing[2]),
                  [=](const Vector3d& i) {
                    const Vector3d x = 1e3 * (i + Vector3d::Constant(0.5)).cwiseProduct(spacing);
                    const double r = std::hypot(x[0] - 30, x[1] - 30);
                    return r < 15 ? 11 : r < 15 + fat ? 2 : r < 15 + fat + skin ? 1 : 0;
                  });
}

double volume_of(const LabelMap& map, int label) {
  const auto counts = map.voxel_counts();
  return counts.count(label) == 0 ? 0 : static_cast<double>(counts.at(label)) * map.voxel_volume() * 1e9;
}

// Thickness of a ring of known volume around a radius [mm].
double ring_thickness(double volume, double inner) {
  return std::sqrt(volume / (M_PI * 40) + inner * inner) - inner;
}

void expect_muscle_unchanged(const LabelMap& before, const LabelMap& after) {
  for (std::size_t v = 0; v < before.labels.size(); ++v)
    ASSERT_TRUE(before.labels[v] != 11 || after.labels[v] == 11) << v;
}

TEST(FatLayer, MissingFatBecomesARingOfTheLeastThickness) {
  for (const Vector3d& spacing :
       {Vector3d(1e-3, 1e-3, 1e-3), Vector3d(0.8e-3, 0.8e-3, 4e-3), Vector3d(1e-3, 2e-3, 1e-3)}) {
    const LabelMap bare = limb(0, 0, spacing);
    const LabelMap grown = grow_fat(bare, three_mm);
    EXPECT_EQ(grown.size, bare.size);
    // Up to half a pixel thicker: the layer follows each corner of the voxels under it.
    const double pixel = 0.5e3 * (spacing[0] + spacing[1]);
    EXPECT_GT(ring_thickness(volume_of(grown, 2), 15), 3 - 0.1 * pixel) << spacing.transpose();
    EXPECT_LT(ring_thickness(volume_of(grown, 2), 15), 3 + 0.5 * pixel) << spacing.transpose();
    expect_muscle_unchanged(bare, grown);
  }
}

TEST(FatLayer, GoesAllTheWayToTheEndSlicesAndNotBeyond) {
  const LabelMap grown = grow_fat(limb(0, 0), three_mm);
  EXPECT_EQ(grown.size[2], 40);
  EXPECT_EQ(grown.at(30 + 16, 30, 0), 2);
  EXPECT_EQ(grown.at(30 + 16, 30, 39), 2);
}

TEST(FatLayer, ThinFatGrowsThroughTheSkinWhichMovesOutwardAndKeepsItsMeanThickness) {
  const LabelMap thin = limb(1, 2);
  const LabelMap grown = grow_fat(thin, three_mm);
  const double fat = ring_thickness(volume_of(grown, 2), 15);
  EXPECT_NEAR(fat, 3.25, 0.25);
  EXPECT_NEAR(ring_thickness(volume_of(grown, 1), 15 + fat), 2, 0.1);
  expect_muscle_unchanged(thin, grown);
  // From outside in: skin, fat, muscle.
  EXPECT_EQ(grown.at(30, 30 + 18, 20), 1);
  EXPECT_EQ(grown.at(30, 30 + 16, 20), 2);
  EXPECT_EQ(grown.at(30, 30 + 13, 20), 11);
}

TEST(FatLayer, FatThatIsThickEnoughStaysAsItIs) {
  const LabelMap thick = limb(6, 2);
  EXPECT_EQ(grow_fat(thick, three_mm).labels, thick.labels);
}

TEST(FatLayer, TheImageGrowsWhereTheFatWouldLeaveItButNotThroughASideThatCutsTheLimb) {
  // Cropped to the muscle: it grazes three sides of the image, the fourth cuts it in the middle.
  const LabelMap cropped = make_map({15, 30, 20}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    return std::hypot(x[0] - 14.5, x[1] - 14.5) < 15 ? 11 : 0;
  });
  const LabelMap grown = grow_fat(cropped, three_mm);
  EXPECT_EQ(grown.size, (std::array<int, 3>{15 + 4, 30 + 8, 20}));
  const Vector3d moved = grown.voxel_to_world * Vector3d(4, 4, 0);
  EXPECT_LT(moved.norm(), 1e-12);  // the muscle stays where it was
  EXPECT_EQ(grown.at(18, 19, 10), 11);
  EXPECT_EQ(grown.at(2, 19, 10), 2);
  EXPECT_EQ(grown.at(18, 1, 10), 2);
  const double half_ring = M_PI * (18 * 18 - 15 * 15) / 2 * 20;
  EXPECT_NEAR(volume_of(grown, 2) / half_ring, 1.08, 0.08);  // up to half a pixel thicker
}

}  // namespace
}  // namespace bmiss
