#include "anatomy/contour.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <sstream>

#include "anatomy/self_intersection.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "support/surface_checks.h"
#include "support/test_files.h"

using namespace bmiss;
using namespace bmiss::test;
using Eigen::Vector3d;

namespace {

struct Contoured {
  SurfaceComplex complex;
  std::string log;
  std::vector<std::string> warnings;
};

Contoured contour(const LabelMap& map, double edge_length, const std::vector<int>& dropped = {},
                  double smoothing = 1.1) {
  std::ostringstream log;
  Report report(log, 0);
  ContourOptions options;
  options.edge_length = edge_length;
  options.smoothing = smoothing;
  Contoured result;
  result.complex = contour_label_map(map, dropped, options, report);
  result.log = log.str();
  result.warnings = report.warnings();
  return result;
}

bool any_contains(const std::vector<std::string>& sentences, const std::string& part) {
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](const auto& s) { return s.find(part) != std::string::npos; });
}

std::size_t self_intersections(const SurfaceComplex& complex) {
  std::vector<Vector3d> points;
  for (Eigen::Index p = 0; p < complex.points.cols(); ++p) points.push_back(complex.points.col(p));
  return find_self_intersections(points, complex.triangles).size();
}

void expect_closed(const SurfaceComplex& complex) {
  for (std::size_t region = 0; region < complex.region_labels.size(); ++region)
    EXPECT_EQ(unmatched_edges(complex, static_cast<int>(region)), 0u) << "region " << region;
  EXPECT_EQ(pinched_outer_edges(complex), 0u);
  for (const double volume : region_volumes(complex)) EXPECT_GT(volume, 0);
}

double voxel_volume_of(const LabelMap& map, int label) {
  return static_cast<double>(std::count(map.labels.begin(), map.labels.end(), label)) *
         std::abs(map.voxel_to_world.linear().determinant());
}

// Bone, two muscles, fat and skin around the k axis; the limb is cut by both end slices.
int layered_limb(const Vector3d& x, const Vector3d& centre) {
  const double r = std::hypot(x[0] - centre[0], x[1] - centre[1]);
  if (r < 6) return 3;
  if (r < 18) return x[0] < centre[0] + 0.1 * x[1] ? 11 : 12;
  if (r < 22) return 2;
  return r < 24 ? 1 : 0;
}

LabelMap limb_map(const Eigen::Affine3d& affine = scaled(1e-3, 1e-3, 1e-3)) {
  return make_map({52, 52, 30}, affine, [](const Vector3d& x) { return layered_limb(x, {25.5, 25.5, 0}); });
}

LabelMap sphere_map(double radius, int n) {
  const double middle = 0.5 * (n - 1);
  return make_map({n, n, n}, scaled(1e-3, 1e-3, 1e-3),
                  [=](const Vector3d& x) { return (x - Vector3d::Constant(middle)).norm() < radius ? 7 : 0; });
}

// A limb with `share` of its voxels replaced by random labels.
LabelMap noisy_map(unsigned seed, double share, const Eigen::Affine3d& affine) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  const int labels[] = {0, 1, 2, 3, 11, 12};
  return make_map({44, 44, 24}, affine, [&](const Vector3d& x) {
    const int label = layered_limb(Vector3d(1.2 * x[0], 1.2 * x[1], x[2]), {25.5, 25.5, 0});
    return uniform(generator) < share ? labels[generator() % 6] : label;
  });
}

Eigen::Affine3d oblique(double sign) {
  Eigen::Affine3d affine = Eigen::Affine3d::Identity();
  affine.linear() = Eigen::AngleAxisd(0.7, Vector3d(1, 2, 3).normalized()).toRotationMatrix() *
                    Vector3d(sign * 1e-3, 1e-3, 1e-3).asDiagonal();
  affine.translation() = Vector3d(0.1, -0.2, 0.35);
  return affine;
}

}  // namespace

TEST(Contour, EveryRegionOfALayeredLimbIsClosedAndOriented) {
  const auto result = contour(limb_map(), 2e-3, {1});
  expect_closed(result.complex);
  EXPECT_EQ(self_intersections(result.complex), 0u);
  std::vector<int> labels = result.complex.region_labels;
  std::sort(labels.begin(), labels.end());
  EXPECT_EQ(labels, (std::vector<int>{2, 3, 11, 12}));
  EXPECT_GT(smallest_angle(result.complex), 5);
}

TEST(Contour, VolumesOfALimbMatchItsVoxelsWithinHalfAPercent) {
  const LabelMap map = limb_map();
  for (const auto& [label, volume] : label_volumes(contour(map, 2e-3, {1}).complex))
    EXPECT_NEAR(volume / voxel_volume_of(map, label), 1, 0.005) << "label " << label;
}

TEST(Contour, ThinShellKeepsItsVolumeUnderSmoothing) {
  // A shell of 2 voxels: a plain argmax of blurred labels loses 10..30 % of it.
  const LabelMap map = make_map({48, 48, 48}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const double r = (x - Vector3d::Constant(23.5)).norm();
    return r < 17 ? 5 : r < 19 ? 6 : r < 22 ? 7 : 0;
  });
  for (const auto& [label, volume] : label_volumes(contour(map, 1e-3).complex))
    EXPECT_NEAR(volume / voxel_volume_of(map, label), 1, 0.005) << "label " << label;
}

// Not with its square: vertices keep to 90 % of their cell, which costs a share of the edge length where the sphere
// only clips one.
TEST(Contour, DistanceToASphereFallsWithTheEdgeLengthWhileTheVolumeIsKept) {
  const double radius = 20;
  const LabelMap map = sphere_map(radius, 48);
  const double true_radius = std::cbrt(voxel_volume_of(map, 7) * 0.75 / M_PI);
  std::vector<double> rms;
  for (const double edge : {6e-3, 3e-3, 2e-3}) {
    const auto complex = contour(map, edge).complex;
    double sum = 0;
    for (const auto& t : complex.triangles) {
      const Vector3d centroid = (complex.points.col(t[0]) + complex.points.col(t[1]) + complex.points.col(t[2])) / 3;
      sum += std::pow((centroid - Vector3d::Constant(23.5e-3)).norm() - true_radius, 2);
    }
    rms.push_back(std::sqrt(sum / static_cast<double>(complex.triangles.size())));
    EXPECT_LT(rms.back(), 0.025 * edge);
    EXPECT_NEAR(label_volumes(complex).at(7) / voxel_volume_of(map, 7), 1, 0.001);
  }
  EXPECT_GT(rms[0] / rms[2], 2);  // the voxels' own roughness stays
}

TEST(Contour, CutPlanesAreExactlyFlatAndCarryTheirCodes) {
  const auto complex = contour(limb_map(), 2.3e-3, {1}).complex;
  std::map<int, int> triangles;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    const int code = complex.triangle_regions[t][1];
    ++triangles[code];
    if (code != SurfaceComplex::cut_low_k && code != SurfaceComplex::cut_high_k) continue;
    const auto& [a, b, c] = complex.triangles[t];
    const double plane = code == SurfaceComplex::cut_low_k ? -0.5e-3 : 29.5e-3;
    for (const int v : {a, b, c}) EXPECT_NEAR(complex.points(2, v), plane, 1e-15);
    const Vector3d normal =
        (complex.points.col(b) - complex.points.col(a)).cross(complex.points.col(c) - complex.points.col(a));
    EXPECT_GT(code == SurfaceComplex::cut_low_k ? -normal[2] : normal[2], 0);
  }
  EXPECT_GT(triangles[SurfaceComplex::cut_low_k], 100);
  EXPECT_GT(triangles[SurfaceComplex::cut_high_k], 100);
  EXPECT_EQ(triangles.count(SurfaceComplex::cut_other), 0u);
}

TEST(Contour, ABodyCutByTheSideOfTheImageGetsTheOtherCode) {
  const LabelMap map = make_map({30, 30, 30}, scaled(1e-3, 1e-3, 1e-3),
                                [](const Vector3d& x) { return (x - Vector3d(2, 15, 15)).norm() < 11 ? 4 : 0; });
  const auto complex = contour(map, 2e-3).complex;
  expect_closed(complex);
  std::size_t cut = 0;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    if (complex.triangle_regions[t][1] != SurfaceComplex::cut_other) continue;
    ++cut;
    for (const int v : complex.triangles[t]) EXPECT_NEAR(complex.points(0, v), -0.5e-3, 1e-15);
  }
  EXPECT_GT(cut, 100u);
}

TEST(Contour, ObliqueAndLeftHandedMapsGiveTheSameComplexUpToTheMotion) {
  const auto straight = contour(limb_map(), 2.5e-3, {1}).complex;
  for (const double sign : {1.0, -1.0}) {
    const Eigen::Affine3d affine = oblique(sign);
    const auto moved = contour(limb_map(affine), 2.5e-3, {1}).complex;
    ASSERT_EQ(moved.points.cols(), straight.points.cols());
    EXPECT_EQ(moved.triangle_regions, straight.triangle_regions);
    const Eigen::Affine3d motion = affine * scaled(1e3, 1e3, 1e3);
    double largest = 0;
    for (Eigen::Index p = 0; p < moved.points.cols(); ++p)
      largest = std::max(largest, (moved.points.col(p) - motion * Vector3d(straight.points.col(p))).norm());
    EXPECT_LT(largest, 1e-9);
    expect_closed(moved);  // positive volumes: the orientation was kept
  }
}

TEST(Contour, SameMapTwiceGivesTheSameNumbers) {
  const LabelMap map = noisy_map(3, 0.1, oblique(1));
  const auto first = contour(map, 2e-3, {1}).complex, second = contour(map, 2e-3, {1}).complex;
  EXPECT_EQ(first.triangles, second.triangles);
  EXPECT_TRUE(first.points == second.points);
}

TEST(Contour, NoisyMapsNeverFail) {
  unsigned seed = 1;
  for (const double share : {0.05, 0.15})
    for (const Eigen::Affine3d& affine :
         {oblique(1), oblique(-1), scaled(1e-3, 1e-3, 3e-3), scaled(-0.8e-3, 0.8e-3, 2.4e-3)})
      for (const double edge : {1.5e-3, 3.1e-3}) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", edge " + std::to_string(edge));
        const auto complex = contour(noisy_map(seed++, share, affine), edge, {1}).complex;
        expect_closed(complex);
        EXPECT_EQ(self_intersections(complex), 0u);
        EXPECT_GT(smallest_angle(complex), 4);
      }
}

TEST(Contour, UncleanedNoiseNeverFailsEither) {
  std::ostringstream log;
  Report report(log, 0);
  ContourOptions options;
  options.edge_length = 1.7e-3;
  options.smallest_island = 0;
  options.smoothing = 0;
  const auto complex = contour_label_map(noisy_map(77, 0.15, scaled(1e-3, 1e-3, 1e-3)), {}, options, report);
  expect_closed(complex);
  EXPECT_EQ(self_intersections(complex), 0u);
  EXPECT_GT(complex.region_labels.size(), 100u);
}

TEST(Contour, SpheresThatTouchAtACornerGiveAManifoldOutside) {
  const LabelMap map = make_map({40, 40, 40}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    if ((x - Vector3d::Constant(13)).norm() < 9.2) return 4;
    return (x - Vector3d::Constant(23.6)).norm() < 9.2 ? 5 : 0;
  });
  for (const double edge : {1e-3, 1.3e-3, 2e-3}) {
    const auto complex = contour(map, edge).complex;
    expect_closed(complex);
    EXPECT_EQ(complex.region_labels.size(), 2u);
  }
}

TEST(Contour, ABridgeOfOneVoxelDoesNotBreakTheComplex) {
  const LabelMap map = make_map({40, 20, 20}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const bool blocks =
        x[1] > 4 && x[1] < 15 && x[2] > 4 && x[2] < 15 && x[0] > 3 && x[0] < 36 && std::abs(x[0] - 19.5) > 4;
    return blocks || (x[1] == 9 && x[2] == 9 && x[0] > 3 && x[0] < 36) ? 6 : 0;
  });
  for (const double edge : {0.5e-3, 1e-3, 2e-3}) {
    const auto complex = contour(map, edge).complex;
    expect_closed(complex);
    EXPECT_EQ(self_intersections(complex), 0u);
    EXPECT_NEAR(label_volumes(complex).at(6) / voxel_volume_of(map, 6), 1, 0.02);
  }
}

TEST(Contour, TwoPiecesOfOneLabelAreTwoRegions) {
  const LabelMap map = make_map({40, 20, 20}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    if (x[1] < 4 || x[1] > 15 || x[2] < 4 || x[2] > 15 || x[0] < 4 || x[0] > 35) return 0;
    return x[0] < 14 || x[0] > 25 ? 6 : 8;
  });
  const auto complex = contour(map, 2e-3).complex;
  EXPECT_EQ(complex.region_labels.size(), 3u);
  expect_closed(complex);
}

TEST(Contour, ThinLayersAreNamedInWarningsAndLabelsSmallerThanTheLatticeKept) {
  const LabelMap map = make_map({40, 40, 20}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const double r = std::hypot(x[0] - 19.5, x[1] - 19.5);
    if ((x - Vector3d(20, 20, 10)).norm() < 2.2) return 9;
    return r < 14 ? 4 : r < 16 ? 8 : 0;
  });
  const auto result = contour(map, 8e-3);
  EXPECT_EQ(label_volumes(result.complex).count(9), 1u);
  EXPECT_TRUE(any_contains(result.warnings, "label 8 is 2.")) << result.log;
  EXPECT_TRUE(any_contains(result.warnings, "label 9 is smaller than the lattice")) << result.log;
  EXPECT_FALSE(any_contains(contour(map, 1.2e-3).warnings, "label 8")) << "2 mm are thicker than 0.6 edges of 1.2 mm";
}

TEST(Contour, ALayerThinnerThanTheEdgeLengthStaysClosed) {
  // 1.6 mm of cortex around a tilted marrow, contoured with 2 mm: nothing may touch the marrow but the cortex.
  const LabelMap map = make_map({70, 60, 60}, scaled(0.8e-3, 0.8e-3, 0.8e-3), [](const Vector3d& x) {
    const double r = std::hypot(x[0] - 24 - 0.3 * x[2], x[1] - 29 - 0.1 * x[2]);
    return r < 10 ? 4 : r < 12 ? 3 : r < 22 ? 11 : 0;
  });
  const auto complex = contour(map, 2e-3).complex;
  expect_closed(complex);
  std::size_t leaks = 0;
  for (const auto& [inner, outer] : complex.triangle_regions) {
    if (outer < 0) continue;
    const std::set<int> pair{complex.region_labels[inner], complex.region_labels[outer]};
    leaks += pair == std::set<int>{4, 11};
  }
  EXPECT_EQ(leaks, 0u);
  const auto volumes = label_volumes(complex);
  for (const auto& [label, tolerance] : std::map<int, double>{{3, 0.05}, {4, 0.02}, {11, 0.005}})
    EXPECT_NEAR(volumes.at(label) / voxel_volume_of(map, label), 1, tolerance) << "label " << label;
}

TEST(Contour, ASingleVoxelBecomesABox) {
  const LabelMap map = make_map({1, 1, 1}, scaled(1e-3, 2e-3, 1e-3), [](const Vector3d&) { return 6; });
  const auto complex = contour(map, 5e-3).complex;
  expect_closed(complex);
  EXPECT_NEAR(label_volumes(complex).at(6), 2e-9, 1e-20);
}

TEST(Contour, ParametersRoundTripInMetres) {
  Parameters parameters;
  ContourOptions::declare_parameters(parameters);
  const ContourOptions defaults, parsed = ContourOptions::parse_parameters(parameters);
  EXPECT_DOUBLE_EQ(parsed.edge_length, defaults.edge_length);
  EXPECT_DOUBLE_EQ(parsed.smoothing, defaults.smoothing);
  EXPECT_EQ(parsed.smallest_island, defaults.smallest_island);
  EXPECT_EQ(parsed.bias_sweeps, defaults.bias_sweeps);
}

TEST(Contour, FillLabelIsConnectiveTissueElseTheMostFrequentSoftTissue) {
  const LabelMap map = limb_map();
  std::vector<Tissue> tissues{default_tissue(1, "skin", TissueKind::skin), default_tissue(2, "fat", TissueKind::fat),
                              default_tissue(3, "bone", TissueKind::bone),
                              default_tissue(11, "left", TissueKind::muscle),
                              default_tissue(12, "right", TissueKind::muscle)};
  const int soft = default_fill_label(map, TissueTable(tissues));
  for (const int label : {2, 11, 12}) EXPECT_GE(voxel_volume_of(map, soft), voxel_volume_of(map, label));
  tissues.push_back(default_tissue(40, "connective", TissueKind::connective));
  EXPECT_EQ(default_fill_label(map, TissueTable(tissues)), 40);
}

TEST(Contour, RefusesMapsWithoutABody) {
  const LabelMap map =
      make_map({10, 10, 10}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) { return x[0] < 5 ? 1 : 0; });
  std::ostringstream log;
  Report report(log, 0);
  EXPECT_NE(message_of<InputError>([&] { contour_label_map(map, {1}, {}, report); }).find("nothing is left"),
            std::string::npos);
  LabelMap negative = map;
  negative.labels[0] = -3;
  EXPECT_NE(message_of<InputError>([&] { contour_label_map(negative, {}, {}, report); }).find("label -3"),
            std::string::npos);
}

TEST(Contour, RealForearmOfSeventeenMusclesKeepsItsVolumes) {
  BMISS_NEEDS_DATA("data/anatomy/forearm_bp3d_1mm.nii.gz");
  const LabelMap map = read_label_map(shared_path("data/anatomy/forearm_bp3d_1mm.nii.gz"));
  const auto result = contour(map, 2e-3, {1});
  expect_closed(result.complex);
  EXPECT_EQ(self_intersections(result.complex), 0u);
  // The smallest have all three corners on one junction curve, which is straighter than the lattice.
  EXPECT_GT(smallest_angle(result.complex), 2.5);
  const auto volumes = label_volumes(result.complex);
  for (int muscle = 11; muscle <= 27; ++muscle)
    EXPECT_NEAR(volumes.at(muscle) / voxel_volume_of(map, muscle), 1, 0.005) << "label " << muscle;
  EXPECT_NEAR(volumes.at(3) / voxel_volume_of(map, 3), 1, 0.02);  // cortical bone, thinner than the edges
  EXPECT_FALSE(any_contains(result.warnings, "thick on average")) << result.log;  // 1.87 mm of cortical bone
}

TEST(Contour, ThickSlicesOfAForearmKeepTheVolumes) {
  BMISS_NEEDS_DATA("data/anatomy/forearm_bp3d_0.8x0.8x4mm.nii.gz");
  const LabelMap map = read_label_map(shared_path("data/anatomy/forearm_bp3d_0.8x0.8x4mm.nii.gz"));
  const auto complex = contour(map, 2e-3, {1}).complex;
  expect_closed(complex);
  const auto volumes = label_volumes(complex);
  for (int muscle = 11; muscle <= 27; ++muscle)
    EXPECT_NEAR(volumes.at(muscle) / voxel_volume_of(map, muscle), 1, 0.015)  // cleaning alone moves up to 1 %
        << "label " << muscle;
}

TEST(SelfIntersection, FindsCrossingAndFoldedTrianglesOnly) {
  const std::vector<Vector3d> points{{0, 0, 0},     {1, 0, 0},     {0, 1, 0}, {0.2, 0.2, -1},
                                     {0.3, 0.2, 1}, {0.2, 0.4, 1}, {1, 1, 0}, {0.3, 0.3, 1e-5}};
  const std::array<int, 3> base{0, 1, 2};
  EXPECT_EQ(find_self_intersections(points, {base, {3, 4, 5}}).size(), 1u);  // pierced
  EXPECT_EQ(find_self_intersections(points, {base, {0, 3, 4}}).size(), 1u);  // pierced, one shared corner
  EXPECT_EQ(find_self_intersections(points, {base, {0, 1, 7}}).size(), 1u);  // folded over a shared edge
  EXPECT_EQ(find_self_intersections(points, {base, {1, 6, 2}}).size(), 0u);  // neighbours in a plane
  EXPECT_EQ(find_self_intersections(points, {base, {0, 1, 4}}).size(), 0u);  // neighbours at an angle
}
