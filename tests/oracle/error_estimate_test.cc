// The estimated error of a lead field against its true error, and what refinement by it gains.
#include "solvers/verification/error_estimate.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <random>
#include <sstream>

#include "anatomy/equidistribution.h"
#include "anatomy/volume_mesh.h"
#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/report.h"
#include "solvers/analytic/cylinder_lead_field.h"
#include "solvers/lead_field/file_layout.h"
#include "solvers/lead_field/refined_edges.h"
#include "solvers/lead_field/store.h"
#include "solvers/verification/gradient_recovery.h"
#include "support/layered_cylinder_problem.h"
#include "support/sample_surfaces.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

CornerTensors same_tensor(std::size_t n_tets, const Eigen::Matrix3d& s) {
  const Eigen::Matrix<double, 6, 1> tensor{s(0, 0), s(1, 1), s(2, 2), s(0, 1), s(0, 2), s(1, 2)};
  return tensor.replicate<4, 1>().replicate(1, static_cast<Eigen::Index>(n_tets));
}

void compute(const LeadFieldProblem& problem, const std::string& path) {
  std::ostringstream log;
  Report report(log, 0);
  compute_lead_field(problem, {}, path, MPI_COMM_SELF, report);
}

Eigen::VectorXd row_of(const std::string& path) {
  const Hdf5File file(path, Hdf5File::Mode::read);
  const auto values = file.read_all<double>(potential_dataset);
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

// Gradient of the finite-element function: its differences are exact for a quadratic.
Eigen::Vector3d gradient_at(const TetMesh& mesh, const ElementNodes& nodes, const Eigen::VectorXd& values,
                            std::size_t tet, const Eigen::Vector4d& place) {
  Eigen::Matrix3d edges;
  for (int i = 0; i < 3; ++i)
    edges.col(i) =
        mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(i) + 1]) - mesh.points.col(mesh.tets[tet][0]);
  const Eigen::Matrix3d inverse = edges.inverse();
  const auto value = [&](const Eigen::Vector4d& at) {
    const NodalFunctional sample = point_functional(nodes, tet, at);
    double sum = 0;
    for (std::size_t i = 0; i < sample.nodes.size(); ++i) sum += sample.weights[i] * values[sample.nodes[i]];
    return sum;
  };
  Eigen::Vector3d gradient;
  for (int axis = 0; axis < 3; ++axis) {
    Eigen::Vector4d step;
    step << -inverse.col(axis).sum(), inverse.col(axis);
    const double small = 0.01 / step.norm();
    gradient[axis] = (value(place + small * step) - value(place - small * step)) / (2 * small);
  }
  return gradient;
}

}  // namespace

TEST(GradientRecovery, FindsNoErrorInAQuadraticAndItsEnergy) {
  // On a uniform lattice the gradient of an interpolated cubic would be continuous, so the mesh is distorted.
  const TetMesh mesh = test::lattice_mesh(
      2, 3,
      [](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        return {(x[0] + 1) / 2 + 0.04 * std::sin(3 * (x[0] + 1) * M_PI / 2), (x[1] + 1) / 2, x[2]};
      },
      test::Ends::closed, [](const Eigen::Vector3d&) { return 1; });
  const ElementNodes nodes = number_nodes(mesh, 2);
  const Eigen::Vector3d sigma(1, 2, 3);
  const GradientRecovery recovery(nodes, mesh.tet_labels, same_tensor(mesh.n_tets(), sigma.asDiagonal()));
  NodalFields fields(static_cast<Eigen::Index>(nodes.n_nodes()), 2);
  for (Eigen::Index n = 0; n < fields.rows(); ++n) {
    const Eigen::Vector3d x = nodes.points.col(n);
    fields(n, 0) = x[0] * x[0] + 2 * x[1] * x[2];
    fields(n, 1) = x[0] * x[0] * x[0];
  }
  const RecoveredEnergies energies = recovery.energies(fields);
  // int 1 (2x)^2 + 2 (2z)^2 + 3 (2y)^2 over the unit cube.
  EXPECT_NEAR(energies.field.col(0).sum(), (4.0 + 8.0 + 12.0) / 3, 1e-5);
  EXPECT_LT(energies.error.col(0).sum(), 1e-10);
  EXPECT_GT(energies.error.col(1).sum(), 1e-5);
}

TEST(ErrorEstimate, IsTheTrueErrorInTheMusclesOfTheExactCylinderWithinAFactorOfTwo) {
  auto options = test::reference_cylinder(2e-3, 5e-3, 0.25, {{0, 0.06}});
  auto problem = test::cylinder_problem(options, {test::skin_electrode("E1", 0, 0.06, 5e-3)},
                                        test::skin_electrode("R", M_PI, 0.06, 5e-3));
  const test::ScratchFolder folder;
  compute(problem, folder / "lead_field.h5");
  const Hdf5File file(folder / "lead_field.h5", Hdf5File::Mode::read);
  const double estimate = file.read_all<double>(row_estimate)[0];
  const Eigen::VectorXd row = row_of(folder / "lead_field.h5");

  CylinderLeadField exact(LayeredCylinder({{0.01, 0.02, 0.02}, {0.035, 0.1, 0.5}, {0.038, 0.04, 0.04}, {0.04, 1, 1}}),
                          options.length);
  exact.set_electrodes(problem.electrodes);
  // The true error of tetrahedra drawn by their estimated one: the mean ratio of squares is that of the whole.
  const ElementNodes nodes = number_nodes(problem.mesh, 2);
  const GradientRecovery recovery(nodes, problem.mesh.tet_labels,
                                  conductivity_at_corners(problem.mesh, problem.directions, problem.tissues));
  const NodalFields field = row;
  const RecoveredEnergies energies = recovery.energies(field);
  std::vector<std::size_t> muscle;
  std::vector<double> weights;
  double own_energy = 0;
  for (std::size_t t = 0; t < problem.mesh.n_tets(); ++t)
    if (problem.mesh.tet_labels[t] == 2) {
      muscle.push_back(t);
      weights.push_back(energies.error(static_cast<Eigen::Index>(t), 0));
      own_energy += energies.field(static_cast<Eigen::Index>(t), 0);
    }
  double sum = 0;
  for (const double w : weights) sum += w;
  EXPECT_NEAR(estimate, std::sqrt(sum / own_energy), 1e-3 * estimate);

  constexpr int n_drawn = 10;
  constexpr double half = 1e-4, a = 0.5854101966249685, b = 0.1381966011250105;  // four points exact to degree 2
  std::mt19937 random(1);
  std::discrete_distribution<std::size_t> draw(weights.begin(), weights.end());
  double ratio = 0;
  for (int k = 0; k < n_drawn; ++k) {
    const std::size_t which = draw(random), t = muscle[which];
    double truth = 0;
    for (const int q : {k % 4, (k + 1) % 4}) {  // two of the four: the exact field is costly so near the skin
      Eigen::Vector4d place = Eigen::Vector4d::Constant(b);
      place[q] = a;
      Eigen::Vector3d x = Eigen::Vector3d::Zero();
      for (int v = 0; v < 4; ++v)
        x += place[v] * problem.mesh.points.col(problem.mesh.tets[t][static_cast<std::size_t>(v)]);
      Eigen::Matrix<double, 3, 6> points;
      for (int d = 0; d < 6; ++d) points.col(d) = x + (d < 3 ? half : -half) * Eigen::Vector3d::Unit(d % 3);
      const Eigen::VectorXd values = exact.potential(points).row(0);
      const Eigen::Vector3d error =
          (values.head<3>() - values.tail<3>()) / (2 * half) - gradient_at(problem.mesh, nodes, row, t, place);
      truth += problem.mesh.volume(t) / 2 * error.dot(Eigen::Vector3d(0.1, 0.1, 0.5).cwiseProduct(error));
    }
    ratio += truth / weights[which] / n_drawn;
  }
  const double effectivity = 1 / std::sqrt(ratio);
  EXPECT_GT(effectivity, 0.5);
  EXPECT_LT(effectivity, 2);
  RecordProperty("effectivity", std::to_string(effectivity));
}

namespace {

// A block of muscle between layers of fat, exact in plane facets; the electrode is a disc on one layer.
class Block {
public:
  // Path of its lead field on a mesh with these edges.
  std::string solve(const std::string& name, const WantedEdges& wanted) {
    std::ostringstream log;
    Report report(log, 0);
    VolumeMeshOptions options;
    options.skin_thickness = 0;
    options.muscle_edge = 0;
    options.wanted = wanted;
    LeadFieldProblem problem;
    problem.tissues = TissueTable(
        {test::layer(1, "fat", TissueKind::fat, 0.04, 0.04), test::layer(2, "muscle", TissueKind::muscle, 0.1, 0.5)});
    problem.mesh = fill_with_tets(complex_, problem.tissues, Eigen::Matrix3Xd(3, 0), options, report);
    problem.directions = axial_directions(problem.mesh);
    problem.electrodes.electrodes = {disc("E1", 0.04)};
    problem.electrodes.reference = disc("R", 0);
    compute(problem, folder_ / name);
    return folder_ / name;
  }
  // The same edge everywhere.
  WantedEdges everywhere(double edge) const {
    WantedEdges wanted{Eigen::Matrix3Xd(3, 41 * 41 * 41), Eigen::VectorXd::Constant(41 * 41 * 41, edge)};
    for (int i = 0, n = 0; i <= 40; ++i)
      for (int j = 0; j <= 40; ++j)
        for (int k = 0; k <= 40; ++k) wanted.points.col(n++) = 1e-3 * Eigen::Vector3d(i, j, k);
    return wanted;
  }

private:
  static Electrode disc(const std::string& name, double y) {
    Electrode electrode;
    electrode.name = name;
    electrode.shape = ElectrodeShape::disc;
    electrode.position = {0.017, y, 0.022};
    electrode.normal = {0, y > 0 ? 1.0 : -1.0, 0};
    electrode.along = Eigen::Vector3d::UnitZ();
    electrode.radius = 4e-3;
    return electrode;
  }
  SurfaceComplex complex_ =
      test::blocks({8, 8, 8}, 5e-3, [](int, int j, int) { return j < 1 || j > 6 ? 0 : 1; }, {1, 2});
  test::ScratchFolder folder_;
};

std::size_t unknowns(const std::string& path) {
  return Hdf5File(path, Hdf5File::Mode::read).shape("/mesh/points")[0];
}

}  // namespace

TEST(EquidistributedEdges, MakeAsManyTetrahedraAsAskedWhereTheIndicatorIsLarge) {
  const TetMesh mesh = test::box_mesh(Eigen::Vector3d::Ones(), 4, 8);
  std::vector<float> indicator;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) indicator.push_back(std::exp(-20 * mesh.centroid(t)[2]));
  const WantedEdges wanted = equidistributed_edges(mesh.points, mesh.tets, indicator, 2);
  ASSERT_GT(wanted.edges.size(), 0);
  EXPECT_LT(static_cast<std::size_t>(wanted.edges.size()), mesh.n_tets());
  // All tetrahedra of this mesh are alike.
  Eigen::VectorXd edges = wanted.edges / (wanted.edges.maxCoeff() / 0.97);
  const double after =
      static_cast<double>(mesh.n_tets()) - static_cast<double>(edges.size()) + edges.array().pow(-3).sum();
  EXPECT_NEAR(after / static_cast<double>(mesh.n_tets()), 2, 0.15);
  for (Eigen::Index i = 0; i < edges.size(); ++i) EXPECT_LT(wanted.points(2, i), 0.7);
  EXPECT_EQ(equidistributed_edges(mesh.points, mesh.tets, indicator, 1).edges.size(), 0);
}

TEST(RefinedEdges, RefuseWhatIsNoLeadField) {
  const test::ScratchFolder folder;
  {
    Hdf5File other(folder / "other.h5", Hdf5File::Mode::create);
    other.set_attribute("/", "format", "something else");
    other.finish();
  }
  const std::string message = test::message_of<InputError>([&] { refined_edges(folder / "other.h5", 2); });
  EXPECT_NE(message.find("is no lead field with an error indicator"), std::string::npos) << message;
}

// The true error is that of potential differences in the muscle, against a much finer mesh.
TEST(ErrorEstimate, OneRefinementByItReducesTheErrorMoreThanAUniformOneWithAsManyUnknowns) {
  Block block;
  const std::string coarse = block.solve("coarse.h5", {}), best = block.solve("best.h5", block.everywhere(1.8e-3));
  const std::string adapted = block.solve("adapted.h5", refined_edges(coarse, 4));
  const std::string uniform = block.solve("uniform.h5", block.everywhere(4.5e-3));
  Eigen::Matrix3Xd points(3, 6 * 6 * 6);
  for (int i = 0, n = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j)
      for (int k = 0; k < 6; ++k) points.col(n++) = 1e-3 * Eigen::Vector3d(4.3 + 6.1 * i, 6.7 + 5.3 * j, 4.1 + 6.3 * k);
  const auto potentials = [&](const std::string& path) -> Eigen::VectorXd {
    const Eigen::VectorXd values = open_lead_field(path)->potential(points).row(0);
    return values.array() - values.mean();
  };
  const Eigen::VectorXd truth = potentials(best);
  const auto error = [&](const std::string& path) { return (potentials(path) - truth).norm() / truth.norm(); };
  EXPECT_LE(unknowns(adapted), unknowns(uniform));
  EXPECT_LT(error(adapted), 0.85 * error(uniform))
      << unknowns(coarse) << ' ' << unknowns(adapted) << ' ' << unknowns(uniform) << ' ' << unknowns(best) << ' '
      << error(coarse);
}
