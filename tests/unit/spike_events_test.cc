#include "recording/spike_events.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "base/errors.h"
#include "recording/recording_file.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

#define EXPECT_SAYS(message, text) EXPECT_NE((message).find(text), std::string::npos) << (message)

const std::string header = "onset\tduration\tsample\tunit_id\tevent_type\n";

class Events : public testing::Test {
protected:
  std::string file(const std::string& text) const {
    std::ofstream(folder_ / "events.tsv", std::ios::binary) << text;
    return folder_ / "events.tsv";
  }
  std::string refusal(const std::string& text) const {
    const std::string path = file(text);
    return test::message_of<InputError>([&] { read_spike_events(path); });
  }
  test::ScratchFolder folder_;
};

TEST_F(Events, RoundTripIsExact) {
  std::vector<UnitSpikes> units{{0, {}}, {7, {}}, {2, {}}};
  std::mt19937 engine(1);
  std::uniform_int_distribution<int> gap(100, 400);
  for (auto& unit : units)
    for (int sample = 3, i = 0; i < 200; ++i) unit.times.push_back((sample += gap(engine)) / 2048.0);
  const std::string path = folder_ / "a/b/events.tsv";
  write_spike_events(units, 2048, path);
  const auto back = read_spike_events(path);
  ASSERT_EQ(back.size(), 3u);
  EXPECT_EQ(back[1].id, 2);
  EXPECT_EQ(back[1].times, units[2].times);
  EXPECT_EQ(back[2].times, units[1].times);
}

TEST_F(Events, AnEmptyDecompositionIsValid) {
  write_spike_events({}, 2048, folder_ / "none.tsv");
  EXPECT_TRUE(read_spike_events(folder_ / "none.tsv").empty());
}

TEST_F(Events, EveryRuleIsRefusedWithLineAndValue) {
  const std::string good = "0.5\t0\t1024\t1\tmotor-unit-spike\n";
  const struct {
    std::string row, message;
  } cases[] = {
      {"-1\t0\t2048\t1\tmotor-unit-spike\n", "line 3: column 'onset' holds '-1'"},
      {"abc\t0\t2048\t1\tmotor-unit-spike\n", "line 3: column 'onset' holds 'abc'"},
      {"n/a\t0\t2048\t1\tmotor-unit-spike\n", "line 3: column 'onset' holds 'n/a'"},
      {"inf\t0\t2048\t1\tmotor-unit-spike\n", "line 3: column 'onset' holds 'inf'"},
      {"1\t0.1\t2048\t1\tmotor-unit-spike\n", "line 3: column 'duration' holds '0.1'; the duration of a spike is 0"},
      {"1\tn/a\t2048\t1\tmotor-unit-spike\n", "line 3: column 'duration' holds 'n/a'"},
      {"1\t0\t-2048\t1\tmotor-unit-spike\n", "line 3: column 'sample' holds '-2048'"},
      {"1\t0\t2048.5\t1\tmotor-unit-spike\n", "line 3: column 'sample' holds '2048.5'"},
      {"1\t0\t2048\t-1\tmotor-unit-spike\n", "line 3: column 'unit_id' holds '-1'"},
      {"1\t0\t2048\tabc\tmotor-unit-spike\n", "line 3: column 'unit_id' holds 'abc'"},
      {"1\t0\t2048\tn/a\tmotor-unit-spike\n", "line 3: column 'unit_id' holds 'n/a'"},
      {"1\t0\t2048\t1\trest\n", "line 3: column 'event_type' holds 'rest'"},
      {"0.5\t0\t1024\t1\tmotor-unit-spike\n", "line 3: unit 1 fires twice at sample 1024 (also in line 2)"},
      {"1\t0\t2048\t1\n", "line 3: the row has 4 cells"}};
  for (const auto& c : cases) EXPECT_SAYS(refusal(header + good + c.row), c.message);
}

TEST_F(Events, OnsetAndSampleMustTellOneRate) {
  std::string text = header;
  for (int i = 1; i < 20; ++i)
    text += std::to_string(i / 4.0) + "\t0\t" + std::to_string(i * 512) + "\t1\tmotor-unit-spike\n";
  EXPECT_EQ(read_spike_events(file(text)).front().times.size(), 19u);
  EXPECT_SAYS(refusal(text + "6.0\t0\t12000\t1\tmotor-unit-spike\n"),
              "line 21: onset 6 s and sample 12000 do not fit the sampling rate of the other rows, 2048 Hz");
  EXPECT_EQ(read_spike_events(file(text + "6.0\t0\t12289\t1\tmotor-unit-spike\n")).front().times.size(), 20u)
      << "samples from 1";
}

TEST_F(Events, EventsOfTheTaskAreSkippedOnlyWithoutAUnit) {
  const std::string mixed =
      header + "0\t5\t0\tn/a\trest\n5\t0\t10240\tn/a\tmuscle_on\n6\t0\t12288\t3\tmotor-unit-spike\n";
  const auto units = read_spike_events(file(mixed));
  ASSERT_EQ(units.size(), 1u);
  EXPECT_EQ(units[0].times, std::vector<double>{6});
  EXPECT_SAYS(refusal("onset\tduration\tsample\tevent_type\n5\t0\t10240\tmuscle_on\n"),
              "line 1: column 'unit_id' is missing");
}

TEST_F(Events, ALastLineThatBreaksOffIsDroppedWithAWarning) {
  std::vector<std::string> warnings;
  const auto units =
      read_spike_events(file(header + "1\t0\t2048\t3\tmotor-unit-spike\n2\t0\t4096\t3\tmotor-u"), &warnings);
  EXPECT_EQ(units.front().times.size(), 1u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_SAYS(warnings[0], "line 3: the file breaks off");
  EXPECT_SAYS(refusal(header + "1\t0\t2048\t3\tmotor-u\n"), "'motor-u'");
}

TEST(EventFiles, ValidIsAcceptedWithItsUnits) {
  BMISS_NEEDS_DATA("data/eventfiles");
  std::vector<std::string> warnings;
  const auto units = read_spike_events(test::shared_path("data/eventfiles/valid.tsv"), &warnings);
  EXPECT_EQ(units.size(), 16u);
  std::size_t spikes = 0;
  for (const auto& unit : units) spikes += unit.times.size();
  EXPECT_EQ(spikes, 5627u);  // 5628 rows, of which the last breaks off in this copy
  EXPECT_EQ(warnings.size(), 1u);
}

// The names tell the fault; lines and values were read off the files.
TEST(EventFiles, EachInvalidFileIsRefusedForItsFault) {
  BMISS_NEEDS_DATA("data/eventfiles");
  const std::pair<std::string, std::string> faults[] = {
      {"invalid", "line 1: column 'unit_id' is missing"},
      {"invalid_description", "line 2: column 'event_type' holds 'abc'"},
      {"invalid_duration_entry", "line 2: column 'duration' holds '1'"},
      {"invalid_missing_col", "line 1: column 'duration' is missing"},
      {"invalid_mixed", "line 2: column 'unit_id' holds '-12'"},
      {"invalid_onset_entry", "line 12: column 'onset' holds '-5.31103515625'"},
      {"invalid_onset_type", "line 20: column 'onset' holds 'abc'"},
      {"invalid_sample_entry", "line 2: column 'sample' holds '-8954'"},
      {"invalid_sample_type", "line 2: column 'sample' holds '8954.5'"},
      {"invalid_unitid_entry", "line 2: column 'unit_id' holds '-12'"},
      {"invalid_unitid_type", "line 2: column 'unit_id' holds 'abc'"}};
  for (const auto& [name, fault] : faults) {
    const std::string path = test::shared_path("data/eventfiles/" + name + ".tsv");
    const std::string message = test::message_of<InputError>([&] { read_spike_events(path); });
    EXPECT_SAYS(message, name + ".tsv, " + fault);
  }
}

// DATA.md: two units with 91 and 52 spikes.
TEST(EventFiles, PublishedReferencesAreAccepted) {
  BMISS_NEEDS_DATA("data/recordings");
  const auto units =
      read_spike_events(test::shared_path("data/recordings/sternocleidomastoid/reference_desc-decomposed_events.tsv"));
  ASSERT_EQ(units.size(), 2u);
  EXPECT_EQ(units[0].times.size(), 91u);
  EXPECT_EQ(units[1].times.size(), 52u);
  EXPECT_EQ(
      read_spike_events(test::shared_path("data/recordings/bids_sample/derivatives/motor-unit-decomposition/sub-01/emg/"
                                          "sub-01_task-isometric30percentMVC_run-01_desc-decomposition_events.tsv"))
          .size(),
      5u);
}

TEST(EventFiles, PathFollowsTheLayoutOfDerivatives) {
  EXPECT_EQ(events_path("out", {"02", "hold"}, "truth"),
            "out/derivatives/motor-unit-decomposition/sub-02/emg/sub-02_task-hold_desc-truth_events.tsv");
  const test::ScratchFolder folder;
  write_derivative_description(folder.path());
  EXPECT_TRUE(std::filesystem::exists(folder / "derivatives/motor-unit-decomposition/dataset_description.json"));
}

}  // namespace
}  // namespace bmiss
