// `bmiss run` from a label map of a real limb to scored motor units, as a user runs it on two cores.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "recording/recording_file.h"
#include "recording/spike_events.h"
#include "support/run_program.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

struct Limb {
  std::string name, label_map, labels;  // of the parameter file and the outside data
};

class RealAnatomy : public testing::TestWithParam<Limb> {};

TEST_P(RealAnatomy, GoesFromLabelMapToScoredUnits) {
  const auto& [name, label_map, labels] = GetParam();
  BMISS_NEEDS_DATA(label_map);
  const test::ScratchFolder folder;
  const std::string out = folder / "out";
  const std::string data = " --set 'Anatomy/Label map=" + test::shared_path(label_map) +
                           "' --set 'Anatomy/Tissue table=" + test::shared_path(labels) + "'";
  const std::string file = std::string(BMISS_SOURCE_DIR) + "/tests/anatomy/" + name + ".prm --out " + out + data;
  const auto run = test::run_bmiss("run " + file, 2);
  ASSERT_EQ(run.exit_code, 0) << run.output;
  std::cout << run.output;

  std::ifstream stream(out + "/run.json");
  const auto json = nlohmann::json::parse(stream);
  const auto& facts = json.at("facts");
  EXPECT_LE(facts.at("lead field").at("reciprocity").get<double>(), 1e-8);
  EXPECT_LE(facts.at("lead field").at("symmetry").get<double>(), 1e-8);
  EXPECT_LE(facts.at("lead field").at("delivered current").get<double>(), 1e-8);
  constexpr double degrees = 180 / 3.14159265358979323846;
  EXPECT_GE(facts.at("mesh").at("smallest dihedral angle, rad").get<double>() * degrees, 8);
  EXPECT_GE(facts.at("mesh").at("1st percentile of the dihedral angle, rad").get<double>() * degrees, 15);
  for (const auto& warning : json.at("warnings"))
    EXPECT_EQ(warning.get<std::string>().find("is not in the mesh"), std::string::npos) << warning;

  EXPECT_EQ(read_recording(bids_recording_path(out + "/recording", BidsName())).channels.size(), 32u);
  const auto found = read_spike_events(out + "/decomposed_events.tsv");
  EXPECT_GE(found.size(), 3u);
  // Units that a blind decomposition accepts at 20 dB are right ones.
  EXPECT_GE(facts.at("score").at("units with agreement >= 0.9").get<double>(), 0.8 * static_cast<double>(found.size()));

  // Nothing changed, so a second run reuses every stage.
  const auto again = test::run_bmiss("run " + file, 2);
  EXPECT_EQ(again.exit_code, 0) << again.output;
  std::size_t reused = 0;
  for (std::size_t at = 0; (at = again.output.find("unchanged, reused", at)) != std::string::npos; ++at) ++reused;
  EXPECT_EQ(reused, 5u) << again.output;
}

INSTANTIATE_TEST_SUITE_P(BothLimbs, RealAnatomy,
                         testing::Values(Limb{"calf", "data/anatomy/calf_qmri_1mm.nii.gz", "data/anatomy/calf_qmri_labels.txt"},
                                         Limb{"forearm", "data/anatomy/forearm_bp3d_1mm.nii.gz",
                                              "data/anatomy/forearm_bp3d_labels.txt"}),
                         [](const auto& limb) { return limb.param.name; });

}  // namespace
}  // namespace bmiss
