// The checks of `bmiss check` pass on a right conductor, and each of them fails when a fault is put in.
#include "solvers/verification/verification.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/report.h"
#include "solvers/conductor/law/tissue_laws.h"
#include "solvers/verification/analytic_checks.h"
#include "solvers/verification/conductor_checks.h"
#include "support/layered_cylinder_problem.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

constexpr auto passed = Verdict::State::passed, failed = Verdict::State::failed;

SolverOptions iterating(double tolerance = 1e-10) {
  SolverOptions options;
  options.method = "multigrid";
  options.tolerance = tolerance;
  return options;
}

class Verification : public testing::Test {
protected:
  static void SetUpTestSuite() { shared_case_ = new CheckCase(cylinder_case(2, MPI_COMM_SELF)); }
  static void TearDownTestSuite() { delete shared_case_; }
  static CheckCase* shared_case_;
  CheckCase cylinder_ = *shared_case_;
};
CheckCase* Verification::shared_case_ = nullptr;

LeadFieldProblem small_problem() {
  return test::cylinder_problem(test::reference_cylinder(8e-3, 16e-3, 0.5, {{0, 0.06}}),
                                {test::skin_electrode("E1", 0, 0.05, 4e-3), test::skin_electrode("E2", 0, 0.06, 4e-3)},
                                test::skin_electrode("R", 3.0, 0.06, 4e-3));
}

}  // namespace

TEST_F(Verification, OfIdentitiesFailsForAWrongRow) {
  CheckFields fields = solve_case(cylinder_, iterating(), MPI_COMM_SELF);
  for (const Verdict& verdict : check_identities(cylinder_, fields)) EXPECT_EQ(verdict.state, passed) << verdict.check;
  fields.real.col(1) *= 1 + 1e-6;
  for (const Verdict& verdict : check_identities(cylinder_, fields)) EXPECT_EQ(verdict.state, failed) << verdict.check;
}

TEST_F(Verification, OfIdentitiesAndSolversFailsForALooseTolerance) {
  const CheckFields fields = solve_case(cylinder_, iterating(1e-4), MPI_COMM_SELF);
  EXPECT_EQ(check_identities(cylinder_, fields)[0].state, failed);  // reciprocity
  const Verdict solvers = check_other_solver(cylinder_, iterating(1e-4), fields);
  EXPECT_EQ(solvers.state, failed);
  EXPECT_EQ(solvers.remark, "iteration (multigrid) against factorisation");
}

TEST_F(Verification, OfSolversPassesAndFailsForAWrongTensor) {
  const CheckFields fields = solve_case(cylinder_, iterating(), MPI_COMM_SELF);
  EXPECT_EQ(check_other_solver(cylinder_, iterating(), fields).state, passed);
  cylinder_.tensors.col(cylinder_.tensors.cols() / 2) *= 1.01;
  EXPECT_EQ(check_other_solver(cylinder_, iterating(), fields).state, failed);
}

TEST_F(Verification, OfUnitsPassesAndFailsForAFieldThatDoesNotScale) {
  const CheckFields fields = solve_case(cylinder_, iterating(), MPI_COMM_SELF);
  EXPECT_EQ(check_scaling(cylinder_, iterating(), fields).state, passed);
  cylinder_.mesh.points.col(17) *= 1 + 1e-3;
  EXPECT_EQ(check_scaling(cylinder_, iterating(), fields).state, failed);
}

TEST_F(Verification, OfRanksIsNotMadeOnOne) {
  const Verdict verdict = check_ranks(cylinder_, iterating(), MPI_COMM_SELF);
  EXPECT_EQ(verdict.state, Verdict::State::not_checked);
  EXPECT_NE(verdict.remark.find("mpirun -n 2"), std::string::npos);
}

TEST_F(Verification, OfTheStoredFieldFailsForAWrongRowAndForAnotherLaw) {
  const test::ScratchFolder folder;
  const std::string path = folder / "lead_field.h5";
  LeadFieldProblem problem = small_problem();
  std::ostringstream log;
  Report report(log, 0);
  compute_lead_field(problem, {}, path, MPI_COMM_SELF, report);
  const CheckCase check_case = make_check_case(problem, "this mesh", 2, 4, MPI_COMM_SELF);
  const CheckFields fields = solve_case(check_case, iterating(), MPI_COMM_SELF);
  EXPECT_EQ(check_stored(check_case, fields, problem, path).state, passed);

  LeadFieldProblem other = problem;
  other.laws = ConductivityLaws("isotropic", std::make_shared<IsotropicLaw>());
  const Verdict foreign = check_stored(check_case, fields, other, path);
  EXPECT_EQ(foreign.state, failed);
  EXPECT_EQ(foreign.remark, "differs from this study in the conductivity laws, the conductivities, the fibre directions; compute it again");

  Hdf5File file(path, Hdf5File::Mode::resume);
  std::vector<double> row(check_case.n_nodes);
  file.read("/lead_field/potential", row.data(), {1, 0}, {1, row.size()});
  for (double& value : row) value *= 1 + 1e-5;
  file.write("/lead_field/potential", row.data(), {1, 0}, {1, row.size()});
  file.finish();
  EXPECT_EQ(check_stored(check_case, fields, problem, path).state, failed);
}

TEST_F(Verification, OfTheFarFieldPassesAndFailsForAWrongTensor) {
  EXPECT_EQ(check_decay(iterating(), reference_muscle(), reference_muscle(), MPI_COMM_SELF).state, passed);
  Tissue wrong = reference_muscle();
  wrong.conductivity_along *= 1.05;  // 2.5 % longer
  const Verdict verdict = check_decay(iterating(), wrong, reference_muscle(), MPI_COMM_SELF);
  EXPECT_EQ(verdict.state, failed);
  EXPECT_NEAR(verdict.value, 0.025, 0.008);
}

TEST_F(Verification, AgainstTheLayeredCylinderPassesAndFailsForWrongTissuesAndLinearTetrahedra) {
  for (const Verdict& verdict : check_against_cylinder(iterating(), reference_layers(), MPI_COMM_SELF))
    EXPECT_EQ(verdict.state, passed) << verdict.check << " " << verdict.value;
  auto tissues = reference_layers().tissues();
  tissues[1].conductivity_along = 0.4;
  for (const Verdict& verdict : check_against_cylinder(iterating(), TissueTable(tissues), MPI_COMM_SELF))
    EXPECT_EQ(verdict.state, failed) << verdict.check << " " << verdict.value;
  SolverOptions linear;
  linear.degree = 1;
  for (const Verdict& verdict : check_against_cylinder(linear, reference_layers(), MPI_COMM_SELF))
    EXPECT_EQ(verdict.state, failed) << verdict.check << " " << verdict.value;
}

TEST_F(Verification, NamesTheChecksThatFailed) {
  const std::vector<Verdict> verdicts = {judged("symmetry", "this mesh", 1e-12, 1e-8),
                                         judged("reciprocity", "this mesh", 0.3, 1e-8),
                                         judged("delivered current", "this mesh", NAN, 1e-8)};
  EXPECT_EQ(test::message_of<CheckError>([&] { require_passed(verdicts); }),
            "checks failed: reciprocity (found 3.0e-01, limit 1e-08); delivered current (found nothing, limit 1e-08)");
  EXPECT_NO_THROW(require_passed({verdicts[0], not_checked("ranks", "")}));
  EXPECT_NE(verdict_table(verdicts).text().find("FAILED"), std::string::npos);
}
