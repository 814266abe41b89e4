// What the lead-field engine refuses, what its file says, and how the stored field is evaluated.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/parameters.h"
#include "base/report.h"
#include "solvers/lead_field/engine.h"
#include "solvers/lead_field/sampling_cache.h"
#include "solvers/lead_field/store.h"
#include "solvers/linear/field_solver.h"
#include "support/layered_cylinder_problem.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

LeadFieldProblem small_problem() {
  return test::cylinder_problem(test::reference_cylinder(5e-3, 12e-3, 0.5, {{0, 0.06}}),
                                {test::skin_electrode("E1", 0, 0.05, 4e-3), test::skin_electrode("E2", 0, 0.06, 4e-3)},
                                test::skin_electrode("R", 3.0, 0.06, 4e-3));
}

class LeadFieldEngine : public testing::Test {
protected:
  void compute(const LeadFieldProblem& problem, const SolverOptions& options = {}) {
    Report report(log_, 0);
    compute_lead_field(problem, options, path_, MPI_COMM_SELF, report);
  }
  std::string refusal(const LeadFieldProblem& problem, const SolverOptions& options = {}) {
    const std::string message = test::message_of<InputError>([&] { compute(problem, options); });
    EXPECT_FALSE(std::filesystem::exists(path_));
    EXPECT_FALSE(std::filesystem::exists(path_ + ".part"));
    return message;
  }
  test::ScratchFolder folder_;
  std::string path_ = folder_ / "lead_field.h5";
  std::ostringstream log_;
};

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

}  // namespace

TEST_F(LeadFieldEngine, RefusesOptionsThatCannotWork) {
  SolverOptions cubic;
  cubic.degree = 3;
  EXPECT_SAYS(refusal(small_problem(), cubic), "the degree of the tetrahedra is 3 but only 1 and 2 exist");
  SolverOptions linear;
  linear.degree = 1;
  linear.method = "multigrid";
  EXPECT_SAYS(refusal(small_problem(), linear), "between quadratic and linear tetrahedra but the degree is 1");
  SolverOptions misspelt;
  misspelt.method = "multigrit";
  EXPECT_SAYS(refusal(small_problem(), misspelt), "no solver method is called 'multigrit'; known: multigrid");
  SolverOptions loose;
  loose.tolerance = 0.5;
  EXPECT_SAYS(refusal(small_problem(), loose), "the solver tolerance is 0.5");
}

TEST_F(LeadFieldEngine, RefusesTissuesThatDoNotConductOrAreUnknown) {
  const auto with_conductivity = [](double value) {
    auto problem = small_problem();
    auto tissues = problem.tissues.tissues();
    tissues[0].conductivity_across = value;
    problem.tissues = TissueTable(tissues);
    return problem;
  };
  for (const double value : {0.0, -0.02}) {
    const std::string message = test::message_of<InputError>([&] { compute(with_conductivity(value)); });
    EXPECT_SAYS(message, "layer1");
    EXPECT_SAYS(message, "positive");
  }
  auto problem = small_problem();
  auto tissues = problem.tissues.tissues();
  tissues.pop_back();
  problem.tissues = TissueTable(tissues);
  EXPECT_SAYS(refusal(problem), "4");  // the label that is missing
}

TEST_F(LeadFieldEngine, RefusesFibreDirectionsThatDoNotFit) {
  auto problem = small_problem();
  problem.directions.conservativeResize(3, 7);
  EXPECT_SAYS(refusal(problem), "there are 7 fibre directions but the mesh has");
  problem = small_problem();
  std::size_t muscle = 0;
  while (problem.mesh.tet_labels[muscle] != 2) ++muscle;
  problem.directions.col(static_cast<Eigen::Index>(muscle)).setZero();
  EXPECT_SAYS(refusal(problem), "of the anisotropic tissue 'layer2' has a fibre direction of length 0");
}

TEST_F(LeadFieldEngine, RefusesBrokenMeshes) {
  auto problem = small_problem();
  std::swap(problem.mesh.tets[3][0], problem.mesh.tets[3][1]);
  EXPECT_SAYS(refusal(problem), "tetrahedron 3 of the mesh has a volume of -");
  problem = small_problem();
  problem.mesh.points.conservativeResize(3, problem.mesh.points.cols() + 1);
  problem.mesh.points.rightCols(1).setZero();
  EXPECT_SAYS(refusal(problem), "of the mesh belongs to no tetrahedron");
}

TEST_F(LeadFieldEngine, RefusesElectrodesThatAreNotUsable) {
  auto problem = small_problem();
  problem.electrodes.electrodes[1].position *= 1.2;
  EXPECT_SAYS(refusal(problem), "electrode 'E2' touches the skin on only 0 % of its area");
  problem = small_problem();
  problem.electrodes.electrodes[1].name = "E1";
  EXPECT_SAYS(refusal(problem), "two electrodes are called 'E1'");
  problem.electrodes.electrodes[1].name = "R";
  EXPECT_SAYS(refusal(problem), "electrode 'R' is also the reference");
  problem.electrodes.electrodes.clear();
  EXPECT_SAYS(refusal(problem), "there are no electrodes");
}

TEST_F(LeadFieldEngine, NamesTheElectrodeThatDoesNotConverge) {
  SolverOptions hasty;
  hasty.method = "multigrid";
  hasty.largest_iterations = 3;
  const std::string message = test::message_of<NumericalError>([&] { compute(small_problem(), hasty); });
  EXPECT_SAYS(message, "electrode 'E1': the relative residual is");
  EXPECT_SAYS(message, "after 3 iterations but 1e-10 is asked");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LeadFieldEngine, FileCarriesUnitsReferenceAndResiduals) {
  compute(small_problem());
  const Hdf5File file(path_, Hdf5File::Mode::read);
  EXPECT_EQ(file.text_attribute("/lead_field/potential", "unit"), "V/A");
  EXPECT_EQ(file.text_attribute("/", "reference"), "R");
  EXPECT_EQ(file.text_attribute("/", "mesh_hash"), small_problem().mesh.hash());
  EXPECT_EQ(file.read_names("/electrodes/names"), (std::vector<std::string>{"E1", "E2"}));
  for (const double residual : file.read_all<double>("/lead_field/residual")) EXPECT_LE(residual, 1e-10);
  for (const double current : file.read_all<double>("/lead_field/delivered_current")) EXPECT_NEAR(current, 1, 1e-8);
  EXPECT_LT(file.read_all<double>("/checks/reciprocity")[0], 1e-8);
  EXPECT_SAYS(log_.str(), "reciprocity (electrode field against forward solution)");
}

TEST_F(LeadFieldEngine, StoredFieldKeepsElectrodesAndChecksThatTheyAgree) {
  const auto problem = small_problem();
  compute(problem);
  const auto lead_field = open_lead_field(path_);
  EXPECT_EQ(lead_field->electrodes().hash(), problem.electrodes.hash());
  const Eigen::Matrix3Xd points = test::on_cylinder(0.02, 0.3, 0.055);
  const Eigen::MatrixXd both = lead_field->potential(points);
  ElectrodeArray wanted = problem.electrodes;
  std::swap(wanted.electrodes[0], wanted.electrodes[1]);
  lead_field->set_electrodes(wanted);
  EXPECT_EQ(lead_field->potential(points)(0, 0), both(1, 0));
  wanted.electrodes[0].position[2] += 2e-3;
  EXPECT_SAYS(test::message_of<InputError>([&] { lead_field->set_electrodes(wanted); }),
              "electrode 'E2' of the lead field lies 2.0 mm away");
  wanted.electrodes[0].name = "E9";
  EXPECT_SAYS(test::message_of<InputError>([&] { lead_field->set_electrodes(wanted); }),
              "has no electrode 'E9'; known: E1, E2");
  wanted.reference.name = "far";
  EXPECT_SAYS(test::message_of<InputError>([&] { lead_field->set_electrodes(wanted); }),
              "has the reference 'R' but 'far' is wanted");
}

TEST_F(LeadFieldEngine, PointsJustOutsideTakeTheSkinAndFartherOnesAreRefused) {
  compute(small_problem());
  const auto lead_field = open_lead_field(path_);
  Eigen::Matrix3Xd near(3, 2);
  near << test::on_cylinder(0.04, 0, 0.06), test::on_cylinder(0.0401, 0, 0.06);
  const Eigen::MatrixXd values = lead_field->potential(near);
  EXPECT_NEAR(values(1, 1), values(1, 0), 1e-9 * std::abs(values(1, 0)));
  const std::string message = test::message_of<InputError>(
      [&] { lead_field->potential(Eigen::Matrix3Xd(test::on_cylinder(0.0405, 0, 0.06))); });
  EXPECT_SAYS(message, "point 0 (40.50, 0.00, 60.00 mm) lies 0.50 mm outside the conductor");
  EXPECT_SAYS(
      test::message_of<InputError>([&] { lead_field->potential(Eigen::Matrix3Xd(Eigen::Vector3d(0.3, 0, 0))); }),
      "260.00 mm outside");
  EXPECT_SAYS(
      test::message_of<InputError>([&] { lead_field->potential(Eigen::Matrix3Xd(Eigen::Vector3d(NAN, 0, 0))); }),
      "is not a place");
}

// Points all over the muscle of the cylinder, more than are located anew each time.
FieldPoints many_points() {
  FieldPoints points{Eigen::Matrix3Xd(3, 12000), std::vector<int>(12000, 2)};
  for (Eigen::Index k = 0; k < points.places.cols(); ++k)
    points.places.col(k) = test::on_cylinder(0.013 + 1.4e-6 * static_cast<double>(k), 0.1 * static_cast<double>(k),
                                             0.001 + 9.8e-6 * static_cast<double>(k));
  return points;
}

TEST_F(LeadFieldEngine, ManyPointsAreLocatedOnceAndTheirOperatorIsKept) {
  compute(small_problem());
  const FieldPoints points = many_points();
  const FieldSamples samples = open_lead_field(path_)->sample(points);
  EXPECT_EQ(samples.potential, open_lead_field(path_)->potential(points.places));
  const std::string key =
      sampling_key(Hdf5File(path_, Hdf5File::Mode::read).text_attribute("/", "mesh_hash"), 2, points);
  auto kept = read_sampling(folder_.path(), key);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(open_lead_field(path_)->sample(points).potential, samples.potential);
  kept->barycentric.setConstant(0.25);
  keep_sampling(*kept, folder_.path(), key);
  EXPECT_NE(open_lead_field(path_)->sample(points).potential, samples.potential) << "the kept one is used";
  std::filesystem::resize_file(folder_ / ("sampling-" + key + ".h5"), 3000);
  EXPECT_EQ(open_lead_field(path_)->sample(points).potential, samples.potential) << "and made anew when damaged";
  EXPECT_EQ(open_lead_field(path_)->sample(points).smoothing_widths, samples.smoothing_widths);
}

TEST_F(LeadFieldEngine, PointsOutsideTheirTissueAreRefusedByName) {
  compute(small_problem());
  const Eigen::Matrix3Xd in_fat = test::on_cylinder(0.0365, 0.3, 0.055);
  EXPECT_NO_THROW(open_lead_field(path_)->sample({in_fat, {3}}));
  EXPECT_SAYS(test::message_of<InputError>([&] {
                open_lead_field(path_)->sample({in_fat, {2}});
              }),
              "lies in 'layer3' but must lie in 'layer2', which is ");
}

TEST_F(LeadFieldEngine, OtherFilesAreNotTakenForLeadFields) {
  {
    Hdf5File other(path_, Hdf5File::Mode::create);
    other.set_attribute("/", "format", "something else");
    other.finish();
  }
  EXPECT_SAYS(test::message_of<InputError>([&] { open_lead_field(path_); }), "is not a lead field of this program");
  EXPECT_SAYS(test::message_of<InputError>([&] { open_lead_field(folder_ / "none.h5"); }), "does not exist");
  std::filesystem::rename(path_, path_ + ".part");
  EXPECT_SAYS(test::message_of<InputError>([&] { compute(small_problem()); }), "is in the way of the new lead field");
}

TEST_F(LeadFieldEngine, IsFoundByNameAndReadsItsFileParameter) {
  compute(small_problem());
  register_lead_fields();
  const auto model = lead_fields().create("finite elements");
  EXPECT_SAYS(test::message_of<InputError>([&] { model->potential(Eigen::Matrix3Xd::Zero(3, 1)); }), "has no file yet");
  Parameters parameters;
  model->declare_parameters(parameters);
  const std::string file = folder_ / "run.prm";
  std::ofstream(file) << "subsection Lead field\n  set File = " << path_ << "\nend\n";
  parameters.read(file, {});
  model->parse_parameters(parameters, folder_.path());
  EXPECT_EQ(model->electrodes().names(), (std::vector<std::string>{"E1", "E2"}));
  EXPECT_SAYS(model->citation(), "1969");
}

// The difference of two electrodes' fields is the field with one of them as the reference.
TEST_F(LeadFieldEngine, FieldsAgainstAnotherReferenceDifferByTheFieldOfThatReference) {
  auto problem = small_problem();
  compute(problem);
  const Eigen::Matrix3Xd points =
      (Eigen::Matrix3Xd(3, 2) << test::on_cylinder(0.03, 0.3, 0.055), test::on_cylinder(0.02, 2, 0.08)).finished();
  const Eigen::MatrixXd against_r = open_lead_field(path_)->potential(points);
  std::swap(problem.electrodes.reference, problem.electrodes.electrodes[1]);
  compute(problem);
  const Eigen::MatrixXd against_e2 = open_lead_field(path_)->potential(points);
  const double expected = against_r(0, 0) - against_r(1, 0) - (against_r(0, 1) - against_r(1, 1));
  EXPECT_NEAR(against_e2(0, 0) - against_e2(0, 1), expected, 1e-8 * std::abs(expected));
}
