// Derivatives of the finite-element lead field: by the adjoint equation, against tangents, Taylor remainders and the
// layered cylinder.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/errors.h"
#include "base/report.h"
#include "forward/taylor_rate.h"
#include "solvers/analytic/cylinder_lead_field.h"
#include "solvers/conductor/conductivity_parameters.h"
#include "solvers/conductor/law/tissue_laws.h"
#include "solvers/lead_field/finite_element_model.h"
#include "solvers/lead_field/store.h"
#include "solvers/verification/derivative_checks.h"
#include "support/layered_cylinder_problem.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

constexpr double spacing = 10e-3;  // of a grid of 2 x 2 around theta = 0, z = 60 mm

std::shared_ptr<LeadFieldProblem> problem_on_mesh(double finest, double coarsest, double growth) {
  std::vector<Electrode> electrodes;
  for (int row = 0; row < 2; ++row)
    for (int column = 0; column < 2; ++column) {
      electrodes.push_back(test::skin_electrode("E" + std::to_string(row) + std::to_string(column),
                                                (column - 0.5) * spacing / 0.04, 0.06 + (row - 0.5) * spacing, 3e-3));
      electrodes.back().group = "grid1";
    }
  return std::make_shared<LeadFieldProblem>(
      test::cylinder_problem(test::reference_cylinder(finest, coarsest, growth, {{0, 0.06}}), electrodes,
                             test::skin_electrode("R", 3.0, 0.06, 4e-3)));
}

const Eigen::Matrix3Xd places = [] {
  Eigen::Matrix3Xd points(3, 5);
  for (Eigen::Index i = 0; i < 5; ++i)
    points.col(i) = test::on_cylinder(0.026, 0.1, 0.045 + 8e-3 * static_cast<double>(i));
  return points;
}();

FiniteElementModelOptions iterating(double tolerance = 1e-11) {
  FiniteElementModelOptions options;
  options.solver.method = "multigrid";
  options.solver.tolerance = tolerance;
  return options;
}

class FiniteElementDerivatives : public testing::Test {
protected:
  static void SetUpTestSuite() {
    model_ = new FiniteElementModel(problem_on_mesh(3e-3, 8e-3, 0.3), iterating(), MPI_COMM_SELF);
    for (std::size_t p = 0; p < model_->model_parameters().size(); ++p) tangents_.push_back(model_->tangent(places, p));
  }
  static void TearDownTestSuite() { delete model_; }
  static FiniteElementModel* model_;
  static std::vector<Eigen::MatrixXd> tangents_;
};
FiniteElementModel* FiniteElementDerivatives::model_ = nullptr;
std::vector<Eigen::MatrixXd> FiniteElementDerivatives::tangents_;

double difference_of(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

// As currents that sum to zero see them: up to a constant of each electrode.
Eigen::MatrixXd balanced(const Eigen::MatrixXd& potential) {
  return potential.colwise() - potential.rowwise().mean().eval();
}

Eigen::VectorXd as_vector(const Eigen::MatrixXd& m) {
  return Eigen::Map<const Eigen::VectorXd>(m.data(), m.size());
}

}  // namespace

TEST_F(FiniteElementDerivatives, NameTheTissuesByKindAndTheGrid) {
  std::vector<std::string> names;
  for (const auto& p : model_->model_parameters()) names.push_back(p.name);
  EXPECT_EQ(names, (std::vector<std::string>{"conductivity bone", "conductivity muscle across",
                                             "conductivity muscle along", "conductivity fat", "conductivity skin",
                                             "grid1 shift along limb", "grid1 shift around limb", "grid1 rotation"}));
}

TEST_F(FiniteElementDerivatives, HaveTaylorRemaindersOfSecondOrder) {
  const auto parameters = model_->model_parameters();
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const auto value = [&](double step) {
      Eigen::VectorXd values = parameter_values(*model_);
      values[static_cast<Eigen::Index>(p)] += step;
      return as_vector(model_->at(values)->potential(places));
    };
    const TaylorRate found = taylor_rate(value, as_vector(tangents_[p]), 0.25 * parameters[p].uncertainty);
    EXPECT_GE(found.rate, 1.9) << parameters[p].name;
    EXPECT_LE(found.rate, 2.3) << parameters[p].name;
  }
}

TEST_F(FiniteElementDerivatives, ByTheAdjointEquationAreTheTangents) {
  std::srand(3);
  const Eigen::MatrixXd gradient = Eigen::MatrixXd::Random(4, places.cols());
  const Eigen::VectorXd adjoint = model_->adjoint(places, gradient);
  for (std::size_t p = 0; p < tangents_.size(); ++p) {
    const double expected = gradient.cwiseProduct(tangents_[p]).sum();
    EXPECT_NEAR(adjoint[static_cast<Eigen::Index>(p)], expected, 1e-8 * std::abs(expected)) << p;
  }
}

TEST_F(FiniteElementDerivatives, OfConductivitiesFulfilEulersIdentity) {
  const Eigen::MatrixXd potential = model_->potential(places);
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(potential.rows(), potential.cols());
  for (std::size_t p = 0; p < 5; ++p) sum += model_->model_parameters()[p].value * tangents_[p];
  EXPECT_LT(difference_of(sum, -potential), 1e-8);
}

TEST(FiniteElementModel, HasTheDerivativesOfTheLayeredCylinder) {
  const FiniteElementModel model(problem_on_mesh(2.2e-3, 6e-3, 0.25), iterating(), MPI_COMM_SELF);
  CylinderLeadField cylinder(
      LayeredCylinder({{0.010, 0.02, 0.02}, {0.035, 0.1, 0.5}, {0.038, 0.04, 0.04}, {0.040, 1.0, 1.0}}), 0.12);
  cylinder.set_electrodes(model.electrodes());
  const auto parameters = model.model_parameters();
  ASSERT_EQ(cylinder.model_parameters().size(), parameters.size());
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const double difference = difference_of(balanced(model.tangent(places, p)), balanced(cylinder.tangent(places, p)));
    // The bone's circle of 10 mm is a polygon with edges of up to 6 mm.
    EXPECT_LT(difference, parameters[p].name == "conductivity bone" ? 0.1 : 0.03) << parameters[p].name;
  }
}

TEST_F(FiniteElementDerivatives, StayTrueAtOtherValues) {
  Eigen::VectorXd values = parameter_values(*model_);
  values[1] *= 1.3;
  values[5] = 2e-3;
  values[7] = 0.05;
  const auto other = model_->at(values);
  EXPECT_EQ(parameter_values(*other), values);
  for (const std::size_t p : {1U, 5U, 7U}) {
    const auto potential_at = [&](double step) {
      Eigen::VectorXd there = values;
      there[static_cast<Eigen::Index>(p)] += step;
      return model_->at(there)->potential(places);  // from the first model, not from the second
    };
    const double step = 0.05 * other->model_parameters()[p].uncertainty;
    const Eigen::MatrixXd difference = (potential_at(step) - potential_at(-step)) / (2 * step);
    EXPECT_LT(difference_of(other->tangent(places, p), difference), 3e-3) << p;
  }
}

TEST(FiniteElementModel, TakesTheFieldsOfAFileAndRefusesThoseOfOthers) {
  const test::ScratchFolder folder;
  const auto problem = problem_on_mesh(5e-3, 14e-3, 0.5);
  FiniteElementModelOptions options = iterating();
  std::ostringstream log;
  Report report(log, 0);
  const std::string path = folder / "lead_field.h5";
  compute_lead_field(*problem, options.solver, path, MPI_COMM_SELF, report);
  const FiniteElementModel solved(problem, options, MPI_COMM_SELF);
  options.stored = path;
  FiniteElementModel read(problem, options, MPI_COMM_SELF);
  const auto stored = open_lead_field(path);
  EXPECT_LT(difference_of(read.potential(places), stored->potential(places)), 1e-12);
  EXPECT_LT(difference_of(solved.potential(places), stored->potential(places)), 1e-8);
  EXPECT_EQ(read.sample({places, {2, 2, 2, 2, 2}}).smoothing_widths, stored->smoothing_widths(places));
  EXPECT_LT(difference_of(read.tangent(places, 2), solved.tangent(places, 2)), 1e-7);
  // A choice of its electrodes.
  ElectrodeArray two = problem->electrodes;
  two.electrodes = {problem->electrodes.electrodes[2], problem->electrodes.electrodes[0]};
  const Eigen::MatrixXd all = read.tangent(places, 5);
  read.set_electrodes(two);
  EXPECT_LT(difference_of(read.tangent(places, 5).row(0), all.row(2)), 1e-8);
  two.electrodes[1].name = "E77";
  EXPECT_EQ(test::message_of<InputError>([&] { read.set_electrodes(two); }).substr(0, 33),
            "the model has no electrode 'E77';");
  problem->tissues = TissueTable(
      {test::layer(1, "layer1", TissueKind::bone, 0.02, 0.02), test::layer(2, "layer2", TissueKind::muscle, 0.2, 0.5),
       test::layer(3, "layer3", TissueKind::fat, 0.04, 0.04), test::layer(4, "layer4", TissueKind::skin, 1.0, 1.0)});
  EXPECT_EQ(test::message_of<InputError>([&] { FiniteElementModel(problem, options, MPI_COMM_SELF); }),
            path +
                ": is not the lead field of this study's mesh, conductivities, electrodes and solver; run bmiss "
                "leadfield again");
}

TEST(FiniteElementModel, RefusesCompleteElectrodes) {
  const auto problem = problem_on_mesh(5e-3, 14e-3, 0.5);
  problem->electrodes.electrodes[1].model = ElectrodeModel::complete;
  EXPECT_EQ(
      test::message_of<InputError>([&] { FiniteElementModel(problem, iterating(), MPI_COMM_SELF); }),
      "electrode 'E01' is a complete one, whose contact has no derivatives; make it uniform to fit conductivities "
      "or the place of its grid");
}

// The mean of the isotropic law is a cube root of the table's numbers, and several muscles share theirs.
TEST(ConductivityParameters, GroupTissuesAndDifferentiateAnyLaw) {
  const auto problem = problem_on_mesh(8e-3, 20e-3, 0.5);
  const TissueTable table(
      {test::layer(1, "inner", TissueKind::muscle, 0.1, 0.5), test::layer(2, "outer", TissueKind::muscle, 0.1, 0.5),
       test::layer(3, "fat", TissueKind::fat, 0.04, 0.04), test::layer(4, "gel", TissueKind::other, 1.0, 1.0),
       test::layer(5, "absent", TissueKind::bone, 0.02, 0.02)});
  const ConductivityParameters parameters(table, {1, 2, 3, 4});
  ASSERT_EQ(parameters.parameters().size(), 4U);
  EXPECT_EQ(parameters.parameters()[1].name, "conductivity muscle along");
  Eigen::VectorXd values(4);
  values << 0.1, 0.5, 0.04, 1.0;
  EXPECT_EQ(parameters.at(values).by_name("outer").conductivity_along, 0.5);
  const ConductivityLaws isotropic("isotropic", std::make_shared<IsotropicLaw>());
  const CornerTensors derivative =
      tensor_derivative(problem->mesh, problem->directions, isotropic, parameters, values, 1);
  const double expected = std::cbrt(0.1 * 0.1 * 0.5) / (3 * 0.5);
  for (std::size_t tet = 0; tet < problem->mesh.n_tets(); ++tet) {
    const bool muscle = problem->mesh.tet_labels[tet] <= 2;
    EXPECT_NEAR(derivative(0, static_cast<Eigen::Index>(tet)), muscle ? expected : 0, 1e-8);
  }
  const TissueTable two(
      {test::layer(1, "inner", TissueKind::muscle, 0.1, 0.5), test::layer(2, "outer", TissueKind::muscle, 0.1, 0.4)});
  EXPECT_EQ(ConductivityParameters(two, {1, 2}).parameters()[2].name, "conductivity outer across");
}

namespace {

// With one tangent of 1 % too much.
class WrongCylinder final : public CylinderLeadField {
public:
  using CylinderLeadField::CylinderLeadField;
  Eigen::MatrixXd tangent(const Eigen::Matrix3Xd& points, std::size_t parameter) const override {
    return (parameter == 1 ? 1.01 : 1.0) * CylinderLeadField::tangent(points, parameter);
  }
  Eigen::VectorXd adjoint(const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& gradient) const override {
    return CylinderLeadField(*this).adjoint(points, gradient);
  }
};

}  // namespace

TEST(DerivativeCheck, FailsForTheParameterWhoseTangentIsWrong) {
  ElectrodeArray array;
  array.electrodes = {test::skin_electrode("E1", 0.2, 0.05, 3e-3)};
  array.reference = test::skin_electrode("R", 3.0, 0.06, 4e-3);
  WrongCylinder cylinder(LayeredCylinder({{0.035, 0.1, 0.5}, {0.040, 0.04, 0.04}}), 0.12);
  cylinder.set_electrodes(array);
  const auto verdicts = check_each_derivative(cylinder, test::on_cylinder(0.02, 0.1, 0.05), "cylinder");
  ASSERT_EQ(verdicts.size(), 6U);  // three conductivities, two shifts, the adjoint
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const bool wrong = i == 1 || i == 5;
    EXPECT_EQ(verdicts[i].state, wrong ? Verdict::State::failed : Verdict::State::passed) << verdicts[i].check;
  }
  EXPECT_EQ(verdicts[1].check, "Taylor rate, conductivity layer 1 along");
  EXPECT_NE(test::message_of<CheckError>([&] { require_passed(verdicts); }).find(", limit >= 1.9)"), std::string::npos);
}
