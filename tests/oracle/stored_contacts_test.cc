// Contact impedances, passive metal and amplifiers chosen when a lead-field file is read.
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <fstream>
#include <sstream>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/parameters.h"
#include "base/report.h"
#include "solvers/lead_field/electrode_block.h"
#include "solvers/lead_field/electrode_load.h"
#include "solvers/lead_field/engine.h"
#include "solvers/lead_field/store.h"
#include "support/layered_cylinder_problem.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

constexpr double wet = 1e-3, dry = 1;  // [ohm m^2]

ElectrodeArray with_impedances(ElectrodeArray array, double impedance) {
  for (auto& electrode : array.electrodes) electrode.contact_impedance = impedance;
  array.reference.contact_impedance = impedance;
  return array;
}

// Two recorded electrodes, one passive, all of them and the reference complete.
LeadFieldProblem complete_problem() {
  const auto complete = [](const std::string& name, double theta, double z) {
    Electrode electrode = test::skin_electrode(name, theta, z, 4e-3);
    electrode.model = ElectrodeModel::complete;
    electrode.current_modes = 3;
    electrode.contact_impedance = wet;
    electrode.group = name == "P" ? "shunt" : "arm";
    return electrode;
  };
  LeadFieldProblem problem = test::cylinder_problem(
      test::reference_cylinder(4e-3, 12e-3, 0.5, {{0, 0.06}}),
      {complete("E1", 0, 0.05), complete("E2", 0, 0.06), complete("P", 0.4, 0.055)}, complete("R", 3.0, 0.06));
  problem.electrodes.electrodes[2].passive = true;
  return problem;
}

struct StoredFile {
  test::ScratchFolder folder;
  std::string path = folder / "lead_field.h5";
  LeadFieldProblem problem = complete_problem();
  LeadFieldChecks checks;
  StoredFile() {
    std::ostringstream log;
    Report report(log, 0);
    checks = compute_lead_field(problem, {}, path, MPI_COMM_SELF, report);
  }
  static const StoredFile& once() {
    static const StoredFile file;
    return file;
  }
};

const Eigen::Matrix3Xd points = (Eigen::Matrix3Xd(3, 3) << test::on_cylinder(0.033, 0.1, 0.05),
                                 test::on_cylinder(0.033, 0.1, 0.058), test::on_cylinder(0.02, 2, 0.08))
                                    .finished();

double change(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

// The file read with a section of parameters.
std::unique_ptr<LeadField> read_with(const std::vector<std::string>& settings) {
  register_lead_fields();
  auto field = lead_fields().create("finite elements");
  Parameters parameters;
  field->declare_parameters(parameters);
  const test::ScratchFolder folder;
  std::ofstream(folder / "a.prm") << "";
  std::vector<std::string> all{"Lead field/File=" + StoredFile::once().path};
  for (const auto& setting : settings) all.push_back("Lead field/" + setting);
  parameters.read(folder / "a.prm", all);
  field->parse_parameters(parameters, folder.path());
  return field;
}

std::string refusal(const std::vector<std::string>& settings) {
  return test::message_of<InputError>([&] { read_with(settings); });
}

}  // namespace

TEST(StoredContacts, FileHoldsARowForEveryModeAndTheirBlock) {
  const Hdf5File file(StoredFile::once().path, Hdf5File::Mode::read);
  EXPECT_EQ(file.read_names("/electrode_block/name"),
            (std::vector<std::string>{"E1", "E2", "P", "E1 mode 1", "E1 mode 2", "E2 mode 1", "E2 mode 2", "P mode 1",
                                      "P mode 2", "R mode 1", "R mode 2"}));
  EXPECT_EQ(file.shape("/lead_field/potential")[0], 11u);
  const ElectrodeBlock block = read_electrode_block(file);
  EXPECT_LT(change(block.resistances, block.resistances.transpose()), 1e-15);
  EXPECT_GT(Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(block.resistances).eigenvalues().minCoeff(), 0);
  EXPECT_NEAR(block.areas[0], M_PI * 16e-6, 1e-6);
  EXPECT_LT(StoredFile::once().checks.symmetry, 1e-8);
  EXPECT_LT(StoredFile::once().checks.delivered_current, 1e-8);
  EXPECT_LT(StoredFile::once().checks.reciprocity, 1e-8);
}

TEST(StoredContacts, OfTheElectrodesThatAreSetReplaceThoseOfTheFile) {
  const StoredFile& stored = StoredFile::once();
  const auto field = open_lead_field(stored.path);
  EXPECT_EQ(field->electrodes().names(), (std::vector<std::string>{"E1", "E2"}));  // the passive one is not recorded
  const std::string hash = field->hash();
  const Eigen::MatrixXd with_gel = field->potential(points);
  field->set_electrodes(with_impedances(stored.problem.electrodes, dry));
  const Eigen::MatrixXd without = field->potential(points);
  EXPECT_GT(change(without, with_gel), 3e-3);
  EXPECT_NE(field->hash(), hash);
  field->set_electrodes(stored.problem.electrodes);
  EXPECT_EQ(field->potential(points), with_gel);
  EXPECT_EQ(field->hash(), hash);
}

// Read as uniform patches, complete electrodes give what a file of uniform patches gives.
TEST(StoredContacts, CompleteElectrodesReadAsUniformOnesAreUniformOnes) {
  const StoredFile& stored = StoredFile::once();
  LeadFieldProblem plain = stored.problem;
  for (auto& electrode : plain.electrodes.electrodes) {
    electrode.model = ElectrodeModel::uniform;
    electrode.current_modes = 1;
  }
  plain.electrodes.reference.model = ElectrodeModel::uniform;
  plain.electrodes.reference.current_modes = 1;
  const auto field = open_lead_field(stored.path);
  field->set_electrodes(plain.electrodes);
  const test::ScratchFolder folder;
  std::ostringstream log;
  Report report(log, 0);
  compute_lead_field(plain, {}, folder / "plain.h5", MPI_COMM_SELF, report);
  const auto expected = open_lead_field(folder / "plain.h5");
  EXPECT_LT(change(field->potential(points), expected->potential(points)), 1e-9);
  // The other way round rows are missing.
  const auto message = test::message_of<InputError>([&] { expected->set_electrodes(stored.problem.electrodes); });
  EXPECT_NE(message.find("electrode 'E1' of the lead field has the model 'uniform' but 'complete' with 3 current modes "
                         "is wanted; compute the lead field of these electrodes"),
            std::string::npos)
      << message;
}

TEST(StoredContacts, PassiveMetalCountsAlthoughItIsNotRecorded) {
  const StoredFile& stored = StoredFile::once();
  const auto field = open_lead_field(stored.path);
  ElectrodeArray array = stored.problem.electrodes;
  const Eigen::MatrixXd shunted = field->potential(points);
  array.electrodes[2].contact_impedance = 1e9;
  field->set_electrodes(array);
  EXPECT_GT(change(field->potential(points), shunted), 1e-3);
  // Left out of the list, it is still on the skin.
  array.electrodes.pop_back();
  field->set_electrodes(array);
  EXPECT_EQ(field->potential(points), shunted);
}

TEST(StoredContacts, AreChangedByParameters) {
  const StoredFile& stored = StoredFile::once();
  const Eigen::MatrixXd as_stored = read_with({})->potential(points);
  EXPECT_EQ(as_stored, open_lead_field(stored.path)->potential(points));
  const auto field = open_lead_field(stored.path);
  field->set_electrodes(with_impedances(stored.problem.electrodes, dry));
  EXPECT_EQ(read_with({"Contact impedances=10"})->potential(points), field->potential(points));  // 10 kohm cm^2
  ElectrodeArray mixed = with_impedances(stored.problem.electrodes, wet);
  mixed.electrodes[0].contact_impedance = dry;
  mixed.electrodes[2].contact_impedance = 2 * dry;
  field->set_electrodes(mixed);
  const auto changed = read_with({"Contact impedances=arm: 0.01, E1: 10, shunt: 20"});
  EXPECT_EQ(changed->potential(points), field->potential(points));
  // They win over those of the electrodes that are set (the reference is of the group arm too).
  changed->set_electrodes(with_impedances(stored.problem.electrodes, 0.5));
  field->set_electrodes(mixed);
  EXPECT_LT(change(changed->potential(points), field->potential(points)), 1e-12);
}

TEST(StoredContacts, AnAmplifierThatDrawsCurrentLowersTheVoltages) {
  const Eigen::MatrixXd open = read_with({"Contact impedances=10"})->potential(points);
  const Eigen::MatrixXd good = read_with({"Contact impedances=10", "Input impedance=1000"})->potential(points),
                        poor = read_with({"Contact impedances=10", "Input impedance=0.1"})->potential(points);
  EXPECT_LT(change(good, open), 1e-4);
  // 1 ohm m^2 on 50 mm^2 is 20 kohm, at both ends of 100 kohm: a share of 0.1 / (0.1 + 0.02 + …).
  EXPECT_GT(change(poor, open), 0.1);
  EXPECT_LT(poor(0, 0) / open(0, 0), 0.9);
}

TEST(StoredContacts, ThatCannotBeAreRefused) {
  EXPECT_NE(refusal({"Contact impedances=arn: 5"}).find("no grid or electrode is called 'arn'; known: arm"),
            std::string::npos)
      << refusal({"Contact impedances=arn: 5"});
  for (const char* value : {"0", "-2", "arm: 0", "arm: nan"})
    EXPECT_NE(refusal({std::string("Contact impedances=") + value})
                  .find("'" + std::string(value) + "' is not positive; give the impedance of a contact in kohm cm^2"),
              std::string::npos)
        << refusal({std::string("Contact impedances=") + value});
  EXPECT_NE(refusal({"Contact impedances=arm: much"}).find("is not a number of kohm cm^2, nor 'name: number'"),
            std::string::npos);
  const auto field = open_lead_field(StoredFile::once().path);
  EXPECT_EQ(test::message_of<InputError>(
                [&] { field->set_electrodes(with_impedances(StoredFile::once().problem.electrodes, -1)); }),
            "electrode 'E1' has a contact impedance of -10 kohm cm^2; give a complete electrode a positive one");
}
