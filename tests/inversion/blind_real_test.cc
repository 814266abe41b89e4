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

TEST(BlindOnRealRecording, PublishedUnitIsFoundFromEverySeed) {
  BMISS_NEEDS_DATA(folder);
  const Recording recording =
      read_recording(test::shared_path(folder + "/sub-01_task-sternocleidomastoid_run-01_emg.edf"));
  // Unit 0 alone: on unit 1 blind codes differ among themselves.
  std::vector<UnitSpikes> reference;
  for (const auto& unit : read_spike_events(test::shared_path(folder + "/reference_desc-decomposed_events.tsv")))
    if (unit.id == 0) reference.push_back(unit);
  ASSERT_EQ(reference.size(), 1U);
  for (const unsigned seed : {1U, 2U, 3U}) {
    std::ostringstream log;
    Report report(log, 0);
    BlindOptions options;
    options.seed = seed;
    const auto result = decompose_blind(recording, options, report);
    std::vector<UnitSpikes> units;
    for (const auto& unit : result.units) units.push_back(unit.spikes);
    const Score score = score_spikes(reference, units, {});
    ASSERT_EQ(score.matches.size(), 1U) << "seed " << seed << "\n" << log.str();
    EXPECT_GE(score.matches[0].rate_of_agreement, 0.95) << "seed " << seed << "\n" << log.str();
  }
}

}  // namespace
}  // namespace bmiss
