// References chosen at reading time: combinations of the rows that are there.
#include "forward/referenced_lead_field.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/errors.h"
#include "base/parameters.h"
#include "support/infinite_medium.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

const Eigen::Matrix3Xd places =
    (Eigen::Matrix3Xd(3, 4) << 0, 1e-3, 2e-3, 0, -10e-3, -12e-3, -15e-3, -20e-3, 0, 5e-3, 20e-3, 40e-3).finished();

std::unique_ptr<LeadField> grid_field() {
  return std::make_unique<test::InfiniteMedium>(test::plane_grid(3, 2, 8e-3, 5e-3, 0));
}

}  // namespace

TEST(Reference, OfThePatchLeavesTheFieldAsItIs) {
  auto field = grid_field();
  const LeadField* same = field.get();
  EXPECT_EQ(with_reference(std::move(field), {}).get(), same);
}

TEST(Reference, MeanOfAllElectrodesIsZeroAndDifferencesStay) {
  const Eigen::MatrixXd plain = grid_field()->potential(places);
  const auto field = with_reference(grid_field(), {ReferenceKind::mean, ""});
  const Eigen::MatrixXd potential = field->potential(places);
  EXPECT_LT(potential.colwise().sum().cwiseAbs().maxCoeff(), 1e-12 * plain.cwiseAbs().maxCoeff());
  EXPECT_LT((potential.row(3) - potential.row(1) - plain.row(3) + plain.row(1)).cwiseAbs().maxCoeff(),
            1e-12 * plain.cwiseAbs().maxCoeff());
  EXPECT_EQ(field->electrodes().reference.name, "mean of all electrodes");
  EXPECT_EQ(field->electrodes().names(), grid_field()->electrodes().names());
  EXPECT_EQ(field->sample({places, {}}).potential, potential);
  EXPECT_NE(field->hash(), grid_field()->hash());
}

TEST(Reference, OneElectrodeIsZeroItselfAndTheOthersAreDifferencesToIt) {
  const Eigen::MatrixXd plain = grid_field()->potential(places);
  auto field = with_reference(grid_field(), {ReferenceKind::electrode, "E2_1"});
  const Eigen::MatrixXd potential = field->potential(places);
  EXPECT_EQ(potential.row(2).cwiseAbs().maxCoeff(), 0);
  EXPECT_EQ(potential.row(5), plain.row(5) - plain.row(2));
  EXPECT_EQ(field->electrodes().reference.name, "E2_1");
  EXPECT_EQ(field->electrodes().reference.position, field->electrodes().electrodes[2].position);
  // Its place among the rows follows other electrodes.
  ElectrodeArray fewer = grid_field()->electrodes();
  fewer.electrodes.erase(fewer.electrodes.begin());
  field->set_electrodes(fewer);
  EXPECT_EQ(field->potential(places).row(1).cwiseAbs().maxCoeff(), 0);
}

TEST(Reference, UnknownNameListsTheNearestElectrodes) {
  const auto message = test::message_of<InputError>([] {
    with_reference(grid_field(), {ReferenceKind::electrode, "E3_3"});
  });
  EXPECT_EQ(
      message,
      "no electrode is called 'E3_3', which is wanted as the reference; known: E3_1, E3_2, E1_1, E1_2, E2_1, E2_2");
}

TEST(Reference, IsReadFromParameters) {
  const test::ScratchFolder folder;
  std::ofstream(folder / "a.prm") << "";
  const auto choice = [&](const std::vector<std::string>& settings) {
    Parameters parameters;
    ReferenceChoice::declare_parameters(parameters);
    parameters.read(folder / "a.prm", settings);
    return ReferenceChoice::parse_parameters(parameters);
  };
  EXPECT_EQ(choice({}).kind, ReferenceKind::patch);
  EXPECT_EQ(choice({"Montage/Reference=mean"}).kind, ReferenceKind::mean);
  const auto one = choice({"Montage/Reference=electrode", "Montage/Electrode=E2_1"});
  EXPECT_EQ(one.kind, ReferenceKind::electrode);
  EXPECT_EQ(one.electrode, "E2_1");
  const auto nameless = test::message_of<InputError>([&] { choice({"Montage/Reference=electrode"}); });
  EXPECT_NE(nameless.find("name the electrode that is the reference"), std::string::npos) << nameless;
  const auto unused = test::message_of<InputError>([&] { choice({"Montage/Electrode=E2_1"}); });
  EXPECT_NE(unused.find("is used with the reference 'electrode' only"), std::string::npos) << unused;
}
