// bmiss decompose as a user calls it: the files it leaves.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/tsv_file.h"
#include "physiology/random_stream.h"
#include "recording/recording_file.h"
#include "support/small_study.h"

namespace bmiss {
namespace {

// Noise at the electrodes of SmallStudy.
std::string noise_recording(const std::string& folder) {
  Recording recording;
  recording.rate = 2048;
  recording.task = "isometric";
  RandomStream random(4, "noise", 0);
  for (const std::string name : {"grid1_r01c01", "grid1_r02c01"}) {
    recording.channels.emplace_back();
    recording.channels.back().name = recording.channels.back().electrode = name;
    recording.channels.back().group = "grid1";
  }
  recording.signal.resize(2, 5 * 2048);
  for (double& v : recording.signal.reshaped()) v = 1e-5 * random.gaussian();
  return write_bids_recording(recording, folder, BidsName());
}

TEST(DecomposeProgram, WritesAPictureEvenWithoutUnits) {
  const test::ScratchFolder folder;
  const std::string edf = noise_recording(folder / "bids");
  const auto result = test::run_bmiss("decompose " + edf + " --out " + (folder / "out"));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  for (const char* name : {"decomposed_events.tsv", "units.tsv", "neural_drive.tsv", "decomposition.png"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / ("out/" + std::string(name)))) << name << "\n" << result.output;
    EXPECT_TRUE(result.says(name)) << result.output;
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "out/identifiability.tsv"));
}

TEST(DecomposeProgram, WritesWhatTheElectrodesCanSeeWhereAModelIsUsed) {
  const test::SmallStudy study;
  const auto solved = study.run("leadfield");
  ASSERT_EQ(solved.exit_code, 0) << solved.output;
  const test::ScratchFolder folder;
  const auto result = test::run_bmiss("decompose " + noise_recording(folder / "bids") + " --method model -p " +
                                      study.file("study.prm") +
                                      " --set Decomposition/Model/Atoms=150 --set Decomposition/Model/Rounds=1");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(result.says("smallest size [S um]")) << result.output;
  ASSERT_TRUE(std::filesystem::exists(study.file("identifiability.vtu"))) << result.output;
  const TsvFile table(study.file("identifiability.tsv"));
  ASSERT_GT(table.n_rows(), 50U);
  // The muscle lies under 0 to 20 mm of skin; d' and size tell the same.
  const double product = table.real(0, "d_prime_of_typical_unit") * table.real(0, "smallest_size_S_um");
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    EXPECT_EQ(table.text(row, "muscle"), "shallow");
    EXPECT_LT(table.real(row, "depth_mm"), 20);
    EXPECT_NEAR(table.real(row, "d_prime_of_typical_unit") * table.real(row, "smallest_size_S_um"), product,
                1e-6 * product);
  }
  EXPECT_NEAR(product, 5 * 150 * 2.3758e-3, 1e-3);
}

TEST(DecomposeProgram, FindsTheSameOnTwoRanksAndEndsThereOnBadInput) {
  const test::SmallStudy study;
  const std::string set =
      "--set Grids/grid1/Rows=3 --set Grids/grid1/Columns=4 --set Grids/grid1/Radius=2 --set Mesh/Electrode\\ edge=3 "
      "--set Motoneuron\\ pool/Units=8 --set Drive/Level=60 --set EMG/Duration=8 "
      "--set Decomposition/Model/Atoms=150 --set Decomposition/Model/Rounds=1 ";
  for (const char* stage : {"mesh", "leadfield", "simulate"}) {
    const auto made = study.run(stage, set);
    ASSERT_EQ(made.exit_code, 0) << made.output;
  }
  const auto decompose = [&](int ranks, const std::string& more) {
    return test::run_bmiss("decompose --method model -p " + study.file("study.prm ") + set + more, ranks);
  };
  const auto events = [&] {
    std::ifstream stream(study.file("decomposed_events.tsv"));
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  const auto alone = decompose(1, "");
  ASSERT_EQ(alone.exit_code, 0) << alone.output;
  EXPECT_TRUE(alone.says("round 1: ")) << alone.output;
  EXPECT_FALSE(alone.says("found blind")) << alone.output;
  const std::string found = events();
  EXPECT_GT(std::count(found.begin(), found.end(), '\n'), 30) << alone.output;
  const auto together = decompose(2, "");
  ASSERT_EQ(together.exit_code, 0) << together.output;
  EXPECT_EQ(events(), found);
  const auto bad = decompose(2, "--set 'Decomposition/Model folder=nowhere'");
  EXPECT_EQ(bad.exit_code, 2) << bad.output;
  EXPECT_TRUE(bad.says("nowhere")) << bad.output;
}

}  // namespace
}  // namespace bmiss
