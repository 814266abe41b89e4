// Parts of the lead-field solver that need no linear system: patches, places, meshes, tensors, the choice of a method.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <map>
#include <numeric>
#include <random>

#include "base/errors.h"
#include "solvers/conductor/conductivity.h"
#include "solvers/conductor/law/tissue_laws.h"
#include "solvers/lead_field/closest_point.h"
#include "solvers/lead_field/electrode_load.h"
#include "solvers/lead_field/point_locator.h"
#include "solvers/linear/solver_options.h"
#include "support/layered_cylinder_problem.h"
#include "support/nodal_functionals.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

using namespace bmiss;
using test::apply;

namespace {

const double pi = std::acos(-1.0);

// A cube of n^3 cells.
TetMesh box(int n, double edge) {
  return test::box_mesh(Eigen::Vector3d::Constant(edge), n / 2, n, test::Ends::closed);
}

// On the top of a box, where the nominal areas and averages are exact.
Electrode on_top(ElectrodeShape shape) {
  Electrode electrode;
  electrode.name = "E";
  electrode.shape = shape;
  electrode.position = {0.052, 0.047, 0.1};
  electrode.radius = 0.011;
  electrode.length = 0.021;
  electrode.width = 0.012;
  return electrode;
}

}  // namespace

TEST(ElectrodeLoad, DiscAveragesQuadraticPotentialsAsTheClosedFormDoes) {
  const TetMesh mesh = box(8, 0.1);
  const ElementNodes nodes = number_nodes(mesh, 2);
  const Electrode disc = on_top(ElectrodeShape::disc);
  const ElectrodeLoad load = electrode_load(mesh, nodes, disc);
  EXPECT_EQ(load.warning, "");
  EXPECT_NEAR(load.area / disc.area(), 1, 1e-4);
  EXPECT_NEAR(std::accumulate(load.functional.weights.begin(), load.functional.weights.end(), 0.0), 1, 1e-13);
  EXPECT_NEAR(apply(load.functional, nodes, [](const Eigen::Vector3d& x) { return x[0]; }), 0.052, 1e-6);
  // Mean of |x - centre|^2 over a disc: a^2 / 2.
  EXPECT_NEAR(
      apply(load.functional, nodes, [&](const Eigen::Vector3d& x) { return (x - disc.position).squaredNorm(); }),
      0.5 * disc.radius * disc.radius, 1e-4 * disc.radius * disc.radius);
}

TEST(ElectrodeLoad, RectangleAveragesQuadraticPotentialsAsTheClosedFormDoes) {
  const TetMesh mesh = box(6, 0.1);
  const ElementNodes nodes = number_nodes(mesh, 2);
  const Electrode rectangle = on_top(ElectrodeShape::rectangle);  // rows run along x
  const ElectrodeLoad load = electrode_load(mesh, nodes, rectangle);
  EXPECT_NEAR(load.area / rectangle.area(), 1, 5e-3);
  // Mean of (x - centre)^2 over a length l: l^2 / 12.
  EXPECT_NEAR(apply(load.functional, nodes, [](const Eigen::Vector3d& x) { return std::pow(x[0] - 0.052, 2); }),
              rectangle.length * rectangle.length / 12, 1e-2 * rectangle.length * rectangle.length / 12);
  EXPECT_NEAR(apply(load.functional, nodes, [](const Eigen::Vector3d& x) { return std::pow(x[1] - 0.047, 2); }),
              rectangle.width * rectangle.width / 12, 1e-2 * rectangle.width * rectangle.width / 12);
}

TEST(ElectrodeLoad, AreaOnACurvedSkinIsWithinHalfAPercentOfTheNominal) {
  const TetMesh mesh = make_layered_cylinder_mesh(test::reference_cylinder(2e-3, 8e-3, 0.4, {{0.4, 0.06}}));
  const ElementNodes nodes = number_nodes(mesh, 2);
  for (const double radius : {1e-3, 2.5e-3, 5e-3}) {
    const ElectrodeLoad load = electrode_load(mesh, nodes, test::skin_electrode("E", 0.43, 0.0612, radius));
    EXPECT_NEAR(load.area / (pi * radius * radius), 1, 5e-3) << radius;
  }
}

TEST(ElectrodeLoad, PointTakesThePotentialOfTheNearestSkinPoint) {
  const TetMesh mesh = box(4, 0.1);
  const ElementNodes nodes = number_nodes(mesh, 2);
  Electrode point = on_top(ElectrodeShape::point);
  point.position[2] += 1e-3;
  const ElectrodeLoad load = electrode_load(mesh, nodes, point);
  EXPECT_NEAR(
      apply(load.functional, nodes, [](const Eigen::Vector3d& x) { return x[0] * x[0] + 3 * x[0] * x[1] + x[2]; }),
      0.052 * 0.052 + 3 * 0.052 * 0.047 + 0.1, 1e-14);
  point.position[2] += 2e-3;
  EXPECT_NE(test::message_of<InputError>([&] {
              electrode_load(mesh, nodes, point);
            }).find("electrode 'E' is 3.0 mm away from the skin"),
            std::string::npos);
}

TEST(ElectrodeLoad, PatchOverTheRimWarnsAndFarOverItIsRefused) {
  TetMesh mesh = box(6, 0.1);
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t)  // only the top is skin
    for (const int v : mesh.triangles[t])
      if (mesh.points(2, v) < 0.099) mesh.triangle_parts[t] = static_cast<int>(BoundaryPart::distal);
  const ElementNodes nodes = number_nodes(mesh, 1);
  Electrode disc = on_top(ElectrodeShape::disc);
  disc.position[0] = 0.1 - 0.7 * disc.radius;  // a segment of 9.4 % is off
  EXPECT_NE(electrode_load(mesh, nodes, disc).warning.find("covers 90."), std::string::npos);
  disc.position[0] = 0.1;
  EXPECT_NE(test::message_of<InputError>([&] { electrode_load(mesh, nodes, disc); }).find("only 50 % of its area"),
            std::string::npos);
  disc.radius = 0;
  EXPECT_NE(test::message_of<InputError>([&] { electrode_load(mesh, nodes, disc); }).find("is a patch without size"),
            std::string::npos);
}

TEST(PointLocator, FindsEveryPointOfAMeshAndItsCoordinates) {
  const TetMesh mesh = make_layered_cylinder_mesh(test::reference_cylinder(4e-3, 9e-3, 0.4, {{0, 0.06}}));
  const PointLocator locator(mesh.points, mesh.tets);
  std::mt19937 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int i = 0; i < 5000; ++i) {
    const auto tet = static_cast<std::size_t>(uniform(random) * static_cast<double>(mesh.n_tets()));
    Eigen::Vector4d b(uniform(random), uniform(random), uniform(random), uniform(random));
    b /= b.sum();
    Eigen::Vector3d point = Eigen::Vector3d::Zero();
    for (int v = 0; v < 4; ++v) point += b[v] * mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(v)]);
    const PointLocation found = locator.find(point, 0);
    ASSERT_EQ(found.tet, static_cast<int>(tet));
    ASSERT_LT((found.barycentric - b).cwiseAbs().maxCoeff(), 1e-9);
  }
}

TEST(PointLocator, OutsidePointsTakeTheNearestTetrahedronWithinReachOnly) {
  const TetMesh mesh = box(4, 1.0);
  const PointLocator locator(mesh.points, mesh.tets);
  const PointLocation near = locator.find({0.3, 0.6, 1.05}, 0.1);
  ASSERT_GE(near.tet, 0);
  EXPECT_NEAR(near.distance, 0.05, 1e-12);
  EXPECT_GE(near.barycentric.minCoeff(), 0);
  const PointLocation far = locator.find({2, 2, 2}, 0.1);
  EXPECT_EQ(far.tet, -1);
  EXPECT_NEAR(locator.distance({2, 2, 2}, PointLocator::any_label), std::sqrt(3.0), 1e-12);
}

TEST(CylinderMesh, IsConformingWithPositiveTetrahedraAndLayersOnTheirRadii) {
  const auto options = test::reference_cylinder(3e-3, 8e-3, 0.3, {{0.5, 0.04}, {3.5, 0.07}});
  const TetMesh mesh = make_layered_cylinder_mesh(options);
  std::map<std::array<int, 3>, int> uses;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    ASSERT_GT(mesh.volume(t), 0);
    double largest = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      std::array<int, 3> face{};
      for (std::size_t j = 0, n = 0; j < 4; ++j)
        if (j != i) face[n++] = mesh.tets[t][j];
      std::sort(face.begin(), face.end());
      ++uses[face];
      largest = std::max(largest, mesh.points.col(mesh.tets[t][i]).head(2).norm());
    }
    ASSERT_LE(largest, options.radii[static_cast<std::size_t>(mesh.tet_labels[t]) - 1] + 1e-12);
  }
  std::size_t outer = 0;
  for (const auto& [face, count] : uses) {
    ASSERT_LE(count, 2);
    outer += count == 1 ? 1 : 0;
  }
  EXPECT_EQ(outer, mesh.triangles.size());
  double enclosed = 0, skin = 0;
  for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
    auto face = mesh.triangles[t];
    const Eigen::Vector3d a = mesh.points.col(face[0]), b = mesh.points.col(face[1]), c = mesh.points.col(face[2]);
    enclosed += a.dot(b.cross(c)) / 6;  // divergence theorem: only right when all normals point outward
    if (mesh.triangle_parts[t] == static_cast<int>(BoundaryPart::skin)) skin += 0.5 * (b - a).cross(c - a).norm();
    std::sort(face.begin(), face.end());
    EXPECT_EQ(uses[face], 1);
  }
  double volume = 0;
  for (const auto& [label, v] : mesh.volumes()) volume += v;
  EXPECT_NEAR(enclosed / volume, 1, 1e-12);
  EXPECT_NEAR(volume / (pi * 0.04 * 0.04 * 0.12), 1, 0.01);
  EXPECT_NEAR(skin / (2 * pi * 0.04 * 0.12), 1, 0.005);
}

TEST(CylinderMesh, RefusesRadiiThatDoNotIncreaseAndFociOutside) {
  auto options = test::reference_cylinder(3e-3, 8e-3, 0.3, {});
  options.radii = {0.02, 0.01};
  EXPECT_NE(
      test::message_of<InputError>([&] { make_layered_cylinder_mesh(options); }).find("does not exceed the one inside"),
      std::string::npos);
  options = test::reference_cylinder(3e-3, 8e-3, 0.3, {{0, 0.2}});
  EXPECT_NE(
      test::message_of<InputError>([&] { make_layered_cylinder_mesh(options); }).find("lies outside the cylinder"),
      std::string::npos);
}

TEST(Conductivity, TensorConductsAlongTheFibreAndAcrossItAsTheTableSays) {
  const Eigen::Vector3d fibre = Eigen::Vector3d(1, 2, -2) / 3, across = fibre.unitOrthogonal();
  const Eigen::Matrix3d tensor = conductivity_tensor(test::layer(1, "m", TissueKind::muscle, 0.13, 0.56), fibre);
  EXPECT_LT((tensor * fibre - 0.56 * fibre).norm(), 1e-15);
  EXPECT_LT((tensor * across - 0.13 * across).norm(), 1e-15);
}

// Two directions, a right angle apart, in the lower and the upper half of a box; the plane between them is z = 0.5.
TEST(Conductivity, AtCornersIsTheMeanOverTheTetrahedraThereOfTheSameTissueOnly) {
  TetMesh mesh = test::box_mesh(Eigen::Vector3d::Ones(), 2, 2, test::Ends::closed);
  FibreDirections directions(3, static_cast<Eigen::Index>(mesh.n_tets()));
  for (std::size_t t = 0; t < mesh.n_tets(); ++t)
    directions.col(static_cast<Eigen::Index>(t)) =
        mesh.centroid(t).z() < 0.5 ? Eigen::Vector3d::UnitX() : Eigen::Vector3d::UnitY();
  const TissueTable one({test::layer(mesh.tet_labels[0], "m", TissueKind::muscle, 0.1, 0.5)});
  const auto xx_at = [&](const CornerTensors& tensors, std::size_t tet, Eigen::Index corner) {
    return tensors(6 * corner, static_cast<Eigen::Index>(tet));
  };
  const CornerTensors mixed = conductivity_at_corners(mesh, directions, one);
  bool between = false;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t)
    for (Eigen::Index i = 0; i < 4; ++i) {
      const double z = mesh.points(2, mesh.tets[t][static_cast<std::size_t>(i)]), xx = xx_at(mixed, t, i);
      if (std::abs(z - 0.5) < 1e-9) {
        between = between || (xx > 0.15 && xx < 0.45);
        EXPECT_NEAR(xx + mixed(6 * i + 1, static_cast<Eigen::Index>(t)), 0.6, 1e-12);  // the trace in the plane stays
      } else {
        EXPECT_NEAR(xx, z < 0.5 ? 0.5 : 0.1, 1e-12);
      }
    }
  EXPECT_TRUE(between);
  const int lower = mesh.tet_labels[0], upper = lower + 1;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) mesh.tet_labels[t] = mesh.centroid(t).z() < 0.5 ? lower : upper;
  const TissueTable two(
      {test::layer(lower, "m", TissueKind::muscle, 0.1, 0.5), test::layer(upper, "n", TissueKind::muscle, 0.1, 0.5)});
  const CornerTensors apart = conductivity_at_corners(mesh, directions, two);
  for (std::size_t t = 0; t < mesh.n_tets(); ++t)
    for (Eigen::Index i = 0; i < 4; ++i)
      EXPECT_NEAR(xx_at(apart, t, i), mesh.tet_labels[t] == lower ? 0.5 : 0.1, 1e-12);
}

TEST(SolverChoice, WeighsElectrodesAndMemory) {
  SolverOptions options;
  EXPECT_EQ(choose_method(options, 162000, 16).method, "multigrid");
  EXPECT_EQ(choose_method(options, 162000, 256).method, "multigrid");
  EXPECT_EQ(choose_method(options, 2000000, 256).method, "multigrid");  // about 37 GB
  EXPECT_NE(choose_method(options, 2000000, 256).reason.find("37.2 GB, more than the 4.0 GB allowed"),
            std::string::npos);
  options.degree = 1;
  EXPECT_EQ(choose_method(options, 64000, 8).method, "algebraic");
  EXPECT_EQ(choose_method(options, 64000, 64).method, "direct");
  options.method = "algebraic";
  EXPECT_EQ(choose_method(options, 64000, 64).reason, "as the parameters say");
}
