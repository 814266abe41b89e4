// bmiss score as a user calls it.
#include <gtest/gtest.h>

#include <fstream>

#include "recording/spike_events.h"
#include "support/run_program.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

class ScoreProgram : public testing::Test {
protected:
  ScoreProgram() {
    UnitSpikes unit{0, {}};
    for (int i = 1; i <= 100; ++i) unit.times.push_back(0.1 * i);
    write_spike_events({unit}, 1000, folder_ / "true_events.tsv");
    write_spike_events({{4, unit.times}}, 1000, folder_ / "found_events.tsv");
    write("true_units.tsv", "unit_id\tdepth_mm\n0\t10\n");
    write("units.tsv",
          "unit_id\tn_spikes\tisi_cov\tsilhouette\tpulse_to_noise_dB\tdepth_mm\tdepth_sd_mm\n4\t100\t0.1\t0.93\t31\t"
          "10.5\t1\n");
    write("run.json",
          R"({"phases_seconds": {"lead field": 60.5, "decompose": 12.5, "decompose / blind decomposition": 12},)"
          R"( "phases_cpu_seconds": {"lead field": 59, "decompose": 24.5}, "peak_memory_bytes": 2.5e9,)"
          R"( "facts": {"decompose": {"threads": 2}}})");
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  std::string path(const std::string& name) const { return "'" + (folder_ / name) + "'"; }
  test::ScratchFolder folder_;
};

TEST_F(ScoreProgram, PrintsTheFieldsTablePropertiesAndCost) {
  const auto result = test::run_bmiss("score " + path("true_events.tsv") + " " + path("found_events.tsv") +
                                      " --units " + path("units.tsv") + " --true-units " + path("true_units.tsv") +
                                      " --run " + path("run.json") + " --out-properties " + path("p.tsv"));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  for (const char* part : {"units with an agreement ≥ 0.9", "share of all true spikes found", "depth", "100 %",
                           "field computations", "60.5", "24.5", "2.50", "0.930"})
    EXPECT_TRUE(result.says(part)) << part << '\n' << result.output;
  std::ifstream written(folder_ / "p.tsv");
  std::string header, row;
  std::getline(written, header);
  std::getline(written, row);
  EXPECT_EQ(header,
            "property\tn_units\tbias\tmean_absolute_error\troot_mean_square_error\tr_squared\tn_intervals\t"
            "coverage");
  EXPECT_EQ(row, "depth_mm\t1\t0.5\t0.5\t0.5\tn/a\t1\t1");
}

TEST_F(ScoreProgram, WithoutTruthTellsTheQualityOfUnits) {
  const auto result = test::run_bmiss("score --units " + path("units.tsv"));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(result.says("silhouette") && result.says("dispersion of intervals") && result.says("31.0"))
      << result.output;
}

TEST_F(ScoreProgram, SaysWhatIsMissing) {
  const auto expect = [&](const std::string& arguments, const std::string& sentence) {
    const auto result = test::run_bmiss("score " + arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_TRUE(result.says(sentence)) << result.output;
  };
  expect("",
         "there is nothing to judge; give two events.tsv, or --units with a units.tsv where the truth is not known");
  expect(path("true_events.tsv"),
         "one table of spikes cannot be compared; give two events.tsv, the reference and then the estimate");
  expect(path("true_events.tsv") + " " + path("found_events.tsv") + " --true-units " + path("true_units.tsv"),
         "the true properties have nothing to be compared with; give --units too");
  expect("--run " + path("units.tsv"), "'phases_seconds' is missing, so this is no record of a run; give a run.json");
  expect("--run " + path("none.json"), "the record of a run does not exist; check the path");
}

}  // namespace
}  // namespace bmiss
