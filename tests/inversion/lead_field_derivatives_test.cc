// Derivatives of lead fields by what a model assumes: on the layered cylinder, through references, and refused where a
// model has none.
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "forward/difference_tangent.h"
#include "forward/referenced_lead_field.h"
#include "forward/taylor_rate.h"
#include "solvers/analytic/cylinder_lead_field.h"
#include "support/infinite_medium.h"
#include "support/layered_cylinder_problem.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

constexpr double spacing = 8e-3;  // of a grid of 2 x 3 around theta = 0, z = 60 mm

ElectrodeArray grid_on_cylinder() {
  ElectrodeArray array;
  for (int row = 0; row < 2; ++row)
    for (int column = 0; column < 3; ++column) {
      const std::string name = "E" + std::to_string(row) + std::to_string(column);
      array.electrodes.push_back(
          test::skin_electrode(name, (column - 1) * spacing / 0.04, 0.06 + (row - 0.5) * spacing, 2e-3));
      array.electrodes.back().group = "grid1";
    }
  array.reference = test::skin_electrode("R", 3.0, 0.06, 4e-3);
  return array;
}

std::unique_ptr<CylinderLeadField> cylinder(double length) {
  auto result = std::make_unique<CylinderLeadField>(
      LayeredCylinder({{0.010, 0.02, 0.02}, {0.035, 0.1, 0.5}, {0.038, 0.04, 0.04}, {0.040, 1.0, 1.0}}), length);
  result->set_electrodes(grid_on_cylinder());
  return result;
}

const Eigen::Matrix3Xd places = [] {
  Eigen::Matrix3Xd points(3, 4);
  const double rho = 0.022;  // one distance from the axis is one table of the series
  points << test::on_cylinder(rho, 0.1, 0.050), test::on_cylinder(rho, -0.3, 0.062), test::on_cylinder(rho, 0.4, 0.071),
      test::on_cylinder(rho, 0.05, 0.055);
  return points;
}();

Eigen::VectorXd as_vector(const Eigen::MatrixXd& m) {
  return Eigen::Map<const Eigen::VectorXd>(m.data(), m.size());
}

std::vector<std::string> names_of(const LeadField& field) {
  std::vector<std::string> names;
  for (const auto& p : field.model_parameters()) names.push_back(p.name);
  return names;
}

// Largest entry of a - b, relative to that of b.
double difference_of(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

Eigen::VectorXd one_changed(const LeadField& field, std::size_t parameter, double by) {
  Eigen::VectorXd values = parameter_values(field);
  values[static_cast<Eigen::Index>(parameter)] += by;
  return values;
}

}  // namespace

TEST(TaylorRate, IsTwoForARightDerivativeAndOneForAWrongOne) {
  const auto sine = [](double x) { return Eigen::Vector2d(std::sin(1 + x), std::exp(x)); };
  EXPECT_NEAR(taylor_rate(sine, Eigen::Vector2d(std::cos(1.0), 1), 0.1).rate, 2, 0.1);
  EXPECT_NEAR(taylor_rate(sine, Eigen::Vector2d(0.9 * std::cos(1.0), 1), 0.01).rate, 1, 0.2);
  EXPECT_TRUE(
      std::isinf(taylor_rate([](double x) { return Eigen::Vector2d(3 * x, 1); }, Eigen::Vector2d(3, 0), 1).rate));
  EXPECT_TRUE(std::isnan(taylor_rate([](double) { return Eigen::Vector2d(NAN, 1); }, Eigen::Vector2d(3, 0), 1).rate));
}

TEST(CylinderDerivatives, NameConductivitiesOfLayersAndMotionsOfGrids) {
  const auto field = cylinder(0.12);
  EXPECT_EQ(names_of(*field),
            (std::vector<std::string>{"conductivity layer 1", "conductivity layer 2 across",
                                      "conductivity layer 2 along", "conductivity layer 3", "conductivity layer 4",
                                      "grid1 shift along limb", "grid1 shift around limb", "grid1 rotation"}));
  const ModelParameter along = field->model_parameters()[2];
  EXPECT_EQ(along.unit, "S/m");
  EXPECT_EQ(along.value, 0.5);
  EXPECT_LT(along.smallest, 0.35);
  EXPECT_GT(along.largest, 0.7);
  const Eigen::VectorXd values = one_changed(*field, 2, 0.1);
  EXPECT_EQ(parameter_values(*field->at(values)), values);
  EXPECT_EQ(field->at(parameter_values(*field))->potential(places), field->potential(places));
  EXPECT_NE(field->at(values)->hash(), field->hash());
}

TEST(CylinderDerivatives, HaveTaylorRemaindersOfSecondOrder) {
  const auto field = cylinder(0.12);
  const auto parameters = field->model_parameters();
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const DifferenceTangent tangent = difference_tangent(*field, places, p);
    EXPECT_LT(tangent.error, 1e-5) << parameters[p].name;
    const auto value = [&](double step) {
      return as_vector(field->at(one_changed(*field, p, step))->potential(places));
    };
    const TaylorRate found = taylor_rate(value, as_vector(tangent.values), 0.5 * parameters[p].uncertainty);
    EXPECT_GE(found.rate, 1.9) << parameters[p].name;
    EXPECT_LE(found.rate, 2.2) << parameters[p].name;
  }
}

// Potentials have the degree -1 in all conductivities together.
TEST(CylinderDerivatives, OfConductivitiesFulfilEulersIdentity) {
  const auto field = cylinder(0.12);
  const auto parameters = field->model_parameters();
  const Eigen::MatrixXd potential = field->potential(places);
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(potential.rows(), potential.cols());
  for (std::size_t p = 0; p < 5; ++p) sum += parameters[p].value * field->tangent(places, p);
  EXPECT_LT(difference_of(sum, -potential), 1e-7);
}

// A rigid motion of the whole grid against that of sources and reference the other way. Around: right-handed with the
// outward normal and the axis, towards smaller angles.
TEST(CylinderDerivatives, ByShiftsAreThoseOfSourcesMovedBack) {
  const auto field = cylinder(0);
  ElectrodeArray array = grid_on_cylinder();
  const double shift = 3e-3, angle = shift / 0.04;
  Eigen::Matrix3Xd back = places, turned_back = places;
  back.row(2).array() -= shift;
  for (Eigen::Index i = 0; i < places.cols(); ++i)
    turned_back.col(i) = Eigen::AngleAxisd(angle, Eigen::Vector3d::UnitZ()) * places.col(i);
  array.reference = test::skin_electrode("R", 3.0, 0.06 - shift, 4e-3);
  const auto along = cylinder(0), around = cylinder(0);
  along->set_electrodes(array);
  EXPECT_LT(difference_of(field->at(one_changed(*field, 5, shift))->potential(places), along->potential(back)), 1e-9);
  array.reference = test::skin_electrode("R", 3.0 + angle, 0.06, 4e-3);
  around->set_electrodes(array);
  EXPECT_LT(difference_of(field->at(one_changed(*field, 6, shift))->potential(places), around->potential(turned_back)),
            1e-9);
}

TEST(GridMotions, TurnAWideGridAsASheetRolledOnTheCylinder) {
  // 64 mm around, 40 mm along. Right-handed about the outward normal: what lies distally goes towards smaller angles.
  ElectrodeArray array;
  for (int row = 0; row < 5; ++row)
    for (int column = 0; column < 9; ++column)
      array.electrodes.push_back(test::skin_electrode(std::to_string(row) + "," + std::to_string(column),
                                                      (column - 4) * spacing / 0.04, (row - 2) * 10e-3, 2e-3));
  array.reference = test::skin_electrode("R", 3.0, 0.06, 4e-3);
  CylinderLeadField field(LayeredCylinder({{0.04, 0.3, 0.3}}), 0);
  field.set_electrodes(array);
  ASSERT_EQ(names_of(field).back(), "electrodes rotation");
  const double angle = 0.2;
  const auto turned = field.at(one_changed(field, 3, angle));
  for (std::size_t e = 0; e < array.electrodes.size(); ++e) {
    const double z = (static_cast<int>(e) / 9 - 2) * 10e-3, arc = (static_cast<int>(e) % 9 - 4) * spacing;
    const double z_turned = z * std::cos(angle) + arc * std::sin(angle),
                 arc_turned = arc * std::cos(angle) - z * std::sin(angle);
    const Eigen::Vector3d& found = turned->electrodes().electrodes[e].position;
    EXPECT_NEAR(found[2], z_turned, 1e-9) << e;
    EXPECT_NEAR(std::atan2(found[1], found[0]), arc_turned / 0.04, 1e-7) << e;
    EXPECT_NEAR(turned->electrodes().electrodes[e].along.dot(Eigen::Vector3d::UnitZ()), std::cos(angle), 1e-9);
  }
  EXPECT_EQ(turned->electrodes().reference.position, array.reference.position);
}

TEST(GridMotions, LeaveOutTheRotationOfASleeveAndContactsInside) {
  ElectrodeArray array;
  for (int column = 0; column < 8; ++column) {
    array.electrodes.push_back(test::skin_electrode("S" + std::to_string(column), column * M_PI / 4, 0.06, 2e-3));
    array.electrodes.back().group = "sleeve";
  }
  array.electrodes.push_back(test::skin_electrode("needle", 0, 0.06, 0));
  array.electrodes.back().group = "needle";
  array.electrodes.back().kind = ElectrodeKind::needle;
  const GridMotions motions(array, Eigen::Vector3d::UnitZ());
  ASSERT_EQ(motions.parameters().size(), 2U);
  EXPECT_EQ(motions.parameters()[1].name, "sleeve shift around limb");
  EXPECT_EQ(motions.electrodes_of(1).size(), 8U);
}

TEST(ReferencedDerivatives, GoThroughTheChoiceOfTheReference) {
  for (const ReferenceChoice& choice :
       {ReferenceChoice{ReferenceKind::mean, ""}, ReferenceChoice{ReferenceKind::electrode, "E01"}}) {
    const auto field = with_reference(cylinder(0.12), choice);
    const auto parameters = field->model_parameters();
    ASSERT_EQ(parameters.size(), 8U);
    const Eigen::MatrixXd gradient = Eigen::MatrixXd::Random(6, places.cols());
    const Eigen::VectorXd adjoint = field->adjoint(places, gradient);
    for (const std::size_t p : {1U, 7U}) {
      const Eigen::MatrixXd tangent = field->tangent(places, p);
      EXPECT_LT(difference_of(tangent, difference_tangent(*field, places, p).values), 1e-9);
      EXPECT_NEAR(adjoint[static_cast<Eigen::Index>(p)], gradient.cwiseProduct(tangent).sum(),
                  1e-9 * gradient.norm() * tangent.norm());
    }
  }
}

TEST(Derivatives, OfAModelWithoutParametersAreRefused) {
  const test::InfiniteMedium medium(test::plane_grid(3, 2, 8e-3, 5e-3, 0));
  EXPECT_TRUE(medium.model_parameters().empty());
  const std::string refusal =
      "this volume conductor has no parameters to differentiate by; use 'finite elements' with its mesh, or 'layered "
      "cylinder'";
  EXPECT_EQ(test::message_of<InputError>([&] { medium.tangent(places, 0); }), refusal);
  EXPECT_EQ(test::message_of<InputError>([&] { medium.adjoint(places, Eigen::MatrixXd::Zero(6, 4)); }), refusal);
  EXPECT_EQ(test::message_of<InputError>([&] { medium.at(Eigen::VectorXd()); }), refusal);
}
