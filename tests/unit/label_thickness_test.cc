// Thickness of labels against plates, rods and balls, and necks one voxel thin.
#include "anatomy/label_thickness.h"

#include <gtest/gtest.h>

#include <cmath>

#include "anatomy/distance_transform.h"
#include "anatomy/label_bridges.h"

namespace bmiss {
namespace {

using Eigen::Vector3d;

LabelVolume make_volume(const std::array<int, 3>& size, const Vector3d& spacing,
                        const std::function<int(const Vector3d&)>& label) {
  LabelVolume volume{size, spacing, {}};
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) volume.labels.push_back(label(Vector3d(i, j, k)));
  return volume;
}

const Vector3d one_mm = Vector3d::Constant(1e-3);

LabelThickness thickness(const LabelVolume& volume) {
  return label_thicknesses(volume, {7}, ThicknessDetail::thinnest_too).at(7);
}

TEST(DistanceTransform, AgreesWithEveryPairOfVoxels) {
  const std::array<int, 3> size{9, 7, 5};
  const Vector3d spacing(1e-3, 0.7e-3, 3e-3);
  std::vector<char> marked(9 * 7 * 5, 0);
  for (const std::size_t v : {3u, 77u, 150u, 151u, 290u}) marked[v] = 1;
  const LabelVolume grid{size, spacing, std::vector<std::int32_t>(marked.begin(), marked.end())};
  const auto place = [&](std::size_t v) {
    const auto p = grid.place(v);
    return Vector3d(p[0], p[1], p[2]).cwiseProduct(spacing).eval();
  };
  const DistanceField field = distances_to(size, spacing, marked);
  for (std::size_t v = 0; v < marked.size(); ++v) {
    double least = 1;
    for (std::size_t m = 0; m < marked.size(); ++m)
      if (marked[m] != 0) least = std::min(least, (place(v) - place(m)).norm());
    ASSERT_NEAR(field.distance[v], least, 1e-8);
    ASSERT_NEAR((place(v) - place(static_cast<std::size_t>(field.nearest[v]))).norm(), least, 1e-8);
  }
  EXPECT_EQ(distances_to(size, spacing, std::vector<char>(marked.size(), 0)).nearest[0], -1);
}

TEST(LabelThickness, PlatesOfOneToFiveVoxelsAreExact) {
  for (int voxels = 1; voxels <= 5; ++voxels)
    for (int axis = 0; axis < 3; ++axis) {
      const Vector3d spacing(1e-3, 1e-3, 1.4e-3);
      const auto plate = make_volume({12, 12, 12}, spacing,
                                     [&](const Vector3d& x) { return x[axis] >= 4 && x[axis] < 4 + voxels ? 7 : 0; });
      EXPECT_NEAR(thickness(plate).thinnest, voxels * spacing[axis], 1e-4) << voxels << " " << axis;
      EXPECT_NEAR(thickness(plate).thickest, voxels * spacing[axis], 1e-9);
    }
}

TEST(LabelThickness, RodsAndObliquePlatesHaveTheirDiameterWithinAVoxel) {
  const auto rod = make_volume({30, 30, 20}, one_mm,
                               [](const Vector3d& x) { return std::hypot(x[0] - 14.5, x[1] - 14.5) < 8 ? 7 : 0; });
  EXPECT_NEAR(thickness(rod).thinnest, 16e-3, 1e-3);
  const Vector3d normal = Vector3d(1, 2, 2) / 3;
  const auto plate =
      make_volume({30, 30, 30}, one_mm, [&](const Vector3d& x) { return std::abs(normal.dot(x) - 24) < 3 ? 7 : 0; });
  EXPECT_NEAR(thickness(plate).thinnest, 6e-3, 1e-3);
}

TEST(LabelThickness, TheThinPlaceOfALayerIsFoundWhereItIs) {
  // A plate 5 mm thick, 2 mm over a tenth of its area; a rough voxel elsewhere.
  const auto layer = make_volume({40, 40, 12}, one_mm, [](const Vector3d& x) {
    if (x == Vector3d(30, 30, 8)) return 7;
    const bool thin = std::hypot(x[0] - 10, x[1] - 12) < 7.5;
    return x[2] >= 3 && x[2] < (thin ? 5 : 8) ? 7 : 0;
  });
  const LabelThickness found = thickness(layer);
  EXPECT_NEAR(found.thinnest, 5e-3, 1e-4);  // 4 % of the volume lies there: not worth trusting
  const auto wider = make_volume({40, 40, 12}, one_mm, [](const Vector3d& x) {
    const bool thin = std::hypot(x[0] - 12, x[1] - 14) < 11.5;
    return x[2] >= 3 && x[2] < (thin ? 5 : 8) ? 7 : 0;
  });
  const LabelThickness thin = thickness(wider);
  EXPECT_NEAR(thin.thinnest, 2e-3, 1e-4);
  EXPECT_NEAR(thin.place[0], 12, 2);
  EXPECT_NEAR(thin.place[1], 14, 2);
}

TEST(LabelThickness, ALabelWithoutASurfaceHasNone) {
  EXPECT_EQ(thickness(make_volume({4, 4, 4}, one_mm, [](const Vector3d&) { return 7; })).thinnest, 0);
}

bool inside(const Vector3d& x, const Vector3d& low, const Vector3d& high) {
  return (x.array() >= low.array()).all() && (x.array() < high.array()).all();
}

// Two blocks of label 7 within label 5, joined by what `bridge` says.
LabelVolume blocks(const std::function<bool(const Vector3d&)>& bridge) {
  return make_volume({30, 14, 14}, one_mm, [&](const Vector3d& x) {
    if (inside(x, {3, 3, 3}, {12, 11, 11}) || inside(x, {16, 3, 3}, {27, 11, 11}) || bridge(x)) return 7;
    return inside(x, {1, 1, 1}, {29, 13, 13}) ? 5 : 0;
  });
}

std::size_t pieces_of_7(const LabelVolume& volume) {
  const Pieces pieces = find_pieces(volume);
  return static_cast<std::size_t>(std::count(pieces.label.begin(), pieces.label.end(), 7));
}

TEST(LabelBridges, ANeckOneVoxelThinTakesTheLabelAroundIt) {
  LabelVolume volume = blocks([](const Vector3d& x) { return x[1] == 6 && x[2] == 7; });
  // The neck goes on to the sides of the image, where it is a whisker and stays.
  ASSERT_EQ(pieces_of_7(volume), 1u);
  const auto before = volume.counts().at(7);
  EXPECT_EQ(cut_bridges(volume, {7}, 30), 1u);
  EXPECT_EQ(pieces_of_7(volume), 2u);
  EXPECT_EQ(volume.counts().at(7), before - 4);
  EXPECT_EQ(volume.labels[volume.index(13, 6, 7)], 5);
  EXPECT_EQ(volume.labels[volume.index(1, 6, 7)], 7);
}

TEST(LabelBridges, BlocksThatTouchAtOneFaceAreParted) {
  LabelVolume volume = make_volume({24, 24, 14}, one_mm, [](const Vector3d& x) {
    return inside(x, {2, 2, 2}, {12, 12, 7}) || inside(x, {12, 11, 6}, {20, 20, 12}) ? 7 : 0;
  });
  ASSERT_EQ(pieces_of_7(volume), 1u);
  EXPECT_EQ(cut_bridges(volume, {7}, 30), 1u);
  EXPECT_EQ(pieces_of_7(volume), 2u);
}

TEST(LabelBridges, ThickerNecksLoopsLayersAndOtherLabelsStay) {
  LabelVolume thick =
      blocks([](const Vector3d& x) { return x[0] > 3 && x[0] < 20 && x[1] >= 6 && x[1] < 8 && x[2] >= 6 && x[2] < 8; });
  const auto before = thick.labels;
  EXPECT_EQ(cut_bridges(thick, {7}, 30), 0u);
  EXPECT_EQ(thick.labels, before);
  // Three blocks, a thin neck between any two: none hangs by one neck.
  LabelVolume loop = make_volume({30, 24, 14}, one_mm, [&](const Vector3d& x) {
    const bool block = inside(x, {3, 3, 3}, {12, 11, 11}) || inside(x, {16, 3, 3}, {27, 11, 11}) ||
                       inside(x, {3, 14, 3}, {27, 20, 11});
    const bool across = x[2] == 7 && x[1] == 6 && x[0] > 3 && x[0] < 20;
    const bool along = x[2] == 7 && (x[0] == 6 || x[0] == 20) && x[1] > 3 && x[1] < 15;
    return block || across || along ? 7 : 0;
  });
  EXPECT_EQ(cut_bridges(loop, {7}, 30), 0u);
  LabelVolume neck = blocks([](const Vector3d& x) { return x[0] > 3 && x[0] < 20 && x[1] == 6 && x[2] == 7; });
  EXPECT_EQ(cut_bridges(neck, {8}, 30), 0u);
  EXPECT_EQ(cut_bridges(neck, {7}, 3), 0u);  // longer than allowed
  EXPECT_EQ(cut_bridges(neck, {7}, 4), 1u);
}

TEST(LabelBridges, ASlantedMuscleInThickSlicesHangsTogether) {
  LabelVolume volume = make_volume({40, 12, 6}, Vector3d(1e-3, 1e-3, 5e-3), [](const Vector3d& x) {
    return std::abs(x[0] - 5 - 4 * x[2]) <= 2 && x[1] > 3 && x[1] < 8 ? 7 : 0;
  });
  ASSERT_EQ(pieces_of_7(volume), 1u);
  const auto before = volume.labels;
  EXPECT_EQ(cut_bridges(volume, {7}, 30), 0u);
  EXPECT_EQ(volume.labels, before);
}

}  // namespace
}  // namespace bmiss
