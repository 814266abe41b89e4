// Convolution of spike trains, noise, and the registry of volume conductors.
#include "forward/emg.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/errors.h"
#include "support/infinite_medium.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

constexpr double rate = 2048, pi = 3.14159265358979323846;

// A wave packet of the given frequency, whose value anywhere is known.
double packet(double frequency, double t) {
  const double x = (t - 20e-3) / 5e-3;
  return 1e-5 * std::exp(-0.5 * x * x) * std::cos(2 * pi * frequency * (t - 19e-3));
}
Muap packet_muap(double frequency, int unit = 0, int channels = 1) {
  Eigen::MatrixXd w(channels, 90);
  for (Eigen::Index e = 0; e < channels; ++e)
    for (Eigen::Index n = 0; n < 90; ++n)
      w(e, n) = static_cast<double>(e + 1) * packet(frequency, static_cast<double>(n) / rate);
  return {unit, w, rate};
}

EmgOptions options(double signal_to_noise) {
  EmgOptions o;
  o.duration = 5;
  o.signal_to_noise = signal_to_noise;
  return o;
}

TEST(ConvolveSpikes, HonoursTimesBetweenSamples) {
  for (const double frequency : {50.0, 200.0, 500.0, 700.0}) {
    for (const double spike : {0.1, 0.1 + 0.31 / rate, 0.1 + 0.5 / rate, 0.1 + 0.77 / rate}) {
      const auto signal = convolve_spikes({packet_muap(frequency)}, {{spike}}, rate, 500);
      double worst = 0;
      for (Eigen::Index n = 0; n < 500; ++n)
        worst = std::max(worst, std::abs(signal(0, n) - packet(frequency, static_cast<double>(n) / rate - spike)));
      EXPECT_LT(worst, 1e-3 * 1e-5) << frequency << " Hz, spike at " << spike;
    }
  }
}

TEST(ConvolveSpikes, WholeSamplesCopyTheMuap) {
  const auto muap = packet_muap(100, 0, 2);
  const auto signal = convolve_spikes({muap}, {{64 / rate}}, rate, 300);
  EXPECT_LT((signal.middleCols(64, 90) - muap.waveform).cwiseAbs().maxCoeff(), 1e-9 * 1e-5);
}

TEST(ConvolveSpikes, IsLinearInUnitsAndSpikes) {
  const auto a = packet_muap(60, 0, 3), b = packet_muap(150, 1, 3);
  const SpikeTrain first = {0.01, 0.0513, 0.11}, second = {0.02, 0.0711};
  const auto both = convolve_spikes({a, b}, {first, second}, rate, 400);
  Eigen::MatrixXd sum = convolve_spikes({b}, {second}, rate, 400);
  for (const double spike : first) sum += convolve_spikes({a}, {{spike}}, rate, 400);
  EXPECT_LT((both - sum).cwiseAbs().maxCoeff(), 1e-13 * 1e-5);
}

TEST(ConvolveSpikes, WhatReachesOverTheEndsIsCutOff) {
  const auto muap = packet_muap(100);
  const auto signal = convolve_spikes({muap}, {{-30 / rate, 0.2}}, rate, 450);
  EXPECT_LT((signal.leftCols(60) - muap.waveform.rightCols(60)).cwiseAbs().maxCoeff(), 1e-9 * 1e-5);
  EXPECT_TRUE(convolve_spikes({muap}, {{5.0, -5.0}}, rate, 450).isZero(0));
}

TEST(ConvolveSpikes, WhatDoesNotFitIsRefused) {
  const auto muap = packet_muap(100);
  EXPECT_EQ(test::message_of<InputError>([&] {
              convolve_spikes({muap}, {{0.1}, {0.2}}, rate, 10);
            }),
            "there are 1 motor unit action potentials but 2 spike trains; give one train for each unit");
  EXPECT_EQ(test::message_of<InputError>([&] { convolve_spikes({muap}, {{0.1}}, 1000, 10); }),
            "the action potential of unit 0 is sampled at 2048 Hz but the recording at 1000 Hz; compute it at the rate "
            "of the "
            "recording");
  EXPECT_EQ(test::message_of<InputError>([&] {
              convolve_spikes({muap, packet_muap(100, 1, 2)}, {{0.1}, {0.1}}, rate, 10);
            }),
            "the action potential of unit 1 has 2 channels but that of unit 0 has 1");
}

TEST(Emg, NoiseHasTheDemandedPowerAndNeighboursAreIndependent) {
  const auto array = test::plane_grid(4, 1, 10e-3, 0, 0);
  SpikeTrain train;
  for (double t = 0; t < 4.9; t += 0.0813) train.push_back(t);
  const std::vector<Muap> muaps = {packet_muap(80, 0, 4)};
  const double none = std::numeric_limits<double>::infinity();
  const Eigen::MatrixXd clean = synthesise_emg(muaps, {train}, array, options(none), 1).signal;
  EXPECT_EQ(clean, convolve_spikes(muaps, {train}, rate, 10240));
  for (const double demanded : {30.0, 10.0, 0.0}) {
    const Eigen::MatrixXd noise = synthesise_emg(muaps, {train}, array, options(demanded), 1).signal - clean;
    EXPECT_NEAR(10 * std::log10(clean.squaredNorm() / noise.squaredNorm()), demanded, 0.1);
    for (Eigen::Index e = 0; e < 4;
         ++e)  // white: every channel alike (sd of the estimate 0.06 dB), neighbours uncorrelated
      EXPECT_NEAR(10 * std::log10(4 * noise.row(e).squaredNorm() / noise.squaredNorm()), 0, 0.3);
    EXPECT_LT(std::abs(noise.row(0).dot(noise.row(1))) / (noise.row(0).norm() * noise.row(1).norm()), 0.05);
    EXPECT_LT(std::abs(noise.row(0).head(10239).dot(noise.row(0).tail(10239))) / noise.row(0).squaredNorm(), 0.05);
  }
}

TEST(Emg, IsDeterministicForASeed) {
  const auto array = test::plane_grid(2, 1, 10e-3, 0, 0);
  const std::vector<Muap> muaps = {packet_muap(80, 0, 2)};
  const auto a = synthesise_emg(muaps, {{0.1, 0.2}}, array, options(10), 5);
  EXPECT_EQ(a.signal, synthesise_emg(muaps, {{0.1, 0.2}}, array, options(10), 5).signal);
  EXPECT_NE(a.signal, synthesise_emg(muaps, {{0.1, 0.2}}, array, options(10), 6).signal);
}

TEST(Emg, ChannelsCarryTheirElectrodes) {
  auto array = test::plane_grid(2, 1, 10e-3, 5e-3, 0.1);
  array.electrodes[0].kind = ElectrodeKind::needle;
  const auto recording = synthesise_emg({packet_muap(80, 0, 2)}, {{0.1}}, array, options(20), 1);
  ASSERT_EQ(recording.channels.size(), 2u);
  EXPECT_EQ(recording.channels[0].electrode_type, "needle");
  EXPECT_EQ(recording.channels[1].electrode_type, "surface");
  EXPECT_EQ(recording.channels[1].name, "E2_1");
  EXPECT_EQ(recording.channels[1].electrode, "E2_1");
  EXPECT_EQ(recording.channels[1].reference, "far");
  EXPECT_EQ(recording.channels[1].group, "grid1");
  EXPECT_EQ(recording.channels[1].position, array.electrodes[1].position);
  EXPECT_EQ(recording.rate, 2048);
  EXPECT_DOUBLE_EQ(recording.duration(), 5);
}

TEST(Emg, SilenceAndStrangeElectrodesAreRefused) {
  const auto array = test::plane_grid(2, 1, 10e-3, 0, 0);
  EXPECT_EQ(test::message_of<InputError>([&] { synthesise_emg({packet_muap(80, 0, 2)}, {{}}, array, options(20), 1); }),
            "no motor unit fires in the recording, so a signal-to-noise ratio of 20 dB has no meaning; raise the drive "
            "or record "
            "longer");
  EXPECT_EQ(
      test::message_of<InputError>([&] { synthesise_emg({packet_muap(80, 4, 3)}, {{0.1}}, array, options(20), 1); }),
      "the action potential of unit 4 has 3 channels but there are 2 electrodes; both must come from one lead field");
}

TEST(LeadFields, ModelsAreAddedByName) {
  lead_fields().add("test medium", "an infinite medium",
                    [] { return std::make_unique<test::InfiniteMedium>(ElectrodeArray{}); });
  EXPECT_EQ(lead_fields().create("test medium")->hash(), "infinite medium");
  EXPECT_EQ(test::message_of<InputError>([] { lead_fields().create("test medum"); }),
            "no volume conductor is called 'test medum'; known: test medium");
}

}  // namespace
}  // namespace bmiss
