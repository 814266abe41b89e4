#include "anatomy/label_cleaning.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "anatomy/contour.h"
#include "anatomy/label_field.h"
#include "anatomy/slice_interpolation.h"
#include "base/report.h"
#include "support/surface_checks.h"
#include "support/test_files.h"

using namespace bmiss;
using namespace bmiss::test;
using Eigen::Vector3d;

namespace {

nlohmann::json facts_of(const Report& report) {
  ScratchFolder folder;
  report.write_json(folder / "run.json");
  std::ifstream stream(folder / "run.json");
  return nlohmann::json::parse(stream).at("facts");
}

bool inside(const Vector3d& x, double low, double high) {
  return (x.array() >= low).all() && (x.array() < high).all();
}

LabelMap clean_label_map(const LabelMap& map, std::size_t smallest, std::int32_t fill, Report& report) {
  LabelVolume volume = working_volume(map);
  const auto counts = clean_labels(volume, smallest, fill);
  report_cleaning(counts, map.voxel_counts(), volume, "cleaning", report);
  LabelMap cleaned = map;
  cleaned.labels = volume.labels;
  return cleaned;
}

}  // namespace

TEST(LabelCleaning, IslandsTakeTheLabelAroundThemAndAreReportedInCubicMillimetres) {
  // 2 x 1 x 1 mm voxels: a muscle with an island of two voxels of another muscle, which also has a large piece of its
  // own.
  const LabelMap map = make_map({20, 20, 20}, scaled(2e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    if (x == Vector3d(6, 10, 10) || x == Vector3d(6, 11, 10)) return 12;
    if (x == Vector3d(1, 1, 1)) return 11;  // in the air
    return inside(x, 3, 17) ? x[0] < 10 ? 11 : 12 : 0;
  });
  std::ostringstream log;
  Report report(log, 0);
  const LabelMap cleaned = clean_label_map(map, 30, 5, report);
  EXPECT_EQ(cleaned.at(6, 10, 10), 11);
  EXPECT_EQ(cleaned.at(6, 11, 10), 11);
  EXPECT_EQ(cleaned.at(1, 1, 1), 0);
  EXPECT_EQ(cleaned.at(12, 10, 10), 12);
  const auto facts = facts_of(report).at("cleaning");
  EXPECT_DOUBLE_EQ(facts.at("label_12").at("removed_mm3"), 4);
  EXPECT_DOUBLE_EQ(facts.at("label_11").at("gained_mm3"), 4);
  EXPECT_DOUBLE_EQ(facts.at("label_11").at("removed_mm3"), 2);
  EXPECT_TRUE(report.warnings().empty());
}

TEST(LabelCleaning, LargeVoidsTakeTheFillLabelAndSmallOnesTheirSurroundings) {
  const LabelMap map = make_map({30, 30, 30}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    if (inside(x, 10, 15) || x == Vector3d(20, 20, 20)) return 0;
    if (x[0] >= 18 && x[0] < 20 && x[1] >= 5 && x[1] < 24) return x[0] < 20 && inside(x, 3, 24) ? 11 : 0;
    return inside(x, 3, 27) ? 11 : 0;
  });
  std::ostringstream log;
  Report report(log, 0);
  const LabelMap cleaned = clean_label_map(map, 30, 5, report);
  EXPECT_EQ(cleaned.at(12, 12, 12), 5);
  EXPECT_EQ(cleaned.at(20, 20, 20), 11);
  EXPECT_EQ(cleaned.at(0, 0, 0), 0);
}

TEST(LabelCleaning, GapsThatOpenOnlyAtTheCutEndsAreFilled) {
  const LabelMap map = make_map({20, 20, 10}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const bool body = x[0] > 2 && x[0] < 17 && x[1] > 2 && x[1] < 17;
    const bool gap = x[0] > 8 && x[0] < 11 && x[1] > 5 && x[1] < 14;
    return body && !gap ? 11 : 0;
  });
  std::ostringstream log;
  Report report(log, 0);
  EXPECT_EQ(clean_label_map(map, 30, 5, report).at(9, 8, 0), 5);
}

TEST(LabelCleaning, ALabelThatVanishesIsNamedWithItsVolume) {
  const LabelMap map = make_map({20, 20, 20}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    if (inside(x, 8, 10)) return 42;
    return inside(x, 3, 17) ? 11 : 0;
  });
  std::ostringstream log;
  Report report(log, 0);
  EXPECT_EQ(clean_label_map(map, 30, 5, report).at(9, 9, 9), 11);
  ASSERT_EQ(report.warnings().size(), 1u);
  EXPECT_NE(report.warnings()[0].find("label 42 vanished: all its 8.0 mm3"), std::string::npos) << report.warnings()[0];
  EXPECT_EQ(clean_label_map(map, 8, 5, report).at(9, 9, 9), 42);
}

TEST(LabelCleaning, ASkinThatHangsTogetherOverEdgesOnlyStaysWhereItIsNamedALayer) {
  // A body with a slanted face, one voxel of skin on it: no two skin voxels share a face.
  LabelMap map = make_map({20, 20, 4}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const double place = x[0] + x[1];
    return place < 20 ? 11 : place == 20 ? 1 : 0;
  });
  map.labels[map.index(5, 5, 1)] = 1;  // rubbish inside
  LabelVolume plain = working_volume(map), layered = plain;
  clean_labels(plain, 30, 11);
  EXPECT_EQ(plain.counts().count(1), 0u);
  clean_labels(layered, 30, 11, {1});
  EXPECT_EQ(layered.counts().at(1), map.voxel_counts().at(1) - 1);
  EXPECT_EQ(layered.labels[layered.index(5, 5, 1)], 11);
}

TEST(LabelCleaning, MeanThicknessOfAPlateAndACylinder) {
  LabelVolume volume;
  volume.size = {60, 60, 60};
  volume.spacing = Vector3d::Constant(1e-3);
  const Vector3d normal = Vector3d(1, 2, 2) / 3;
  for (std::size_t v = 0; v < 60u * 60 * 60; ++v) {
    const auto [i, j, k] = volume.place(v);
    const double plate = normal.dot(Vector3d(i, j, k));
    const double rod = std::hypot(i - 10.0, j - 10.0);
    volume.labels.push_back(plate > 55 && plate < 59 ? 3 : rod < 6 ? 4 : 0);
  }
  const auto thickness = mean_thickness(volume);
  EXPECT_NEAR(thickness.at(3), 4e-3, 0.3e-3);
  EXPECT_NEAR(thickness.at(4), 6e-3, 0.5e-3);
}

TEST(LabelCleaning, NoTwoPartsOfTheOutsideTouchAfterSeparation) {
  LabelVolume volume;
  volume.size = {4, 4, 4};
  volume.labels.assign(64, 0);
  volume.labels[volume.index(1, 1, 1)] = 7;
  volume.labels[volume.index(2, 2, 2)] = 8;
  EXPECT_GT(separate_touching_outside(volume), 0u);
  EXPECT_EQ(separate_touching_outside(volume), 0u);
}

TEST(SliceInterpolation, ATiltedRodIsSmootherThanItsThickSlices) {
  const auto rod = [](double x, double y, double z) { return std::hypot(x - 10 - 0.5 * z, y - 15) < 6; };
  LabelVolume thick;
  thick.size = {45, 30, 9};
  thick.spacing = Vector3d(1e-3, 1e-3, 4e-3);
  for (int k = 0; k < 9; ++k)
    for (int j = 0; j < 30; ++j)
      for (int i = 0; i < 45; ++i) thick.labels.push_back(rod(i, j, 4 * k + 1.5) ? 3 : 0);
  const LabelVolume fine = interpolate_slices(thick, 1.5);
  EXPECT_EQ(fine.size, (std::array<int, 3>{45, 30, 36}));
  EXPECT_DOUBLE_EQ(fine.spacing[2], 1e-3);
  int wrong = 0, wrong_nearest = 0, total = 0;
  for (int k = 2; k < 34; ++k)
    for (int j = 0; j < 30; ++j)
      for (int i = 0; i < 45; ++i) {
        const int truth = rod(i, j, k) ? 3 : 0;
        total += truth != 0;
        wrong += fine.labels[fine.index(i, j, k)] != truth;
        wrong_nearest += thick.labels[thick.index(i, j, k / 4)] != truth;
      }
  // The outline (38 pixels a slice) is known to a fraction of a pixel only; nearest slices miss it by a third of a
  // pixel.
  EXPECT_LT(wrong, 0.15 * 38 * 32);
  EXPECT_LT(wrong, 0.55 * wrong_nearest);
  EXPECT_GT(total, 3000);
  EXPECT_EQ(interpolate_slices(fine, 1.5).labels, fine.labels);
}

// A thin bone whose sections in 5 mm slices lie 6 mm apart: three times its width.
TEST(SliceInterpolation, AThinObliqueBoneStaysInOnePieceOnItsStraightLine) {
  const double slope = 1.2, radius = 1.6;  // mm sideways per mm; mm
  LabelVolume thick;
  thick.size = {80, 40, 8};
  thick.spacing = Vector3d(1e-3, 1e-3, 5e-3);
  const auto bone = [&](double x, double y, double z) { return std::hypot(x - 12 - slope * z, y - 20) < radius; };
  for (int k = 0; k < 8; ++k)
    for (int j = 0; j < 40; ++j)
      for (int i = 0; i < 80; ++i) {
        const bool muscle = j > 4 && j < 35 && i > 2 && i < 77;
        thick.labels.push_back(bone(i, j, 5 * k + 2) ? 3 : muscle ? 11 : 0);
      }
  const Pieces slices = find_pieces(thick);
  ASSERT_EQ(std::count(slices.label.begin(), slices.label.end(), 3), 8);
  const LabelVolume fine = interpolate_slices(thick, 1.5);
  const Pieces pieces = find_pieces(fine);
  EXPECT_EQ(std::count(pieces.label.begin(), pieces.label.end(), 3), 1);
  EXPECT_EQ(std::count(pieces.label.begin(), pieces.label.end(), 11), 1);
  for (int k = 2; k < 38; ++k) {
    Vector3d centre = Vector3d::Zero();
    int pixels = 0;
    for (int j = 0; j < 40; ++j)
      for (int i = 0; i < 80; ++i)
        if (fine.labels[fine.index(i, j, k)] == 3) {
          centre += Vector3d(i, j, k);
          ++pixels;
        }
    ASSERT_GT(pixels, 0) << k;
    EXPECT_NEAR(centre[0] / pixels, 12 + slope * k, 0.7) << k;
    EXPECT_NEAR(centre[1] / pixels, 20, 0.3) << k;
    EXPECT_NEAR(pixels, M_PI * radius * radius, 4.5) << k;
  }
}

TEST(SliceInterpolation, PartsOfOneLabelThatAreNotEachOthersNearestAreNotJoined) {
  // Two rods of one label; one ends between the slices, the other goes on: it must not jump to the place of the first.
  LabelVolume thick;
  thick.size = {60, 20, 2};
  thick.spacing = Vector3d(1e-3, 1e-3, 5e-3);
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 20; ++j)
      for (int i = 0; i < 60; ++i) {
        const bool goes_on = std::hypot(i - 10, j - 10) < 3, ends = k == 0 && std::hypot(i - 22, j - 10) < 3;
        thick.labels.push_back(goes_on || ends ? 3 : 11);
      }
  const LabelVolume fine = interpolate_slices(thick, 1.5);
  for (int k = 0; k < 10; ++k)
    for (int i = 14; i < 19; ++i) EXPECT_EQ(fine.labels[fine.index(i, 10, k)], 11) << i << " " << k;
  EXPECT_EQ(fine.labels[fine.index(22, 10, 2)], 3);
  EXPECT_EQ(fine.labels[fine.index(22, 10, 7)], 11);
}

TEST(LabelField, BiasesKeepTheVolumeOfAThinShell) {
  const LabelVolume volume = concentric_volume([](double r) { return r < 12 ? 3 : r < 14 ? 8 : r < 18 ? 5 : 0; });
  LabelField field(volume, 1e-3, 1e-3);
  std::vector<double> target;
  for (const int label : field.labels()) target.push_back(static_cast<double>(volume.counts().at(label)) * 1e-9);
  EXPECT_GT(field.match_volumes(target, 0), 0.05);  // a plain argmax changes the shell by more than a twentieth
  EXPECT_LT(field.match_volumes(target, 60), 1e-3);
}

TEST(LabelField, GradientsAgreeWithDifferences) {
  LabelVolume volume;
  volume.size = {12, 12, 12};
  volume.spacing = Vector3d(1e-3, 0.8e-3, 1.3e-3);
  for (std::size_t v = 0; v < 1728; ++v) volume.labels.push_back(v % 12 + volume.place(v)[1] < 10 ? 3 : 4);
  const LabelField field(volume, 1.1e-3, 1.1e-3);
  const Vector3d x(5.3e-3, 4.1e-3, 6.6e-3);
  Vector3d gradient;
  field.difference(x, 1, 2, gradient);
  for (int axis = 0; axis < 3; ++axis) {
    const Vector3d step = 1e-6 * Vector3d::Unit(axis);
    EXPECT_NEAR(gradient[axis], (field.difference(x + step, 1, 2) - field.difference(x - step, 1, 2)) / 2e-6,
                1e-3 + 1e-4 * gradient.norm());
  }
}
