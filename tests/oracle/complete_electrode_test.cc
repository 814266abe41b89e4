// Complete electrodes from a few modes of the current density and a dense system, against the model assembled directly
// and against its limits.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <iostream>
#include <limits>
#include <map>

#include "base/errors.h"
#include "solvers/lead_field/electrode_modes.h"
#include "support/complete_electrode_limb.h"
#include "support/nodal_functionals.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

using namespace bmiss;
using Limb = test::CompleteElectrodeLimb;

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

double worst(const Eigen::MatrixXd& values, const Eigen::MatrixXd& expected) {
  return (values - expected).cwiseAbs().maxCoeff() / expected.cwiseAbs().maxCoeff();
}

// Factorised once for each impedance.
const test::CompleteElectrodeSystem& direct_system(double z) {
  static std::map<double, test::CompleteElectrodeSystem> systems;
  const Limb& limb = Limb::once();
  return systems.try_emplace(z, limb.problem, limb.nodes, limb.with_impedance(z)).first->second;
}

// What the direct system says: voltages of open metals for each source, and the matrix of terminal resistances.
struct Direct {
  Eigen::MatrixXd voltages, resistances;
  Direct(const Limb& limb, const test::CompleteElectrodeSystem& system) {
    const Eigen::Index n = limb.n_electrodes();
    voltages.resize(n, static_cast<Eigen::Index>(limb.sources.size()));
    resistances.resize(n, n);
    for (Eigen::Index s = 0; s < voltages.cols(); ++s)
      voltages.col(s) = system.voltages(limb.sources[static_cast<std::size_t>(s)], Eigen::VectorXd::Zero(n));
    for (Eigen::Index e = 0; e < n; ++e) resistances.col(e) = system.voltages({}, Eigen::VectorXd::Unit(n, e));
  }
};

}  // namespace

// 1e-3 ohm m^2 (0.01 kohm cm^2) is a wet gel, 1e-2 a usual one, 1 a dry contact.
TEST(CompleteElectrode, ConvergesToTheDirectAssemblyWithTheNumberOfModes) {
  const Limb& limb = Limb::once();
  std::cout << limb.nodes.n_nodes() << " nodes\n";
  for (const double z : {1.0, 1e-2, 1e-3}) {
    const ElectrodeArray contacts = limb.with_impedance(z);
    const test::CompleteElectrodeSystem& system = direct_system(z);
    const Direct direct(limb, system);
    double before = 1;
    for (const int modes : {1, 3, 6, 12}) {
      const ElectrodeBlock block = limb.block_of(modes);
      const Eigen::MatrixXd rows = open_circuit_rows(block, contacts);
      const double error = worst((rows * limb.samples(modes)).topRows(3), direct.voltages.topRows(3)),
                   resistance = worst(terminal_resistances(block, contacts, rows), direct.resistances);
      std::cout << z << " ohm m2, " << modes << " modes: voltages " << 100 * error << " %, terminal resistances "
                << 100 * resistance << " %\n";
      EXPECT_LT(error, before) << z << " " << modes;
      before = error;
      if (modes >= 6) {
        EXPECT_LE(std::max(error, resistance), 0.01) << z << " " << modes;
      }
      // Without modes the shunting of a wet gel is missed: the test sees what it is about.
      if (modes == 1 && z == 1e-3) {
        EXPECT_GT(error, 0.1);
      }
    }
    // Reciprocity: the potential that 1 A through a metal raises at the poles of a source is what the metal reads of
    // it.
    const auto e1 = Eigen::VectorXd::Unit(limb.n_electrodes(), 0);
    const Eigen::VectorXd driven = system.solve({}, e1);
    const Eigen::MatrixXd recorded = limb.voltages(6, contacts);
    for (std::size_t s = 0; s < limb.sources.size(); ++s) {
      const double raised =
          limb.dense(limb.sources[s]).dot(driven.head(static_cast<Eigen::Index>(limb.nodes.n_nodes())));
      EXPECT_NEAR(recorded(0, static_cast<Eigen::Index>(s)), raised, 0.01 * recorded.cwiseAbs().maxCoeff());
    }
  }
}

TEST(CompleteElectrode, TerminalResistancesAreSymmetric) {
  const Limb& limb = Limb::once();
  for (const double z : {infinite, 1.0, 1e-3}) {
    const ElectrodeArray contacts = limb.with_impedance(z);
    const Eigen::MatrixXd r = terminal_resistances(limb.block, contacts, open_circuit_rows(limb.block, contacts));
    EXPECT_LT(worst(r, r.transpose()), 1e-9);
  }
}

TEST(CompleteElectrode, WithAnInfiniteImpedanceIsThePatchOfUniformCurrent) {
  const Limb& limb = Limb::once();
  const Eigen::Index n = limb.n_electrodes();
  const Eigen::MatrixXd rows = open_circuit_rows(limb.block, limb.with_impedance(infinite));
  EXPECT_EQ(rows.leftCols(n), Eigen::MatrixXd::Identity(n, n));
  EXPECT_EQ(rows.rightCols(rows.cols() - n).cwiseAbs().maxCoeff(), 0);
  for (Eigen::Index e = 0; e < n; ++e) {
    Electrode plain = limb.problem.electrodes.electrodes[static_cast<std::size_t>(e)];
    plain.model = ElectrodeModel::uniform;
    const NodalFunctional functional = electrode_load(limb.problem.mesh, limb.nodes, plain).functional;
    EXPECT_EQ(functional.weights, limb.functionals.rows[static_cast<std::size_t>(e)].weights);
  }
  // Shunting vanishes as the conductance of the contact does.
  const Eigen::MatrixXd patch = limb.samples(12).topRows(n);
  const double at_ten = worst(limb.voltages(12, limb.with_impedance(10)), patch),
               at_hundred = worst(limb.voltages(12, limb.with_impedance(100)), patch);
  EXPECT_LT(at_ten, 1e-3);
  EXPECT_NEAR(at_ten / at_hundred, 10, 0.5);
}

// Spreading resistance of a disc on a half-space: 1 / (4 sigma a) when it is equipotential, 8 / (3 pi^2 sigma a), as
// the mean of the potential under it, for a uniform current density (Weber 1873; Newman 1966). The rest of the
// conductor adds the same to both.
TEST(CompleteElectrode, WithASmallImpedanceHasTheSpreadingResistanceOfAnEquipotentialDisc) {
  // Rings of cells, one of which ends at the rim.
  const double sigma = 0.3, half = 40e-3;
  const auto graded = [](double t) { return 0.15 * t + 0.85 * t * t * t; };
  const double radius = half * graded(0.5);
  const TetMesh mesh = test::lattice_mesh(
      8, 9,
      [&](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const Eigen::Vector2d p = test::onto_disc(x[0], x[1]);
        const Eigen::Vector2d q = p.norm() > 0 ? (p.normalized() * half * graded(p.norm())).eval() : p;
        return {q[0], q[1], -half * graded(1 - x[2])};
      },
      test::Ends::closed, [](const Eigen::Vector3d&) { return 1; });
  Electrode disc = test::complete(test::skin_electrode("disc", 0, 0, radius));
  disc.current_modes = 6;
  disc.position = Eigen::Vector3d::Zero();
  disc.normal = Eigen::Vector3d::UnitZ();
  disc.along = Eigen::Vector3d::UnitX();
  disc.contact_impedance = 1e-9;
  Electrode floor = test::skin_electrode("floor", 0, 0, 20e-3);
  floor.position = {0, 0, -half};
  floor.normal = -Eigen::Vector3d::UnitZ();
  floor.along = Eigen::Vector3d::UnitX();
  const ElectrodeArray array{{disc}, floor};
  const ElementNodes nodes = number_nodes(mesh, 2);
  const auto block = test::solved(mesh, nodes, TissueTable({test::layer(1, "medium", TissueKind::fat, sigma, sigma)}),
                                  Eigen::Matrix3Xd::Zero(3, static_cast<Eigen::Index>(mesh.n_tets())), array)
                         .block;
  const double uniform = block.resistances(0, 0),
               equipotential = terminal_resistances(block, array, open_circuit_rows(block, array))(0, 0),
               expected = (8 / (3 * M_PI * M_PI) - 0.25) / (sigma * radius);
  std::cout << nodes.n_nodes() << " nodes, radius " << radius << ": the metal saves " << uniform - equipotential
            << " ohm, closed form " << expected << " ohm\n";
  // The metal saves 8 % of the resistance; cells of 2 mm at the rim, where the field is singular, leave 1.3 % of error.
  EXPECT_NEAR(uniform - equipotential, expected, 0.02 * 0.25 / (sigma * radius));
}

// A bar along the limb short-circuits the potential differences along it, the more the better its contact.
TEST(CompleteElectrode, PassiveMetalBesideTheElectrodesAttenuatesTheirDifferences) {
  const Limb& limb = Limb::once();
  const auto difference_along = [](const Eigen::MatrixXd& v) { return std::abs(v(2, 1) - v(0, 1)); };
  const double bare = difference_along(limb.voltages(12, limb.with_impedance(infinite)));
  double before = bare;
  for (const double z : {1.0, 1e-1, 1e-2, 1e-3}) {
    const double shunted = difference_along(limb.voltages(12, limb.with_impedance(infinite, z)));
    std::cout << z << " ohm m2 under the bar: " << shunted / bare << " of the difference is left\n";
    EXPECT_LT(shunted, before);
    before = shunted;
  }
  EXPECT_LT(before, 0.95 * bare);
}

TEST(CompleteElectrode, AmplifiersOfFiniteInputImpedanceLoadTheContacts) {
  const Limb& limb = Limb::once();
  const ElectrodeArray contacts = limb.with_impedance(1e-2);
  const Eigen::MatrixXd open = open_circuit_rows(limb.block, contacts),
                        resistances = terminal_resistances(limb.block, contacts, open);
  const Eigen::Vector4d conductances(1e-4, 1e-5, 1e-4, 0);  // the bar has no amplifier
  const Eigen::MatrixXd voltages = loaded_rows(open, resistances, conductances) * limb.samples(12);
  EXPECT_GT(worst(voltages, open * limb.samples(12)), 0.02);
  // The direct system with the currents that these voltages drive through the amplifiers gives these voltages.
  for (std::size_t s = 0; s < limb.sources.size(); ++s) {
    const Eigen::VectorXd v = voltages.col(static_cast<Eigen::Index>(s));
    EXPECT_LT(worst(direct_system(1e-2).voltages(limb.sources[s], -conductances.cwiseProduct(v)), v), 0.01);
  }
  EXPECT_EQ(loaded_rows(open, resistances, Eigen::VectorXd::Zero(4)), open);
}

TEST(CompleteElectrode, ReadsPolynomialsByOrthonormalModes) {
  const Limb& limb = Limb::once();
  const auto& nodes = limb.nodes;
  for (const auto& row : limb.block.rows) {
    if (row.mode == 0) continue;
    const auto& functional = limb.functionals.rows[static_cast<std::size_t>(&row - limb.block.rows.data())];
    EXPECT_NEAR(test::apply(functional, nodes, [](const Eigen::Vector3d&) { return 1; }), 0, 1e-12) << row.name;
  }
  // Of a linear potential along a disc of radius a, only the mode along it reads anything but crowding: its rms, a / 2.
  const double read = test::apply(limb.functionals.rows[4], nodes, [](const Eigen::Vector3d& p) { return p[2]; });
  EXPECT_EQ(limb.block.rows[4].name, "E1 mode 1");
  EXPECT_NEAR(std::abs(read), 2e-3, 0.02e-3);
}

TEST(CompleteElectrode, RefusesWhatHasNoContact) {
  const Limb& limb = Limb::once();
  const auto message = [&](double z) {
    return test::message_of<InputError>([&] { open_circuit_rows(limb.block, limb.with_impedance(z)); });
  };
  EXPECT_EQ(message(0),
            "electrode 'E1' has a contact impedance of 0 kohm cm^2; give a complete electrode a positive one");
  EXPECT_EQ(message(-0.2),
            "electrode 'E1' has a contact impedance of -2 kohm cm^2; give a complete electrode a positive one");
  Electrode electrode = limb.problem.electrodes.electrodes[0];
  const auto refusal = [&] {
    return test::message_of<InputError>([&] { electrode_modes(limb.problem.mesh, limb.nodes, electrode); });
  };
  electrode.current_modes = 4;
  EXPECT_EQ(refusal(), "electrode 'E1' has 4 current modes; give it 1, 3, 6, 12 or 20");
  electrode.shape = ElectrodeShape::point;
  EXPECT_EQ(
      refusal(),
      "electrode 'E1' is a point, which has no contact impedance; give it a shape with an area or the model 'point'");
  ElectrodeArray array = limb.problem.electrodes;
  array.reference.position = array.electrodes[2].position;
  array.reference.normal = array.electrodes[2].normal;
  const std::string both = test::message_of<InputError>([&] { row_functionals(limb.problem.mesh, limb.nodes, array); });
  EXPECT_NE(both.find("electrode 'R' at (40.0, 0.0, 70.0) mm overlaps electrode 'E3'"), std::string::npos) << both;
}
