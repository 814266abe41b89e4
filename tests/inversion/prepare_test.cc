// Stage 0: drift and hum, channels left out and why, the same processing for waveforms, the noise.
#include "inversion/prepare/prepare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>

#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "inversion/prepare/channel_checks.h"
#include "inversion/prepare/noise.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

const double pi = std::acos(-1.0), rate = 2048;

// White noise of 20 µV in 12 channels, 8 s.
Recording noise_recording(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 20e-6);
  Recording recording;
  recording.rate = rate;
  recording.signal.resize(12, 16384);
  for (auto& x : recording.signal.reshaped()) x = normal(random);
  for (int i = 0; i < 12; ++i) {
    recording.channels.emplace_back();
    recording.channels.back().name = "EMG" + std::to_string(i + 1);
  }
  return recording;
}

Eigen::RowVectorXd sine(double amplitude, double frequency, Eigen::Index n) {
  Eigen::RowVectorXd values(n);
  for (Eigen::Index t = 0; t < n; ++t)
    values[t] = amplitude * std::sin(2 * pi * frequency * static_cast<double>(t) / rate);
  return values;
}

struct Prepared {
  PreparedSignal signal;
  std::vector<std::string> warnings;
};
Prepared prepare(const Recording& recording, const PrepareOptions& options = {}) {
  std::ostringstream log;
  Report report(log, 0);
  Prepared result{prepare_channels(recording, options, report), {}};
  result.warnings = report.warnings();
  return result;
}

TEST(Prepare, DriftAndHumAreRemovedAndTheRestStays) {
  const Recording clean = noise_recording(1);
  Recording disturbed = clean;
  const Eigen::Index n = clean.signal.cols();
  disturbed.signal.rowwise() += sine(2e-3, 0.3, n) + sine(3e-4, 50, n) + sine(1e-4, 150, n);
  disturbed.signal.array() += 5e-3;
  const auto expected = prepare(clean).signal, found = prepare(disturbed).signal;
  ASSERT_EQ(found.signal.rows(), 12);
  const auto in_volts = [](const PreparedSignal& s) { return Eigen::MatrixXd(s.scale * s.signal.cast<double>()); };
  EXPECT_LT((in_volts(found) - in_volts(expected)).norm(), 0.01 * in_volts(expected).norm());
}

TEST(Prepare, SignalHasUnitPowerAndItsScaleIsInVolts) {
  PrepareOptions options;
  options.low_cut = 0, options.high_cut = 1e5, options.power_line_width = 0;
  const Recording recording = noise_recording(2);
  const auto prepared = prepare(recording, options).signal;
  EXPECT_NEAR(prepared.scale, 20e-6, 0.02 * 20e-6);
  EXPECT_NEAR(prepared.signal.squaredNorm() / static_cast<float>(prepared.signal.size()), 1, 1e-4);
  EXPECT_NEAR(prepared.signal(3, 100) * prepared.scale, recording.signal(3, 100), 1e-6);
}

TEST(Prepare, UnusableChannelsAreLeftOutEachWithItsReason) {
  Recording recording = noise_recording(3);
  const Eigen::Index n = recording.signal.cols();
  recording.signal.row(1).setConstant(1e-3);
  recording.signal.row(3) = (20 * recording.signal.row(3)).cwiseMin(5e-4).cwiseMax(-5e-4).eval();
  recording.signal.row(4) = 0.1 * recording.signal.row(4) + sine(1e-3, 50, n);
  recording.channels[6].good = false;
  recording.signal.row(6).setConstant(std::nan(""));
  recording.signal.row(8) *= 300;
  recording.signal.row(9) += sine(4e-4, 50, n);  // EMG under hum: stays
  const auto [prepared, warnings] = prepare(recording);
  EXPECT_EQ(prepared.channels, (std::vector<Eigen::Index>{0, 2, 5, 7, 9, 10, 11}));
  ASSERT_EQ(prepared.excluded.size(), 5U);
  EXPECT_EQ(prepared.excluded, warnings);
  EXPECT_EQ(warnings[0], "channel EMG2 is left out: it is constant");
  EXPECT_EQ(warnings[1].find("channel EMG4 is left out: it is saturated: "), 0U) << warnings[1];
  EXPECT_EQ(warnings[2], "channel EMG7 is left out: its status is bad");
  EXPECT_EQ(warnings[3].find("channel EMG5 is left out: it holds mains only: "), 0U) << warnings[3];
  EXPECT_EQ(warnings[4].find("channel EMG9 is left out: it has an rms of "), 0U) << warnings[4];
}

TEST(Prepare, AFewLargestSamplesAreNoSaturation) {
  const Recording recording = noise_recording(4);
  Eigen::RowVectorXd values = recording.signal.row(0);
  EXPECT_EQ(complaint_about_values(values), "");
  values.segment(100, 4).setConstant(1e-3);  // a short artefact at the limit
  EXPECT_EQ(complaint_about_values(values), "");
  values.segment(2000, 200).setConstant(1e-3);
  EXPECT_EQ(complaint_about_values(values),
            "it is saturated: 1.2 % of its samples stay at its largest or smallest value");
}

// A waveform added to the recording changes the prepared signal by what apply() says.
TEST(Prepare, WaveformsPassTheSameProcessingAsTheRecording) {
  Recording recording = noise_recording(5);
  recording.channels[2].good = false;
  const Eigen::Index length = 160, at = 8000;
  Eigen::MatrixXd waveform = Eigen::MatrixXd::Zero(12, length);
  for (Eigen::Index i = 0; i < 12; ++i)
    for (Eigen::Index t = 0; t < length; ++t) {
      const double z = (static_cast<double>(t) - 70 - static_cast<double>(i)) / 5;
      waveform(i, t) = 1e-4 * (1 - z * z) * std::exp(-z * z / 2);
    }
  const auto before = prepare(recording).signal;
  recording.signal.middleCols(at, length) += waveform;
  const auto after = prepare(recording).signal;
  const Eigen::MatrixXd seen = after.scale * after.signal.middleCols(at, length).cast<double>() -
                               before.scale * before.signal.middleCols(at, length).cast<double>();
  const Eigen::MatrixXd expected = after.scale * after.apply(waveform).cast<double>();
  ASSERT_EQ(expected.rows(), 11);
  EXPECT_LT((seen - expected).norm(), 1e-3 * expected.norm());
}

TEST(PrepareComplaints, NoChannelsAndNoneLeft) {
  Recording recording = noise_recording(6);
  recording.signal.setZero();
  EXPECT_EQ(
      test::message_of<InputError>([&] { prepare(recording); }),
      "none of the 12 channels can be decomposed; the last of them: channel EMG12 is left out: it is constant; look "
      "at the signals and at the status column of channels.tsv");
  recording.signal.resize(0, 16384);
  recording.channels.clear();
  EXPECT_EQ(test::message_of<InputError>([&] { prepare(recording); }),
            "the recording has no EMG channel; at least one is needed");
}

TEST(PrepareParameters, DefaultsSurvive) {
  Parameters parameters;
  PrepareOptions::declare_parameters(parameters);
  const auto preset = PrepareOptions::parse_parameters(parameters), expected = PrepareOptions();
  EXPECT_DOUBLE_EQ(preset.low_cut, expected.low_cut);
  EXPECT_DOUBLE_EQ(preset.high_cut, expected.high_cut);
  EXPECT_DOUBLE_EQ(preset.power_line_width, expected.power_line_width);
  EXPECT_DOUBLE_EQ(preset.shortest_duration, expected.shortest_duration);
}

TEST(Noise, CovarianceAndSpectrumComeFromRest) {
  // Neighbours share half of their noise, and activity ten times as strong fills all but two seconds.
  PreparedSignal prepared;
  prepared.rate = rate;
  const Recording own = noise_recording(7), activity = noise_recording(8);
  prepared.signal = (own.signal / 20e-6).cast<float>();
  for (Eigen::Index i = 0; i + 1 < 12; i += 2) {
    const Eigen::RowVectorXf common = prepared.signal.row(i);
    prepared.signal.row(i + 1) = std::sqrt(0.5F) * (prepared.signal.row(i + 1) + common);
  }
  for (Eigen::Index t = 1; t < 16384; ++t) prepared.signal.col(t) += 0.8F * prepared.signal.col(t - 1);  // red
  prepared.signal.rightCols(12288) += (activity.signal.rightCols(12288) * (10 / 20e-6)).cast<float>();
  const Noise noise = describe_noise(prepared);
  EXPECT_EQ(noise.source, NoiseSource::rest);
  EXPECT_NEAR(noise.duration, 2, 0.13);
  const double variance = 1 / (1 - 0.8 * 0.8);
  EXPECT_NEAR(noise.covariance.diagonal().mean(), variance, 0.1 * variance);
  EXPECT_NEAR(noise.covariance(2, 3) / noise.covariance(2, 2), std::sqrt(0.5), 0.1);
  EXPECT_NEAR(noise.covariance(2, 4) / noise.covariance(2, 2), 0, 0.1);
  // |1 / (1 − 0.8 e^{−iω})|² falls from 25 to 1 / 3.24.
  const Eigen::Index n = noise.spectrum.size();
  EXPECT_NEAR(noise.spectrum.head(4).mean() / noise.spectrum.tail(n / 8).mean(), 25 * 3.24 * 0.9, 20);
}

TEST(Noise, WithoutRestTheQuietestMomentsCount) {
  PreparedSignal prepared;
  prepared.rate = rate;
  prepared.signal = (noise_recording(9).signal / 20e-6).cast<float>();
  const Noise noise = describe_noise(prepared);
  EXPECT_EQ(noise.source, NoiseSource::quietest);
  EXPECT_GT(noise.duration, 0.5);
  EXPECT_NEAR(noise.covariance.diagonal().mean(), 1, 0.15);
}

}  // namespace
}  // namespace bmiss
