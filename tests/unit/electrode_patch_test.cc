// Areas and averages of electrode patches on curved skins, and contacts inside the limb as functionals.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "base/errors.h"
#include "solvers/lead_field/electrode_load.h"
#include "support/layered_cylinder_problem.h"
#include "support/nodal_functionals.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

using namespace bmiss;
using test::apply;

namespace {

Electrode with_shape(Electrode electrode, ElectrodeShape shape, double size) {
  electrode.shape = shape;
  electrode.radius = size;
  electrode.inner_radius = shape == ElectrodeShape::ring ? 0.7 * size : 0;
  electrode.length = size;
  electrode.width = 3 * size;
  return electrode;
}

// Largest |area / nominal - 1| over places on the cylinder of radius 40 mm.
double worst_area(const TetMesh& mesh, ElectrodeShape shape, double size) {
  const ElementNodes nodes = number_nodes(mesh, 2);
  double worst = 0;
  for (int place = 0; place < 12; ++place) {
    const Electrode electrode =
        with_shape(test::skin_electrode("E", 0.4 + 0.013 * place, 0.06 + 0.37e-3 * place, 1e-3), shape, size);
    const ElectrodeLoad load = electrode_load(mesh, nodes, electrode);
    EXPECT_NEAR(std::accumulate(load.functional.weights.begin(), load.functional.weights.end(), 0.0), 1, 1e-12);
    worst = std::max(worst, std::abs(load.area / electrode.area() - 1));
  }
  return worst;
}

}  // namespace

TEST(ElectrodePatch, OnACylinderHasItsNominalAreaForEveryShapeAndSize) {
  // Facets of 2 mm: most patches straddle several of them, the smallest lie within one.
  const TetMesh mesh = make_layered_cylinder_mesh(test::reference_cylinder(2e-3, 8e-3, 0.4, {{0.4, 0.06}}));
  for (const ElectrodeShape shape : {ElectrodeShape::disc, ElectrodeShape::ring, ElectrodeShape::rectangle})
    for (const double size : {1e-3, 2e-3, 3.5e-3, 5e-3}) {
      const double worst = worst_area(mesh, shape, size);
      RecordProperty(name_of(shape) + std::to_string(size), std::to_string(worst));
      std::cout << name_of(shape) << " " << size * 1e3 << " mm: " << 100 * worst << " %\n";
      EXPECT_LE(worst, 0.005) << name_of(shape) << " " << size;
    }
}

TEST(ElectrodePatch, OnAThinLimbOfCoarseFacetsHasItsNominalAreaWithinTwoPercent) {
  // A finger or a child's wrist: radius 12 mm, 40 flat facets around, 2 mm long; rectangles reach 50 degrees around it.
  constexpr double radius = 12e-3;
  const TetMesh mesh = test::cylinder_mesh(radius, 80e-3, 10, 40);
  const ElementNodes nodes = number_nodes(mesh, 1);
  for (const ElectrodeShape shape : {ElectrodeShape::disc, ElectrodeShape::ring, ElectrodeShape::rectangle})
    for (const double size : {0.5e-3, 1e-3, 2e-3, 3.5e-3}) {
      double worst = 0;
      for (int place = 0; place < 24; ++place) {
        const double angle = 0.4 + 0.0313 * place;  // over several facets
        Electrode electrode;
        electrode.name = "E";
        electrode.normal = {std::cos(angle), std::sin(angle), 0};
        electrode.position = radius * electrode.normal + Eigen::Vector3d(0, 0, 40e-3 + 0.37e-3 * place);
        electrode.along = place % 2 == 0 ? Eigen::Vector3d::UnitZ().eval()
                                         : Eigen::Vector3d(-std::sin(angle), std::cos(angle), 1).normalized();
        electrode = with_shape(electrode, shape, size);
        worst = std::max(worst, std::abs(electrode_load(mesh, nodes, electrode).area / electrode.area() - 1));
      }
      std::cout << name_of(shape) << " " << size * 1e3 << " mm: " << 100 * worst << " %\n";
      EXPECT_LE(worst, 0.02) << name_of(shape) << " " << size;
    }
}

TEST(ElectrodePatch, RingOnAFlatSkinAveragesAsTheClosedFormDoes) {
  const TetMesh mesh = test::box_mesh(Eigen::Vector3d::Constant(0.1), 4, 8, test::Ends::closed);
  const ElementNodes nodes = number_nodes(mesh, 2);
  Electrode ring;
  ring.name = "E";
  ring.shape = ElectrodeShape::ring;
  ring.position = {0.052, 0.047, 0.1};
  for (const auto& [inner, outer] : {std::pair{6e-3, 11e-3}, std::pair{1e-3, 4e-3}, std::pair{10.5e-3, 11e-3}}) {
    ring.inner_radius = inner;
    ring.radius = outer;
    const ElectrodeLoad load = electrode_load(mesh, nodes, ring);
    EXPECT_NEAR(load.area / ring.area(), 1, 1e-3);
    // Mean of |x - centre|^2 over a ring: (a^2 + b^2) / 2.
    const double mean = (inner * inner + outer * outer) / 2;
    EXPECT_NEAR(
        apply(load.functional, nodes, [&](const Eigen::Vector3d& x) { return (x - ring.position).squaredNorm(); }),
        mean, 1e-3 * mean);
  }
}

TEST(ElectrodePatch, FarSideOfAThinLimbIsNotCovered) {
  const TetMesh mesh = test::cylinder_mesh(4e-3, 60e-3, 4, 60);  // a finger's bone under a disc as wide
  Electrode disc;
  disc.radius = 6e-3;
  disc.position = {4e-3, 0, 30e-3};
  disc.normal = Eigen::Vector3d::UnitX();
  disc.along = Eigen::Vector3d::UnitZ();
  const ElementNodes nodes = number_nodes(mesh, 1);
  const ElectrodeLoad load = electrode_load(mesh, nodes, disc);
  EXPECT_GT(apply(load.functional, nodes, [](const Eigen::Vector3d& x) { return x[0]; }), 0.5e-3);
  for (const int node : load.functional.nodes) EXPECT_GT(nodes.points(0, node), -1.6e-3);
}

TEST(ElectrodeContact, ReadsQuadraticPotentialsExactlyInsideTheMesh) {
  const TetMesh mesh = test::box_mesh(Eigen::Vector3d::Constant(0.1), 2, 4, test::Ends::closed);
  const ElementNodes nodes = number_nodes(mesh, 2);
  Electrode contact;
  contact.name = "N";
  contact.kind = ElectrodeKind::needle;
  contact.shape = ElectrodeShape::point;
  const auto potential = [](const Eigen::Vector3d& x) {
    return 3 * x[0] * x[0] - x[1] * x[2] + 2 * x[2] * x[2] + x[1];
  };
  for (const Eigen::Vector3d& place :
       {Eigen::Vector3d(0.031, 0.047, 0.061), Eigen::Vector3d(0.05, 0.05, 0.05), Eigen::Vector3d(0.1, 0.02, 0.03)}) {
    contact.position = place;
    const ElectrodeLoad load = electrode_load(mesh, nodes, contact);
    EXPECT_NEAR(apply(load.functional, nodes, potential), potential(place), 1e-12);
    EXPECT_EQ(load.area, 0);
    EXPECT_TRUE(load.warning.empty());
  }
}

TEST(ElectrodeContact, OutsideTheLimbIsRefusedWithItsPlace) {
  TetMesh mesh = test::box_mesh(Eigen::Vector3d::Constant(0.1), 2, 4, test::Ends::closed);
  const ElementNodes nodes = number_nodes(mesh, 1);
  Electrode contact;
  contact.name = "N";
  contact.kind = ElectrodeKind::wire;
  contact.shape = ElectrodeShape::point;
  contact.position = {0.05, 0.05, 0.103};
  const auto outside = test::message_of<InputError>([&] { electrode_load(mesh, nodes, contact); });
  EXPECT_NE(outside.find("contact 'N' at (50.0, 50.0, 103.0) mm lies outside the mesh, 3.0 mm from its surface"),
            std::string::npos)
      << outside;
  mesh.tet_extruded.assign(mesh.n_tets(), 1);
  contact.position = {0.05, 0.05, 0.05};
  EXPECT_NE(test::message_of<InputError>([&] {
              electrode_load(mesh, nodes, contact);
            }).find("lies in an extruded end of the mesh"),
            std::string::npos);
}
