// However a file stores a limb's voxels, the same limb comes out, and the same mesh.
#include "anatomy/label_orientation.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <sstream>

#include "anatomy/contour.h"
#include "anatomy/label_preparation.h"
#include "base/errors.h"
#include "base/report.h"
#include "support/surface_checks.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using Eigen::Vector3d;
using test::make_map;
using test::scaled;

// A tapered limb along z, not symmetric in any way: bone, two muscles, fat, skin.
int limb_label(const Vector3d& x) {
  const double r = std::hypot(x[0] - 15, x[1] - 14) * (1 + 0.008 * x[2]);
  if (std::hypot(x[0] - 12, x[1] - 15) < 3) return 3;
  return r < 9 ? (x[0] + 0.3 * x[1] < 20 ? 11 : 12) : r < 12 ? 2 : r < 13.5 ? 1 : 0;
}

LabelMap limb(const Eigen::Affine3d& affine = Eigen::Translation3d(0.02, -0.03, 0.5) * scaled(1e-3, 1e-3, 1e-3)) {
  return make_map({32, 29, 36}, affine, limb_label);
}

TissueTable tissues() {
  return TissueTable({default_tissue(1, "skin", TissueKind::skin), default_tissue(2, "fat", TissueKind::fat),
                      default_tissue(3, "bone", TissueKind::bone), default_tissue(11, "flexor", TissueKind::muscle),
                      default_tissue(12, "extensor", TissueKind::muscle)});
}

// The same limb in the same place, its voxels stored along other axes: new axis a runs along old axis order[a].
LabelMap restored(const LabelMap& map, const std::array<int, 3>& order, const std::array<bool, 3>& flipped) {
  LabelMap result;
  Eigen::Matrix3d turn = Eigen::Matrix3d::Zero();
  Vector3d origin = Vector3d::Zero();
  for (int a = 0; a < 3; ++a) {
    result.size[a] = map.size[order[a]];
    turn(order[a], a) = flipped[a] ? -1 : 1;
    if (flipped[a]) origin[order[a]] = map.size[order[a]] - 1;
  }
  result.voxel_to_world.linear() = map.voxel_to_world.linear() * turn;
  result.voxel_to_world.translation() = map.voxel_to_world * origin;
  for (int k = 0; k < result.size[2]; ++k)
    for (int j = 0; j < result.size[1]; ++j)
      for (int i = 0; i < result.size[0]; ++i) {
        const Vector3d old = turn * Vector3d(i, j, k) + origin;
        result.labels.push_back(map.at(static_cast<int>(std::lround(old[0])), static_cast<int>(std::lround(old[1])),
                                       static_cast<int>(std::lround(old[2]))));
      }
  return result;
}

PreparedLabelMap prepared(const LabelMap& map, const PreparationOptions& options = {}) {
  std::ostringstream log;
  Report report(log, 0);
  return prepare_label_map(map, tissues(), options, report);
}

TEST(LabelOrientation, EveryOrderOfVoxelsGivesTheSameMap) {
  const PreparedLabelMap original = prepared(limb());
  EXPECT_EQ(original.map.labels, limb().labels);
  for (const std::array<int, 3>& order : {std::array<int, 3>{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}, {0, 2, 1}})
    for (int flips = 0; flips < 8; ++flips) {
      const LabelMap stored = restored(limb(), order, {(flips & 1) != 0, (flips & 2) != 0, (flips & 4) != 0});
      const PreparedLabelMap result = prepared(stored);
      EXPECT_EQ(result.map.size, original.map.size);
      EXPECT_EQ(result.map.labels, original.map.labels);
      EXPECT_TRUE(result.map.voxel_to_world.isApprox(original.map.voxel_to_world, 1e-12));
      // The file's first slice along the limb stays the proximal end.
      const int along = static_cast<int>(std::find(order.begin(), order.end(), 2) - order.begin());
      EXPECT_EQ(result.low_k_is_proximal, (flips >> along & 1) == 0);
    }
}

TEST(LabelOrientation, ObliqueAndLeftHandedImagesGiveTheSameVolumesInTheSamePlaces) {
  const Eigen::Affine3d rotation(Eigen::AngleAxisd(0.5, Vector3d(2, -1, 1).normalized()));
  const LabelMap straight = limb();
  LabelMap oblique = straight;
  oblique.voxel_to_world = rotation * straight.voxel_to_world;
  std::ostringstream log;
  Report report(log, 0);
  ContourOptions options;
  options.edge_length = 2.5e-3;
  const auto surfaces = [&](const LabelMap& map) { return contour_label_map(prepared(map).map, {1}, options, report); };
  const auto volumes = test::label_volumes(surfaces(straight));
  ASSERT_EQ(volumes.size(), 4u);
  const SurfaceComplex turned = surfaces(restored(oblique, {1, 2, 0}, {true, false, false}));
  for (const auto& [label, volume] : test::label_volumes(turned))
    EXPECT_NEAR(volume / volumes.at(label), 1, 1e-6) << label;
  // Back in the straight frame the surfaces are the same points.
  const SurfaceComplex reference = surfaces(straight);
  ASSERT_EQ(turned.points.cols(), reference.points.cols());
  EXPECT_LT((rotation.inverse() * turned.points - reference.points).colwise().norm().maxCoeff(), 1e-6);
}

TEST(LabelOrientation, TheAxisIsTheOneWhoseTwoEndSlicesCutTheLimb) {
  EXPECT_EQ(limb_voxel_axis(limb()), 2);
  EXPECT_EQ(limb_voxel_axis(restored(limb(), {2, 0, 1}, {})), 0);
  // A short piece of a thick limb, wider than long.
  const LabelMap disc = make_map({60, 12, 60}, scaled(1e-3, 1e-3, 1e-3),
                                 [](const Vector3d& x) { return std::hypot(x[0] - 29.5, x[2] - 29.5) < 25 ? 11 : 0; });
  EXPECT_EQ(limb_voxel_axis(disc), 1);
  // The field of view clips the sides too, but its end slices hold whole sections.
  const LabelMap clipped = make_map({40, 44, 20}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    return std::hypot(x[0] - 19.5, x[1] - 21.5) < 21.5 ? 11 : 0;
  });
  EXPECT_EQ(limb_voxel_axis(clipped), 2);
  // Cut at one end only; cut nowhere: the longest, in millimetres.
  const LabelMap stump = make_map({40, 30, 30}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    return x[2] < 20 && std::hypot(x[0] - 19.5, x[1] - 14.5) < 10 ? 11 : 0;
  });
  EXPECT_EQ(limb_voxel_axis(stump), 2);
  const LabelMap closed = make_map({20, 30, 20}, scaled(2e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    return (x.array() > 2).all() && x[0] < 18 && x[1] < 27 && x[2] < 17 ? 11 : 0;
  });
  EXPECT_EQ(limb_voxel_axis(closed), 0);
}

TEST(LabelOrientation, AnAxisGivenByTheUserIsTaken) {
  PreparationOptions options;
  options.limb_axis = 0;
  EXPECT_EQ(prepared(limb(), options).map.size[2], 32);
}

TEST(LabelOrientation, SuperiorIsTheEndWithTheHigherZ) {
  PreparationOptions options;
  for (const bool flipped : {false, true}) {
    const LabelMap map = restored(limb(), {0, 1, 2}, {false, false, flipped});
    options.proximal = ProximalEnd::superior;
    EXPECT_FALSE(prepared(map, options).low_k_is_proximal);  // k runs upwards once the map is prepared
    options.proximal = ProximalEnd::inferior;
    EXPECT_TRUE(prepared(map, options).low_k_is_proximal);
    options.proximal = ProximalEnd::last_slice;
    EXPECT_EQ(prepared(map, options).low_k_is_proximal, flipped);
  }
  LabelMap lying = limb();
  lying.voxel_to_world = Eigen::AngleAxisd(1.5, Vector3d::UnitX()) * lying.voxel_to_world;
  options.proximal = ProximalEnd::superior;
  const auto message = test::message_of<InputError>([&] { prepared(lying, options); });
  EXPECT_NE(message.find("lies across the z axis"), std::string::npos) << message;
  EXPECT_NE(message.find("set 'Anatomy/Proximal end' to first slice or last slice"), std::string::npos) << message;
}

}  // namespace
}  // namespace bmiss
