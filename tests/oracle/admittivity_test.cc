// Complex admittivity: the fields of conductors whose tissues conduct and store charge, against closed forms.
#include <gtest/gtest.h>

#include <complex>
#include <sstream>

#include "base/report.h"
#include "solvers/conductor/law/tissue_laws.h"
#include "solvers/linear/field_solver.h"
#include "solvers/verification/check_case.h"
#include "solvers/verification/conductor_checks.h"
#include "support/layered_cylinder_problem.h"
#include "support/structured_meshes.h"

using namespace bmiss;
using Complex = std::complex<double>;

namespace {

// The tissue's tensor, with a current that lags by its own angle: omega epsilon = tangent x sigma.
class LaggingLaw : public ConductivityLaw {
public:
  explicit LaggingLaw(std::map<int, double> tangents) : tangents_(std::move(tangents)) {}
  Eigen::Matrix3d conductivity(const ConductorPlace& place) const override {
    return conductivity_tensor(place.tissue, place.fibre);
  }
  Eigen::Matrix3d susceptivity(const ConductorPlace& place) const override {
    return tangents_.at(place.tissue.label) * conductivity(place);
  }
  bool is_complex() const override { return true; }
  std::string hash() const override { return "test"; }
  std::string citation() const override { return "test"; }

private:
  std::map<int, double> tangents_;
};

ConductivityLaws lagging(std::map<int, double> tangents) {
  return {"lagging", std::make_shared<LaggingLaw>(std::move(tangents))};
}

// 1 A spread over the ends of a box, in at z = 0 and out at the top: consistent loads of quadratic elements, for which
// the integral over a facet is carried by the middles of its edges, a third each.
NodalFunctional end_load(const TetMesh& mesh, const ElementNodes& nodes) {
  double area = 0;
  NodalFunctional load;
  const double top = mesh.points.row(2).maxCoeff();
  for (const auto& triangle : mesh.triangles) {
    const auto at = [&](double z) {
      for (const int p : triangle)
        if (std::abs(mesh.points(2, p) - z) > 1e-9) return false;
      return true;
    };
    if (!at(0) && !at(top)) continue;
    const Eigen::Vector3d a = mesh.points.col(triangle[0]), b = mesh.points.col(triangle[1]),
                          c = mesh.points.col(triangle[2]);
    const double facet = 0.5 * (b - a).cross(c - a).norm();
    if (at(0)) area += facet;
    for (std::size_t e = 0; e < 3; ++e) {
      load.nodes.push_back(nodes.mid_node(triangle[e], triangle[(e + 1) % 3]));
      load.weights.push_back((at(0) ? 1 : -1) * facet / 3);
    }
  }
  load.compress();
  for (double& weight : load.weights) weight /= area;
  return load;
}

SolverOptions with_method(const std::string& method) {
  SolverOptions options;
  options.method = method;
  return options;
}

}  // namespace

// Two layers in series: the potential falls by I / A (h1 / y1 + h2 / y2), linearly in each, so that the elements hold
// the exact field.
TEST(Admittivity, OfTwoLayersInSeriesGivesTheDividerOfComplexImpedances) {
  TetMesh mesh = test::box_mesh(Eigen::Vector3d(0.02, 0.02, 0.04), 4, 8, test::Ends::closed);
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) mesh.tet_labels[t] = mesh.centroid(t).z() < 0.01 ? 1 : 2;
  const TissueTable tissues(
      {test::layer(1, "fat", TissueKind::fat, 0.04, 0.04), test::layer(2, "muscle", TissueKind::muscle, 0.1, 0.5)});
  const FibreDirections fibres = Eigen::Vector3d::UnitZ().replicate(1, static_cast<Eigen::Index>(mesh.n_tets()));
  const ElementNodes nodes = number_nodes(mesh, 2);
  const ConductivityLaws laws = lagging({{1, 0.1}, {2, 1.5}});
  std::ostringstream log;
  Report report(log, 0);
  for (const char* method : {"direct", "multigrid"}) {
    FieldSolver solver(mesh, nodes, conductivity_at_corners(mesh, fibres, tissues, laws), with_method(method), 1,
                       MPI_COMM_SELF, report);
    solver.add_susceptivity(susceptivity_at_corners(mesh, fibres, tissues, laws));
    const FieldSolution solution = solver.solve({end_load(mesh, nodes)}, {"ends"});
    EXPECT_LE(solution.residuals[0], 1e-10);
    EXPECT_LE(solution.iterations[0], 25) << method;
    const Complex lower = 1.0 / (0.04 * Complex(1, 0.1)), upper = 1.0 / (0.5 * Complex(1, 1.5));  // [ohm m]
    const Complex whole = (0.01 * lower + 0.03 * upper) / 4e-4;
    double worst = 0;
    for (Eigen::Index n = 0; n < nodes.points.cols(); ++n) {
      const double z = nodes.points(2, n);
      const Complex exact = -(std::min(z, 0.01) * lower + std::max(z - 0.01, 0.0) * upper) / 4e-4;
      const Complex found(solution.values(n, 0) - solution.values(0, 0),
                          solution.imaginary(n, 0) - solution.imaginary(0, 0));
      const double z0 = nodes.points(2, 0);
      const Complex offset = -(std::min(z0, 0.01) * lower + std::max(z0 - 0.01, 0.0) * upper) / 4e-4;
      worst = std::max(worst, std::abs(found - (exact - offset)) / std::abs(whole));
    }
    EXPECT_LT(worst, 1e-8) << method;
  }
}

// With one angle everywhere the field is the real one over 1 + i tan: any geometry, any anisotropy.
TEST(Admittivity, OfOneAngleDividesTheRealFieldByIt) {
  const auto problem = [](const ConductivityLaws& laws) {
    LeadFieldProblem result =
        test::cylinder_problem(test::reference_cylinder(8e-3, 16e-3, 0.5, {{0, 0.06}}),
                               {test::skin_electrode("E1", 0, 0.05, 4e-3)}, test::skin_electrode("R", 3.0, 0.06, 4e-3));
    result.laws = laws;
    return result;
  };
  const CheckCase plain = make_check_case(problem({}), "real", 2, 1, MPI_COMM_SELF);
  const CheckCase complex =
      make_check_case(problem(lagging({{1, 0.7}, {2, 0.7}, {3, 0.7}, {4, 0.7}})), "complex", 2, 1, MPI_COMM_SELF);
  const CheckFields real = solve_case(plain, with_method("multigrid"), MPI_COMM_SELF);
  const CheckFields found = solve_case(complex, with_method("multigrid"), MPI_COMM_SELF);
  EXPECT_EQ(real.imaginary.size(), 0);
  const Complex factor = 1.0 / Complex(1, 0.7);
  EXPECT_LT(relative_difference(found.real, factor.real() * real.real, MPI_COMM_SELF), 1e-8);
  EXPECT_LT(relative_difference(found.imaginary, factor.imag() * real.real, MPI_COMM_SELF), 1e-8);
}

// The identities of the discrete system, and every other way to the same field, hold in a complex conductor too.
TEST(Admittivity, KeepsReciprocityCurrentSymmetryAndScaling) {
  LeadFieldProblem problem =
      test::cylinder_problem(test::reference_cylinder(8e-3, 16e-3, 0.5, {{0, 0.06}}),
                             {test::skin_electrode("E1", 0, 0.05, 4e-3), test::skin_electrode("E2", 0, 0.06, 4e-3)},
                             test::skin_electrode("R", 3.0, 0.06, 4e-3));
  problem.laws = lagging({{1, 0.02}, {2, 0.3}, {3, 0.1}, {4, 2.0}});
  const CheckCase check_case = make_check_case(problem, "cylinder", 2, 2, MPI_COMM_SELF);
  const CheckFields fields = solve_case(check_case, with_method("multigrid"), MPI_COMM_SELF);
  EXPECT_GT(fields.imaginary.norm(), 0.05 * fields.real.norm());
  for (const Verdict& verdict : check_identities(check_case, fields))
    EXPECT_EQ(verdict.state, Verdict::State::passed) << verdict.check << " " << verdict.value;
  for (const Verdict& verdict : {check_other_solver(check_case, with_method("multigrid"), fields),
                                 check_scaling(check_case, with_method("multigrid"), fields)})
    EXPECT_EQ(verdict.state, Verdict::State::passed) << verdict.check << " " << verdict.value;
}
