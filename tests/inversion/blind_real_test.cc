// Blind decomposition of a real recording against published spikes.
#include <gtest/gtest.h>

#include <sstream>

#include "base/report.h"
#include "inversion/blind/blind.h"
#include "inversion/score/score.h"
#include "recording/recording_file.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

const std::string folder = "data/recordings/sternocleidomastoid";

// Published unit 0 (91 spikes) exactly; unit 1, on which blind codes differ by about 11 spikes; and a third one of
// about 92 that two codes agree on and the publication lacks.
TEST(BlindOnRealRecording, ThreeUnitsAreFoundFromEverySeed) {
  BMISS_NEEDS_DATA(folder);
  const Recording recording =
      read_recording(test::shared_path(folder + "/sub-01_task-sternocleidomastoid_run-01_emg.edf"));
  const auto reference = read_spike_events(test::shared_path(folder + "/reference_desc-decomposed_events.tsv"));
  ASSERT_EQ(reference.size(), 2U);
  for (const unsigned seed : {1U, 2U, 3U}) {
    std::ostringstream log;
    Report report(log, 0);
    BlindOptions options;
    options.seed = seed;
    const auto result = decompose_blind(recording, options, report);
    std::vector<UnitSpikes> units;
    for (const auto& unit : result.units) units.push_back(unit.spikes);
    const Score score = score_spikes(reference, units, {});
    ASSERT_EQ(score.matches.size(), 2U) << "seed " << seed << "\n" << log.str();
    EXPECT_GE(score.matches[0].rate_of_agreement, 0.95) << "seed " << seed << "\n" << log.str();
    EXPECT_NEAR(score.matches[1].missed + score.matches[1].added, 11, 5) << "seed " << seed << "\n" << log.str();
    ASSERT_EQ(score.unmatched_estimate.size(), 1U) << "seed " << seed << "\n" << log.str();
    const auto third = static_cast<std::size_t>(score.unmatched_estimate[0]);
    EXPECT_NEAR(static_cast<double>(units[third].times.size()), 92, 6) << "seed " << seed;
  }
}

}  // namespace
}  // namespace bmiss
