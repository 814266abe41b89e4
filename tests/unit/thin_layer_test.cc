// Layers thinner than the triangles of the contour, and the smooth surfaces over and under them.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <sstream>

#include "anatomy/contour.h"
#include "anatomy/label_extension.h"
#include "anatomy/label_field.h"
#include "anatomy/self_intersection.h"
#include "anatomy/skin_layer.h"
#include "anatomy/surface_fidelity.h"
#include "anatomy/tet_polish.h"
#include "base/errors.h"
#include "base/report.h"
#include "support/sample_surfaces.h"
#include "support/structured_meshes.h"
#include "support/surface_checks.h"
#include "support/test_files.h"

using namespace bmiss;
using namespace bmiss::test;
using Eigen::Vector3d;

namespace {

constexpr double degrees = 180 / M_PI;
constexpr int fat = 2, bone = 3, muscle = 11, other_muscle = 12;

SurfaceComplex contour(const LabelMap& map, double edge_length, int smallest_island = 30) {
  std::ostringstream log;
  Report report(log, 0);
  ContourOptions options;
  options.edge_length = edge_length;
  options.smallest_island = smallest_island;
  return contour_label_map(map, {}, options, report);
}

double voxel_volume_of(const LabelMap& map, int label) {
  return static_cast<double>(map.voxel_counts().at(label)) * map.voxel_volume();
}

// A tapering limb of two muscles under a layer of fat, with 1 mm voxels; cut at both ends.
LabelMap limb_under_fat(double fat_thickness) {
  return make_map({54, 54, 30}, scaled(1e-3, 1e-3, 1e-3), [=](const Vector3d& x) {
    const double radius = 24.3 - 0.1 * x[2], r = std::hypot(x[0] - 26.5, x[1] - 26.5);
    if (r >= radius) return 0;
    if (r >= radius - fat_thickness) return fat;
    return x[0] + 0.3 * x[1] < 34 ? muscle : other_muscle;
  });
}

LabelVolume ball_volume(double outer, int inner_label) {
  return concentric_volume([=](double r) { return r < outer - 1.2 ? inner_label : r < outer ? fat : 0; });
}

}  // namespace

TEST(ThinLayer, TheSkinOverFatOfOneVoxelIsSmoothAndNoMuscleTouchesIt) {
  const LabelMap map = limb_under_fat(1.2);
  for (const double edge : {1.5e-3, 2e-3, 2.5e-3}) {
    SCOPED_TRACE(edge);
    const SurfaceComplex complex = contour(map, edge);
    const double slope = std::atan(0.1);
    std::size_t bare = 0;
    double rough = 0, area = 0, projected = 0;
    for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
      const auto& [inner, outer] = complex.triangle_regions[t];
      if (outer != SurfaceComplex::outside) continue;
      const auto& [a, b, c] = complex.triangles[t];
      const Vector3d centre = (complex.points.col(a) + complex.points.col(b) + complex.points.col(c)) / 3;
      const Vector3d n =
          0.5 * (complex.points.col(b) - complex.points.col(a)).cross(complex.points.col(c) - complex.points.col(a));
      Vector3d radial(centre[0] - 26.5e-3, centre[1] - 26.5e-3, 0);
      const Vector3d expected =
          (radial.normalized() * std::cos(slope) + std::sin(slope) * Vector3d::UnitZ()).normalized();
      area += n.norm();
      projected += n.dot(expected);
      // At the cuts a muscle may reach the rim in a point.
      const bool at_end = centre[2] < edge || centre[2] > 29.5e-3 - edge;
      bare += !at_end && complex.region_labels[inner] != fat ? 1 : 0;
      if (!at_end && n.normalized().dot(expected) < std::cos(15 / degrees)) rough += n.norm();
    }
    EXPECT_EQ(bare, 0u);
    EXPECT_LT(rough / area, 0.005);      // the voxels' faces stand at up to 45 degrees to it
    EXPECT_LT(area / projected, 1.005);  // what an electrode patch gains by roughness
    for (const auto& [label, volume] : label_volumes(complex))
      EXPECT_NEAR(volume / voxel_volume_of(map, label), 1, 0.01) << "label " << label;
  }
}

TEST(ThinLayer, EveryLayerOfAThinSandwichIsClosedAndKeepsItsVolume) {
  // 1.3 mm of bone between marrow-like and muscle, tilted, under 1.3 mm of fat, all contoured with 2 mm.
  const LabelMap map = make_map({60, 60, 36}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const double r = std::hypot(x[0] - 27 - 0.1 * x[2], x[1] - 29 + 0.1 * x[2]);
    return r < 12 ? 4 : r < 13.3 ? bone : r < 23 ? muscle : r < 24.3 ? fat : 0;
  });
  const SurfaceComplex complex = contour(map, 2e-3);
  std::map<std::set<int>, std::size_t> touching;
  for (const auto& [inner, outer] : complex.triangle_regions)
    if (outer >= SurfaceComplex::outside)
      ++touching[{complex.region_labels[inner], outer < 0 ? 0 : complex.region_labels[outer]}];
  EXPECT_EQ(touching.count({4, muscle}), 0u);
  EXPECT_EQ(touching.count({0, muscle}), 0u);
  for (std::size_t region = 0; region < complex.region_labels.size(); ++region)
    EXPECT_EQ(unmatched_edges(complex, static_cast<int>(region)), 0u);
  EXPECT_EQ(pinched_outer_edges(complex), 0u);
  for (const auto& [label, volume] : label_volumes(complex))
    EXPECT_NEAR(volume / voxel_volume_of(map, label), 1, 0.02) << "label " << label;
}

namespace {

// How far the surfaces of a limb of 25 mm under fat lie from it at most [edge lengths]; `slope` of its axis.
double farthest_from_limb(double thickness, double voxel, double edge, const Eigen::Vector2d& slope, int slices) {
  const int n = 2 * static_cast<int>(std::ceil((27 + thickness) / voxel + 0.5 * slices * slope.maxCoeff())) + 2;
  const Vector3d middle = 0.5 * Vector3d(n - 1, n - 1, slices), axis = Vector3d(slope[0], slope[1], 1).normalized();
  const auto radius = [&](const Vector3d& x) { return voxel * (x - middle).cross(axis).norm(); };
  const LabelMap map = make_map({n, n, slices}, scaled(voxel * 1e-3, voxel * 1e-3, voxel * 1e-3), [&](const auto& x) {
    return radius(x) < 25 ? muscle : radius(x) < 25 + thickness ? fat : 0;
  });
  const SurfaceComplex complex = contour(map, edge * 1e-3);
  EXPECT_EQ(complex.region_labels.size(), 2u);
  double farthest = 0;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    const auto& [inner, outer] = complex.triangle_regions[t];
    if (outer < SurfaceComplex::outside) continue;
    if (outer == SurfaceComplex::outside) {
      EXPECT_EQ(complex.region_labels[static_cast<std::size_t>(inner)], fat);
    }
    for (const int v : complex.triangles[t]) {
      const double r = radius(complex.points.col(v) * 1e3 / voxel);
      farthest = std::max(farthest, std::abs(r - (outer < 0 ? 25 + thickness : 25)));
    }
  }
  return farthest / edge;
}

}  // namespace

// Where fat runs aslant its lattice points may touch over diagonals only: its two sides must not fall together there.
TEST(ThinLayer, FatOfAnyThicknessFollowsTheVoxelsAtAnyEdgeLength) {
  for (const double thickness : {2.5, 3.0, 5.0})
    for (const double voxel : {1.0, 1.3})
      for (const double ratio : {1.0, 1.5, 1.85, 2.08, 2.5})
        EXPECT_LT(farthest_from_limb(thickness, voxel, ratio * voxel, {0, 0}, 8), 0.5)
            << thickness << " mm of fat, voxels of " << voxel << " mm, edges of " << ratio << " voxels";
}

// Thinner than an edge: the lattice points that join the layer keep its inner side within their own cells.
TEST(ThinLayer, FewLatticePointsOfObliqueFatAreNoIslands) {
  EXPECT_LT(farthest_from_limb(2.5, 1.3, 2.25 * 1.3, {0.05, 0.02}, 20), 0.6);
  EXPECT_LT(farthest_from_limb(2, 1.3, 1.75 * 1.3, {0.3, 0.1}, 20), 0.6);
}

TEST(ThinLayer, ARegionOfASingleLatticePointIsAClosedBody) {
  const LabelMap map = make_map({24, 24, 24}, scaled(1e-3, 1e-3, 1e-3), [](const Vector3d& x) {
    const Vector3d d = (x - Vector3d(12, 12, 12)).cwiseAbs();
    if (d.maxCoeff() < 1.2) return 9;
    return (x - Vector3d::Constant(11.5)).norm() < 10 ? muscle : 0;
  });
  const SurfaceComplex complex = contour(map, 3e-3, 0);
  for (std::size_t region = 0; region < complex.region_labels.size(); ++region)
    EXPECT_EQ(unmatched_edges(complex, static_cast<int>(region)), 0u);
  EXPECT_NEAR(label_volumes(complex).at(9) / voxel_volume_of(map, 9), 1, 0.05);
}

TEST(ThinLayer, CentresOfASphereStaysWhereItIs) {
  const LabelMap map = make_map({48, 48, 48}, scaled(1e-3, 1e-3, 1e-3),
                                [](const Vector3d& x) { return (x - Vector3d(23.2, 23.9, 23.5)).norm() < 20 ? 7 : 0; });
  Vector3d wanted = Vector3d::Zero();
  for (int k = 0; k < 48; ++k)
    for (int j = 0; j < 48; ++j)
      for (int i = 0; i < 48; ++i)
        if (map.at(i, j, k) == 7) wanted += Vector3d(i, j, k) * 1e-3;
  wanted /= static_cast<double>(map.voxel_counts().at(7));
  for (const double edge : {6e-3, 3e-3, 2e-3}) {
    const SurfaceComplex complex = contour(map, edge);
    Vector3d moment = Vector3d::Zero();
    double volume = 0;
    for (const auto& [a, b, c] : complex.triangles) {
      const Vector3d p = complex.points.col(a), q = complex.points.col(b), r = complex.points.col(c);
      const double part = p.dot(q.cross(r)) / 6;
      volume += part;
      moment += part * (p + q + r) / 4;
    }
    EXPECT_LT((moment / volume - wanted).norm(), 0.01 * edge) << edge;
  }
}

TEST(LabelField, TheOuterSurfaceDoesNotFeelWhatLiesUnderIt) {
  const LabelField plain(ball_volume(15, fat), 1.1e-3, 1.6e-3), layered(ball_volume(15, muscle), 1.1e-3, 1.6e-3);
  std::mt19937 generator(4);
  std::uniform_real_distribution<double> uniform(2e-3, 38e-3);
  for (int n = 0; n < 200; ++n) {
    const Vector3d x(uniform(generator), uniform(generator), uniform(generator));
    EXPECT_NEAR(plain.difference(x, 0, 1), layered.difference(x, 0, 2), 1e-6);
    EXPECT_EQ(plain.label_at(x) == 0, layered.label_at(x) == 0);
  }
}

TEST(LabelField, FatOfOneVoxelIsNotThinnedByTheOutside) {
  // Plain blurred labels would let the layer lose 40 % of its thickness (equal values at 0.58 of its depth).
  const LabelVolume volume = ball_volume(15, muscle);
  const LabelField field(volume, 1.1e-3, 1.1e-3);
  const auto middle = Vector3d::Constant(20e-3);
  double thickness = 0;
  std::mt19937 generator(5);
  std::normal_distribution<double> normal;
  for (int n = 0; n < 200; ++n) {
    const Vector3d direction = Vector3d(normal(generator), normal(generator), normal(generator)).normalized();
    for (double r = 10e-3; r < 18e-3; r += 0.02e-3)
      if (field.labels()[field.label_at(middle + r * direction)] == fat) thickness += 0.02e-3 / 200;
  }
  EXPECT_NEAR(thickness, 1.2e-3, 0.15e-3);
}

TEST(LabelExtension, TakesTheNearestLabelAsFarAsAsked) {
  LabelVolume volume;
  volume.size = {20, 9, 1};
  volume.spacing = Vector3d(1e-3, 1e-3, 1e-3);
  volume.labels.assign(180, 0);
  for (int j = 0; j < 9; ++j) {
    volume.labels[volume.index(3, j, 0)] = 5;
    volume.labels[volume.index(12, j, 0)] = 6;
  }
  const LabelVolume extended = extend_labels(volume, 3);
  for (int j = 0; j < 9; ++j)
    for (int i = 0; i < 20; ++i) {
      const int expected = i <= 6 ? 5 : i >= 9 && i <= 15 ? 6 : 0;
      EXPECT_EQ(extended.labels[extended.index(i, j, 0)], expected) << i;
    }
  EXPECT_EQ(extend_labels(volume, 0).labels, volume.labels);
}

TEST(SkinLayer, IsAsThickAsItsVolumeAsks) {
  const SurfaceComplex limb = layered_cylinder({20e-3, 24e-3}, {4, 2}, 40e-3, 2.5e-3);
  for (const double thickness : {0.5e-3, 1.5e-3, 4e-3}) {
    const double volume = M_PI * (std::pow(24e-3 + thickness, 2) - std::pow(24e-3, 2)) * 40e-3;
    EXPECT_NEAR(skin_thickness_of_volume(limb, volume), thickness, 0.01 * thickness);
  }
  EXPECT_EQ(skin_thickness_of_volume(limb, 0), 0);
  EXPECT_NE(message_of<NumericalError>([&] { skin_thickness_of_volume(limb, 1e-3); }).find("thicker than 20 mm"),
            std::string::npos);
}

TEST(Polish, KnowsTheNormalsOfSmoothInterfacesOnly) {
  const TetMesh mesh = cylinder_mesh(20e-3, 40e-3, 4, 12, Ends::cut, 4);
  std::vector<bool> flat;
  for (const int part : mesh.triangle_parts) flat.push_back(part != static_cast<int>(BoundaryPart::skin));
  const VertexFreedom freedom =
      vertex_freedom(mesh.points, mesh.tets, std::vector<int>(mesh.n_tets(), 0), mesh.triangles, flat, 0.2);
  std::size_t smooth = 0;
  for (const auto& [a, b, c] : mesh.triangles)
    for (const int v : {a, b, c}) {
      const Vector3d x = mesh.points.col(v), radial = Vector3d(x[0], x[1], 0).normalized();
      const Vector3d n = freedom.normals[static_cast<std::size_t>(v)];
      if (std::abs(std::hypot(x[0], x[1]) - 20e-3) > 1e-9 || freedom.projector[static_cast<std::size_t>(v)] >= 0)
        continue;
      ++smooth;
      EXPECT_GT(std::abs(n.dot(radial)), 0.99);
    }
  EXPECT_GT(smooth, 50u);
}

TEST(SurfaceFidelity, AnglesOfABoxOfVoxelsAndOfAPrism) {
  constexpr int n = 8;
  LabelVolume volume;
  volume.size = {n + 4, n + 4, n + 4};
  volume.spacing = Vector3d::Constant(1e-3);
  for (std::size_t v = 0; v < static_cast<std::size_t>((n + 4) * (n + 4) * (n + 4)); ++v) {
    const auto [i, j, k] = volume.place(v);
    const bool inside = i >= 2 && i < n + 2 && j >= 2 && j < n + 2 && k >= 2 && k < n + 2;
    volume.labels.push_back(inside ? 6 : 0);
  }
  // Of 12 n (n - 1) flat and 12 n convex pairs of faces.
  EXPECT_NEAR(voxel_roughness(volume).at(6).mean * degrees, 90.0 / n, 1e-4);
  EXPECT_NEAR(voxel_roughness(volume).at(0).percentile95 * degrees, 90, 1e-4);

  const SurfaceComplex box = blocks(
      {3, 3, 3}, 1e-3, [](int i, int, int) { return i < 2 ? 0 : 1; }, std::vector<int>{6, 7});
  const auto volumes = enclosed_volumes(box);
  EXPECT_NEAR(volumes.at(6), 18e-9, 1e-18);
  EXPECT_NEAR(volumes.at(7), 9e-9, 1e-18);
  EXPECT_LT(surface_roughness(box).at(7).mean * degrees, 40);
  EXPECT_NEAR(surface_roughness(box).at(7).percentile95 * degrees, 90, 1e-4);
}
