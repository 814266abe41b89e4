// Derivatives of the finite-element model are the same numbers on any number of ranks.
#include <gtest/gtest.h>

#include "base/mpi_session.h"
#include "solvers/lead_field/finite_element_model.h"
#include "support/layered_cylinder_problem.h"

using namespace bmiss;

namespace {

FiniteElementModel model_on(MPI_Comm communicator) {
  std::vector<Electrode> electrodes;
  for (const double theta : {-0.15, 0.15}) {
    electrodes.push_back(test::skin_electrode("E" + std::to_string(electrodes.size()), theta, 0.06, 4e-3));
    electrodes.back().group = "grid1";
  }
  auto problem = std::make_shared<LeadFieldProblem>();
  problem->electrodes.electrodes = electrodes;
  problem->electrodes.reference = test::skin_electrode("R", 3.0, 0.06, 4e-3);
  problem->tissues = test::reference_tissues();
  if (mpi_rank(communicator) == 0)  // other ranks need no mesh
    *problem = test::cylinder_problem(test::reference_cylinder(8e-3, 16e-3, 0.5, {{0, 0.06}}), electrodes,
                                      problem->electrodes.reference);
  FiniteElementModelOptions options;
  options.solver.method = "multigrid";
  options.solver.tolerance = 1e-12;
  return FiniteElementModel(problem, options, communicator);
}

double difference_of(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

}  // namespace

TEST(DerivativesOnRanks, AreThoseOfOneRank) {
  const FiniteElementModel alone = model_on(MPI_COMM_SELF), together = model_on(MPI_COMM_WORLD);
  Eigen::Matrix3Xd places(3, 3);
  places << test::on_cylinder(0.03, 0.1, 0.05), test::on_cylinder(0.025, -0.3, 0.062),
      test::on_cylinder(0.02, 0.4, 0.071);
  EXPECT_LT(difference_of(together.potential(places), alone.potential(places)), 1e-9);
  EXPECT_EQ(together.smoothing_widths(places), alone.smoothing_widths(places));
  const Eigen::MatrixXd gradient = Eigen::MatrixXd::Constant(2, 3, 0.3) + Eigen::MatrixXd::Identity(2, 3);
  const Eigen::VectorXd adjoint = together.adjoint(places, gradient), expected = alone.adjoint(places, gradient);
  ASSERT_EQ(together.model_parameters().size(), 8U);
  for (std::size_t p = 0; p < 8; ++p) {
    const Eigen::MatrixXd tangent = alone.tangent(places, p);
    EXPECT_LT(difference_of(together.tangent(places, p), tangent), 1e-8) << p;
    EXPECT_NEAR(adjoint[static_cast<Eigen::Index>(p)], expected[static_cast<Eigen::Index>(p)],
                1e-8 * gradient.norm() * tangent.norm());
  }
  Eigen::VectorXd values = parameter_values(alone);
  values[2] *= 1.1;
  values[5] = 1e-3;
  EXPECT_LT(difference_of(together.at(values)->potential(places), alone.at(values)->potential(places)), 1e-9);
  EXPECT_EQ(together.hash(), alone.hash());
}
