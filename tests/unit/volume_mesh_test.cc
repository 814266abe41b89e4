// From surfaces to tetrahedra: what comes out fills exactly what went in, in good shape, the same each time.
#include "anatomy/volume_mesh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "anatomy/label_map.h"
#include "anatomy/tet_polish.h"
#include "anatomy/tet_shape.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "support/sample_surfaces.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

constexpr double degrees = 180 / M_PI;

TissueTable table() {
  return TissueTable({default_tissue(1, "skin", TissueKind::skin), default_tissue(2, "fat", TissueKind::fat),
                      default_tissue(3, "bone", TissueKind::bone), default_tissue(4, "muscle_a", TissueKind::muscle),
                      default_tissue(5, "muscle_b", TissueKind::muscle)});
}

TetMesh fill(const SurfaceComplex& complex, double skin_thickness, const Eigen::Matrix3Xd& electrodes = {}) {
  std::ostringstream log;
  Report report(log, 0);
  VolumeMeshOptions options;
  options.skin_thickness = skin_thickness;
  options.electrode_radius = 5e-3;
  const TetMesh mesh = fill_with_tets(complex, table(), electrodes, options, report);
  EXPECT_TRUE(report.warnings().empty()) << log.str();
  return mesh;
}

// Two muscles side by side around a bone, all within fat: five regions meet along curves, the bone is off the axis.
int limb_region(int i, int j, int) {
  if (i < 2 || j < 2 || i >= 12 || j >= 12) return 0;
  if (i >= 5 && i < 8 && j >= 5 && j < 8) return 1;
  return i < 7 ? 2 : 3;
}
SurfaceComplex limb_of_blocks() {
  return test::blocks({14, 14, 12}, 2.5e-3, limb_region, {2, 3, 4, 5});
}

SurfaceComplex limb_cylinder() {
  return test::layered_cylinder({8e-3, 20e-3, 24e-3}, {3, 4, 2}, 40e-3, 2.5e-3);
}

void expect_sound(const TetMesh& mesh, double smallest_degrees) {
  const MeshQuality quality = measure_quality(mesh);
  EXPECT_GE(quality.smallest_dihedral * degrees, smallest_degrees) << quality_summary(quality);
  EXPECT_LE(quality.largest_dihedral * degrees, 180 - smallest_degrees);
  EXPECT_EQ(quality.facets_shared_wrongly, 0u);
  EXPECT_EQ(quality.open_facets, 0u);
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) ASSERT_GT(mesh.volume(t), 0) << t;
  // Triangles point outward: the divergence theorem gives the volume of the mesh.
  double enclosed = 0, filled = 0;
  for (const auto& [a, b, c] : mesh.triangles)
    enclosed += mesh.points.col(a).dot(mesh.points.col(b).cross(mesh.points.col(c))) / 6;
  for (const auto& [label, volume] : mesh.volumes()) filled += volume;
  EXPECT_NEAR(enclosed, filled, 1e-9 * filled);
}

TEST(FillWithTets, FillsEachRegionOfABlockLimbExactly) {
  const TetMesh mesh = fill(limb_of_blocks(), 0);
  expect_sound(mesh, 10);
  // Flat interfaces keep their volumes up to what polishing may move (0.25 edge lengths of few vertices).
  const double cube = std::pow(2.5e-3, 3) * 12;
  const std::map<int, double> expected{{2, 96 * cube}, {3, 9 * cube}, {4, 44 * cube}, {5, 47 * cube}};
  for (const auto& [label, volume] : mesh.volumes())
    EXPECT_NEAR(volume, expected.at(label), 2e-3 * expected.at(label)) << label;
  EXPECT_EQ(mesh.tissue_names.at(4), "muscle_a");
}

TEST(FillWithTets, KeepsTheSurfaceTrianglesBetweenTheRightTissues) {
  const SurfaceComplex complex = limb_of_blocks();
  const TetMesh mesh = fill(complex, 0);
  std::map<std::array<int, 3>, std::multiset<int>> between;  // facet -> labels on its sides
  for (const auto& facet : sorted_facets(mesh.tets))
    between[facet.key].insert(mesh.tet_labels[static_cast<std::size_t>(facet.tet)]);
  std::size_t interfaces = 0;
  for (const auto& [facet, labels] : between) interfaces += labels.size() == 1 || *labels.begin() != *labels.rbegin();
  EXPECT_EQ(interfaces, complex.triangles.size());
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    std::multiset<int> expected;
    for (const int region : complex.triangle_regions[t])
      if (region >= 0) expected.insert(complex.region_labels[static_cast<std::size_t>(region)]);
    EXPECT_EQ(between[ascending(complex.triangles[t])], expected) << t;
  }
}

TEST(FillWithTets, MeshesACavityAsItsOwnRegion) {
  const auto region = [](int i, int j, int k) { return i >= 3 && i < 6 && j >= 3 && j < 6 && k >= 3 && k < 6 ? 1 : 0; };
  const TetMesh mesh = fill(test::blocks({9, 9, 9}, 3e-3, region, {4, 3}), 0);
  expect_sound(mesh, 10);
  EXPECT_NEAR(mesh.volumes().at(3), 27 * 27e-9, 1e-3 * 27 * 27e-9);
}

TEST(FillWithTets, SeparatesTwoRegionsOfTheSameLabel) {
  const auto region = [](int i, int, int) { return i < 4 ? 0 : i < 8 ? 1 : 2; };
  const TetMesh mesh = fill(test::blocks({12, 8, 8}, 2.5e-3, region, {4, 2, 4}), 0);
  expect_sound(mesh, 10);
  const auto volumes = mesh.volumes();
  EXPECT_EQ(volumes.size(), 2u);
  EXPECT_NEAR(volumes.at(4) / volumes.at(2), 2, 4e-3);
}

TEST(FillWithTets, NamesTheCutsAndKeepsThemFlat) {
  const TetMesh mesh = fill(limb_cylinder(), 1.5e-3);
  std::map<int, double> area;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    const auto& [a, b, c] = mesh.triangles[i];
    area[mesh.triangle_parts[i]] +=
        (mesh.points.col(b) - mesh.points.col(a)).cross(mesh.points.col(c) - mesh.points.col(a)).norm() / 2;
    const double z = mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::proximal) ? 0 : 40e-3;
    if (mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::skin)) continue;
    for (const int v : {a, b, c}) EXPECT_NEAR(mesh.points(2, v), z, 2e-9);
  }
  ASSERT_EQ(area.size(), 3u);
  // The side walls of the skin belong to the cuts.
  const double section = M_PI * std::pow(25.5e-3, 2);
  EXPECT_NEAR(area[static_cast<int>(BoundaryPart::proximal)], section, 5e-3 * section);
  EXPECT_NEAR(area[static_cast<int>(BoundaryPart::distal)], section, 5e-3 * section);
  EXPECT_NEAR(area[static_cast<int>(BoundaryPart::skin)], 2 * M_PI * 25.5e-3 * 40e-3,
              5e-3 * 2 * M_PI * 25.5e-3 * 40e-3);
}

TEST(FillWithTets, RefusesALabelWithoutTissue) {
  SurfaceComplex complex = limb_of_blocks();
  complex.region_labels[1] = 77;
  EXPECT_NE(test::message_of<InputError>([&] { fill(complex, 0); }).find("77"), std::string::npos);
}

TEST(FillWithTets, SaysThatAnOpenSurfaceCannotBeFilled) {
  SurfaceComplex complex = limb_of_blocks();
  const auto last = std::find_if(complex.triangle_regions.begin(), complex.triangle_regions.end(),
                                 [](const auto& pair) { return pair[1] == SurfaceComplex::outside; });
  complex.triangles.erase(complex.triangles.begin() + (last - complex.triangle_regions.begin()));
  complex.triangle_regions.erase(last);
  std::ostringstream log;
  Report report(log, 0);
  VolumeMeshOptions options;
  options.skin_thickness = 0;
  const auto message = test::message_of<NumericalError>([&] { fill_with_tets(complex, table(), {}, options, report); });
  EXPECT_NE(message.find("no method fills the surfaces"), std::string::npos) << message;
  EXPECT_NE(message.find("HXT"), std::string::npos);
  EXPECT_NE(message.find("Delaunay"), std::string::npos);
}

TEST(SkinLayer, SaysWhereTheOuterSurfaceIsOpen) {
  SurfaceComplex complex = limb_of_blocks();
  const auto last = std::find_if(complex.triangle_regions.begin(), complex.triangle_regions.end(),
                                 [](const auto& pair) { return pair[1] == SurfaceComplex::outside; });
  complex.triangles.erase(complex.triangles.begin() + (last - complex.triangle_regions.begin()));
  complex.triangle_regions.erase(last);
  const auto message = test::message_of<NumericalError>([&] { fill(complex, 1.5e-3); });
  EXPECT_NE(message.find("branches or is open near (2.5, 0, 0) mm"), std::string::npos) << message;
}

// Mean edge of the tetrahedra with a label.
double mean_edge_of(const TetMesh& mesh, int label) {
  double sum = 0;
  std::size_t n = 0;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    if (mesh.tet_labels[t] != label) continue;
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t j = 0; j < i; ++j, ++n)
        sum += (mesh.points.col(mesh.tets[t][i]) - mesh.points.col(mesh.tets[t][j])).norm();
  }
  return sum / static_cast<double>(n);
}

TEST(FillWithTets, KeepsEdgesShortInsideTheMusclesThatHoldFibresOnly) {
  std::ostringstream log;
  Report report(log, 0);
  const SurfaceComplex complex = test::layered_cylinder({14e-3, 28e-3}, {4, 2}, 40e-3, 4e-3);
  const auto mesh_with = [&](const std::set<int>& labels) {
    VolumeMeshOptions options;
    options.skin_thickness = 0;
    options.muscle_edge = 2e-3;
    options.fibre_labels = labels;
    return fill_with_tets(complex, table(), {}, options, report);
  };
  const TetMesh plain = mesh_with({}), fine = mesh_with({4});
  EXPECT_LT(mean_edge_of(fine, 4), 0.75 * mean_edge_of(plain, 4));
  EXPECT_GT(mean_edge_of(fine, 2), 0.9 * mean_edge_of(plain, 2));
}

TEST(FillWithTets, ShortensEdgesOfInterfacesAndInsideWhereItIsWanted) {
  std::ostringstream log;
  Report report(log, 0);
  const SurfaceComplex complex = test::layered_cylinder({14e-3, 28e-3}, {4, 2}, 40e-3, 4e-3);
  VolumeMeshOptions options;
  options.skin_thickness = 1.5e-3;
  const TetMesh plain = fill_with_tets(complex, table(), {}, options, report);
  options.wanted.points = Eigen::Vector3d(14e-3, 0, 20e-3);
  options.wanted.edges = Eigen::VectorXd::Constant(1, 1.5e-3);
  const TetMesh fine = fill_with_tets(complex, table(), {}, options, report);
  expect_sound(fine, 8);
  const auto shortest_near = [&](const TetMesh& mesh, const Eigen::Vector3d& place) {
    double shortest = 1;
    for (const auto& tet : mesh.tets)
      for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t j = 0; j < i; ++j)
          if ((mesh.points.col(tet[i]) - place).norm() < 3e-3)
            shortest = std::min(shortest, (mesh.points.col(tet[i]) - mesh.points.col(tet[j])).norm());
    return shortest;
  };
  const Eigen::Vector3d place = options.wanted.points, opposite(-14e-3, 0, 20e-3);
  EXPECT_LT(shortest_near(fine, place), 0.6 * shortest_near(plain, place));
  EXPECT_GT(shortest_near(fine, opposite), 0.8 * shortest_near(plain, opposite));
}

TEST(FillWithTets, GivesTheSameMeshTwice) {
  const SurfaceComplex complex = limb_cylinder();
  Eigen::Matrix3Xd electrodes(3, 1);
  electrodes.col(0) << 24e-3, 0, 20e-3;
  EXPECT_EQ(fill(complex, 1.5e-3, electrodes).hash(), fill(complex, 1.5e-3, electrodes).hash());
}

TEST(FillWithTets, DoesNotDependOnUnusedPoints) {
  SurfaceComplex complex = limb_of_blocks();
  const auto hash = fill(complex, 0).hash();
  complex.points.conservativeResize(3, complex.points.cols() + 1);
  complex.points.rightCols<1>().setConstant(5.0);
  EXPECT_EQ(fill(complex, 0).hash(), hash);
}

TEST(SkinLayer, HasTheVolumeOfAHollowCylinder) {
  for (const double thickness : {0.8e-3, 1.5e-3, 3e-3}) {
    const TetMesh mesh = fill(limb_cylinder(), thickness);
    expect_sound(mesh, 8);
    const double expected = M_PI * (std::pow(24e-3 + thickness, 2) - std::pow(24e-3, 2)) * 40e-3;
    EXPECT_NEAR(mesh.volumes().at(1), expected, 0.01 * expected) << thickness;
  }
}

TEST(SkinLayer, HasItsThicknessEverywhere) {
  const TetMesh mesh = fill(limb_cylinder(), 1.5e-3);
  const Surface skin = skin_surface(mesh);
  for (Eigen::Index v = 0; v < skin.points.cols(); ++v)
    EXPECT_NEAR(skin.points.col(v).head<2>().norm(), 25.5e-3, 0.04e-3);
}

TEST(SkinLayer, LiesInLayersWhereFacetsAreSmall) {
  Eigen::Matrix3Xd electrodes(3, 2);
  electrodes.col(0) << 24e-3, 0, 20e-3;
  electrodes.col(1) << 0, 24e-3, 2e-3;  // reaches over the rim
  std::ostringstream log;
  Report report(log, 0);
  VolumeMeshOptions options;
  options.electrode_radius = 4e-3;
  options.electrode_edge = 0.7e-3;
  const TetMesh mesh = fill_with_tets(limb_cylinder(), table(), electrodes, options, report);
  expect_sound(mesh, 8);
  EXPECT_NE(log.str().find("at most 3 layers"), std::string::npos) << log.str();
  const double expected = M_PI * (std::pow(25.5e-3, 2) - std::pow(24e-3, 2)) * 40e-3;
  EXPECT_NEAR(mesh.volumes().at(1), expected, 0.01 * expected);
}

TEST(SkinLayer, CoversABlockLimbWithSharpEdges) {
  const TetMesh mesh = fill(limb_of_blocks(), 1.5e-3);
  expect_sound(mesh, 8);
  const double flat = 4 * 35e-3 * 30e-3 * 1.5e-3;
  EXPECT_NEAR(mesh.volumes().at(1), flat, 0.03 * flat);
}

// Sum of the outer area, and whether each edge of the whole complex still bounds a closed set of surfaces.
double outer_area(const SurfaceComplex& complex) {
  double area = 0;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    if (complex.triangle_regions[t][1] >= 0) continue;
    const auto& [a, b, c] = complex.triangles[t];
    area +=
        (complex.points.col(b) - complex.points.col(a)).cross(complex.points.col(c) - complex.points.col(a)).norm() / 2;
  }
  return area;
}

void expect_closed(const SurfaceComplex& complex) {
  for (std::size_t region = 0; region < complex.region_labels.size(); ++region) {
    std::map<std::pair<int, int>, int> edges;  // directed; the boundary of a region runs along each edge both ways
    for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
      const auto [inner, outer] = complex.triangle_regions[t];
      const int sign = inner == static_cast<int>(region) ? 1 : outer == static_cast<int>(region) ? -1 : 0;
      for (std::size_t k = 0; sign != 0 && k < 3; ++k) {
        const int a = complex.triangles[t][k], b = complex.triangles[t][(k + 1) % 3];
        edges[{std::min(a, b), std::max(a, b)}] += a < b ? sign : -sign;
      }
    }
    for (const auto& [edge, sum] : edges) ASSERT_EQ(sum, 0) << "region " << region;
  }
}

TEST(RefineSurface, ReachesTheEdgeLengthAndStaysClosed) {
  const SurfaceComplex coarse = limb_cylinder();
  Eigen::Matrix3Xd centres(3, 2);
  centres.col(0) << 24e-3, 0, 20e-3;
  centres.col(1) << 0, -24e-3, 1e-3;  // at the rim: the cut is refined along
  const double radius = 4e-3, edge = 0.8e-3;
  const SurfaceComplex fine = refine_surface(coarse, centres, radius, edge);
  expect_closed(fine);
  EXPECT_NEAR(outer_area(fine), outer_area(coarse), 1e-12);
  std::size_t near = 0, far_kept = 0;
  std::set<std::array<int, 3>> before;
  for (const auto& triangle : coarse.triangles) before.insert(ascending(triangle));
  for (std::size_t t = 0; t < fine.triangles.size(); ++t) {
    const auto& [a, b, c] = fine.triangles[t];
    const Eigen::Vector3d centroid = (fine.points.col(a) + fine.points.col(b) + fine.points.col(c)) / 3;
    const double distance = (centres.colwise() - centroid).colwise().norm().minCoeff();
    if (distance > radius + 12e-3) {
      EXPECT_EQ(before.count(ascending(fine.triangles[t])), 1u);
      ++far_kept;
    }
    if (fine.triangle_regions[t][1] != SurfaceComplex::outside || distance > radius) continue;
    ++near;
    for (const auto& [p, q] : {std::pair{a, b}, {b, c}, {c, a}})
      EXPECT_LE((fine.points.col(p) - fine.points.col(q)).norm(), edge);
  }
  EXPECT_GT(near, 200u);
  EXPECT_GT(far_kept, 500u);
  const SurfaceComplex again = refine_surface(fine, centres, radius, edge);
  EXPECT_EQ(again.triangles, fine.triangles);
}

TEST(RefineSurface, KeepsAnglesAboveHalfOfTheSmallest) {  // Rivara: longest-edge bisection never goes below
  const auto smallest_angle = [](const SurfaceComplex& complex) {
    double smallest = M_PI;
    for (const auto& triangle : complex.triangles)
      for (std::size_t k = 0; k < 3; ++k) {
        const Eigen::Vector3d p = complex.points.col(triangle[k]);
        const Eigen::Vector3d u = complex.points.col(triangle[(k + 1) % 3]) - p,
                              v = complex.points.col(triangle[(k + 2) % 3]) - p;
        smallest = std::min(smallest, std::atan2(u.cross(v).norm(), u.dot(v)));
      }
    return smallest;
  };
  const SurfaceComplex coarse = limb_cylinder();
  const Eigen::Matrix3Xd centre = Eigen::Vector3d(24e-3, 0, 20e-3);
  EXPECT_GE(smallest_angle(refine_surface(coarse, centre, 5e-3, 0.3e-3)), 0.5 * smallest_angle(coarse));
}

TEST(RefineSurface, RefusesAnEdgeLengthOfZero) {
  EXPECT_NE(test::message_of<InputError>([] { refine_surface({}, Eigen::Matrix3Xd(3, 0), 1e-3, 0); }).find("positive"),
            std::string::npos);
}

TEST(PolishTets, UntanglesAnInvertedStarWithoutMovingTheSurface) {
  // A cube's corners around one inner point that was thrown out of the cube.
  Eigen::Matrix3Xd points(3, 9);
  for (int v = 0; v < 8; ++v) points.col(v) << (v & 1), ((v >> 1) & 1), (v >> 2);
  points.col(8) << 1.4, 0.6, 0.5;
  const int quads[6][4] = {{0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}};
  std::vector<std::array<int, 4>> tets;
  std::vector<std::array<int, 3>> triangles;
  for (const auto& q : quads)
    for (const auto& [a, b, c] : {std::array<int, 3>{q[0], q[1], q[2]}, {q[0], q[2], q[3]}}) {
      triangles.push_back({a, b, c});
      tets.push_back({a, c, b, 8});
    }
  const Eigen::Matrix3Xd before = points;
  ASSERT_LT(tet_volume(points, tets.back()), 0);
  const auto freedom =
      vertex_freedom(points, tets, std::vector<int>(12, 0), triangles, std::vector<bool>(12, true), 0.25);
  const PolishResult result = polish_tets(points, tets, freedom, 12 / degrees);
  EXPECT_GT(result.bad_before, 0u);
  EXPECT_EQ(result.bad_after, 0u);
  for (const auto& tet : tets) EXPECT_GT(tet_volume(points, tet), 0);
  EXPECT_EQ(points.leftCols(8), before.leftCols(8));  // corners of three cuts cannot move at all
}

TEST(MeshQuality, KnowsTheRegularTetrahedron) {
  TetMesh mesh;
  mesh.points.resize(3, 4);
  mesh.points << 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1;
  mesh.tets = {{0, 1, 2, 3}};
  if (mesh.volume(0) < 0) std::swap(mesh.tets[0][2], mesh.tets[0][3]);
  mesh.tet_labels = {4};
  const MeshQuality quality = measure_quality(mesh);
  EXPECT_NEAR(quality.smallest_dihedral, std::acos(1.0 / 3), 1e-12);
  EXPECT_NEAR(quality.largest_dihedral, std::acos(1.0 / 3), 1e-12);
  EXPECT_NEAR(quality.volume.at(4), 1.0 / 3, 1e-12);
  EXPECT_EQ(quality.open_facets, 4u);
  std::swap(mesh.tets[0][0], mesh.tets[0][1]);
  EXPECT_LT(measure_quality(mesh).smallest_dihedral, 0);
}

TEST(MeshQuality, SeesAFacetOfThreeTets) {
  TetMesh mesh;
  mesh.points = Eigen::Matrix3Xd::Random(3, 6);
  mesh.tets = {{0, 1, 2, 3}, {0, 1, 2, 4}, {0, 1, 2, 5}};
  mesh.tet_labels = {1, 1, 1};
  EXPECT_EQ(measure_quality(mesh).facets_shared_wrongly, 1u);
}

TEST(MeshQuality, TableComparesWithTheMap) {
  const TetMesh mesh = fill(test::blocks({8, 8, 8}, 2.5e-3, [](int i, int, int) { return i < 4 ? 0 : 1; }, {4, 5}), 0);
  LabelMap map;
  map.size = {8, 8, 8};
  map.voxel_to_world.linear() *= 2.5e-3;
  map.labels.assign(512, 4);
  std::fill(map.labels.begin(), map.labels.begin() + 128, 5);
  map.labels[511] = 3;
  const std::string text = quality_table(mesh, measure_quality(mesh), &map).text();
  EXPECT_NE(text.find("muscle_a"), std::string::npos) << text;
  EXPECT_NE(text.find("+100.0"), std::string::npos) << text;   // 256 cubes meshed, 128 in the map
  EXPECT_NE(text.find("-100.00"), std::string::npos) << text;  // the bone that the mesh lost
  EXPECT_NE(text.find("4.000"), std::string::npos) << text;    // 256 x (2.5 mm)^3
}

TEST(TetMesh, GivesSkinAndTissuePoints) {
  const TetMesh mesh = fill(limb_cylinder(), 1.5e-3);
  const Surface skin = skin_surface(mesh);
  std::map<std::pair<int, int>, int> edges;
  for (const auto& triangle : skin.triangles)
    for (std::size_t k = 0; k < 3; ++k) ++edges[std::minmax(triangle[k], triangle[(k + 1) % 3])];
  EXPECT_TRUE(std::all_of(edges.begin(), edges.end(), [](const auto& e) { return e.second <= 2; }));
  const TissuePoints bone = tissue_points(mesh, 3);
  EXPECT_NEAR(bone.weights.sum(), mesh.volumes().at(3), 1e-15);
  EXPECT_LT(bone.points.topRows<2>().colwise().norm().maxCoeff(), 8e-3);
  EXPECT_NEAR((bone.points * bone.weights / bone.weights.sum())[2], 20e-3, 0.2e-3);
}

}  // namespace
}  // namespace bmiss
