#include "recording/filters.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/errors.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

#define EXPECT_SAYS(message, text) EXPECT_NE((message).find(text), std::string::npos) << (message)

const double pi = std::acos(-1.0), rate = 2048;

// |H| of the Butterworth prototype of order n after the bilinear transform (Oppenheim & Schafer, IIR design): 1/sqrt(1
// + x^2n).
double butterworth_magnitude(int order, double low, double high, double f) {
  const auto warp = [](double g) { return std::tan(pi * g / rate); };
  double x = 0;
  if (low > 0 && high < rate / 2)
    x = (warp(f) * warp(f) - warp(low) * warp(high)) / (warp(f) * (warp(high) - warp(low)));
  else if (low > 0)
    x = warp(low) / warp(f);
  else
    x = warp(f) / warp(high);
  return 1 / std::sqrt(1 + std::pow(x * x, order));
}

TEST(Butterworth, HasTheClosedFormMagnitude) {
  const std::pair<double, double> bands[] = {{20, 500}, {10, 900}, {0, 400}, {20, 2000}, {48, 52}};
  for (const auto& [low, high] : bands)
    for (int order = 1; order <= 7; ++order) {
      const auto filter = butterworth(order, low, high, rate);
      for (double f = 0.5; f < 1023; f += 3.7)
        ASSERT_NEAR(magnitude(filter, f, rate), butterworth_magnitude(order, low, high, f), 1e-9)
            << order << " " << low << "-" << high << " at " << f;
    }
}

TEST(Butterworth, RefusesEmptyBands) {
  EXPECT_SAYS(test::message_of<InputError>([] { butterworth(4, 500, 20, rate); }), "leaves no band");
  EXPECT_SAYS(test::message_of<InputError>([] { butterworth(4, 1100, 2000, rate); }), "leaves no band");
  EXPECT_SAYS(test::message_of<InputError>([] { butterworth(4, 0, 2000, rate); }), "leaves no band");
  EXPECT_SAYS(test::message_of<InputError>([] { butterworth(0, 20, 500, rate); }), "order is 0");
}

// A sine keeps its phase and is scaled by |H|² in the middle of the record.
TEST(ZeroPhase, SquaresTheMagnitudeAndDoesNotDelay) {
  const auto filter = butterworth(4, 20, 500, rate);
  for (const double f : {15.0, 20.0, 100.0, 500.0, 600.0}) {
    Eigen::MatrixXd signal(1, 8192);
    for (Eigen::Index k = 0; k < signal.cols(); ++k)
      signal(0, k) = std::sin(2 * pi * f * static_cast<double>(k) / rate + 0.3);
    const Eigen::MatrixXd before = signal;
    filter_zero_phase(filter, signal);
    const double gain = std::pow(magnitude(filter, f, rate), 2);
    EXPECT_LE((signal - gain * before).middleCols(3000, 2000).cwiseAbs().maxCoeff(), 2e-6) << f;
  }
}

// The response to a pulse is symmetric and its energy spectrum |H|^4 (Parseval, from the closed form).
TEST(ZeroPhase, PulseResponseIsSymmetric) {
  Eigen::MatrixXd signal = Eigen::MatrixXd::Zero(1, 4001);
  signal(0, 2000) = 1;
  filter_zero_phase(butterworth(3, 20, 500, rate), signal);
  EXPECT_LE((signal - signal.rowwise().reverse()).cwiseAbs().maxCoeff(), 1e-7);
  double energy = 0;
  constexpr int n = 20000;
  for (int k = 0; k < n; ++k) energy += std::pow(butterworth_magnitude(3, 20, 500, (k + 0.5) * rate / 2 / n), 4) / n;
  EXPECT_NEAR(signal.squaredNorm(), energy, 1e-5);
}

TEST(ZeroPhase, ConstantAndRampLeaveAHighPassWithoutTransient) {
  Eigen::MatrixXd signal(2, 5000);
  signal.row(0).setConstant(5);
  signal.row(1) = Eigen::RowVectorXd::LinSpaced(5000, -3, 4);
  filter_zero_phase(butterworth(2, 20, 1e9, rate), signal);
  EXPECT_LE(signal.row(0).cwiseAbs().maxCoeff(), 1e-9);
  EXPECT_LE(signal.row(1).cwiseAbs().maxCoeff(), 1e-3) << "point reflection continues a ramp";
}

TEST(ZeroPhase, ShortSignalsStayFinite) {
  for (const Eigen::Index n : {1, 2, 5}) {
    Eigen::MatrixXd signal = Eigen::MatrixXd::Random(2, n);
    filter_zero_phase(butterworth(4, 20, 500, rate), signal);
    EXPECT_TRUE(signal.allFinite());
  }
}

TEST(LineNotches, RemoveEveryHarmonicAndLittleElse) {
  const auto filter = line_notches(50, 2, rate);
  EXPECT_EQ(filter.size(), 20u);
  for (int k = 1; k <= 20; ++k) EXPECT_LE(magnitude(filter, 50.0 * k, rate), 1e-9) << k;
  for (double f = 25; f < 1000; f += 50) EXPECT_GE(magnitude(filter, f, rate), 0.98) << f;
  const auto one = line_notches(700, 4, rate);  // -3 dB width: the squared magnitude is half at its edges
  ASSERT_EQ(one.size(), 1u);
  double low = 690, high = 700;
  for (int i = 0; i < 60; ++i)
    (magnitude(one, (low + high) / 2, rate) > std::sqrt(0.5) ? low : high) = (low + high) / 2;
  const double left = low;
  low = 700, high = 710;
  for (int i = 0; i < 60; ++i)
    (magnitude(one, (low + high) / 2, rate) < std::sqrt(0.5) ? low : high) = (low + high) / 2;
  EXPECT_NEAR(low - left, 4, 1e-3);
  EXPECT_SAYS(test::message_of<InputError>([] { line_notches(1100, 2, rate); }), "1100 Hz");
}

TEST(LineNotches, RecordingLosesItsHum) {
  Recording r;
  r.rate = rate;
  r.power_line = 60;
  r.signal.resize(2, 20480);
  Eigen::RowVectorXd clean(20480);
  for (Eigen::Index k = 0; k < 20480; ++k) {
    const double t = static_cast<double>(k) / rate;
    clean[k] = std::sin(2 * pi * 87 * t);
    r.signal(0, k) = clean[k] + 3 * std::sin(2 * pi * 60 * t + 1) + std::sin(2 * pi * 180 * t);
    r.signal(1, k) = clean[k];
  }
  remove_power_line(r);
  EXPECT_LE((r.signal.row(0) - clean).segment(4096, 12000).cwiseAbs().maxCoeff(), 0.01);
  const Eigen::MatrixXd before = r.signal;
  r.power_line = std::nan("");
  remove_power_line(r);
  EXPECT_EQ(r.signal, before) << "an unknown line frequency removes nothing";
}

TEST(BadChannels, FlatLoudAndMarkedOnesAreFound) {
  Recording r;
  r.rate = rate;
  r.signal.resize(40, 3000);
  std::mt19937 engine(5);
  std::normal_distribution<double> normal;
  for (Eigen::Index i = 0; i < 40; ++i) {
    const double amplitude = 20e-6 * (1 + 0.01 * static_cast<double>(i));
    for (Eigen::Index k = 0; k < 3000; ++k) r.signal(i, k) = amplitude * normal(engine);
    Channel channel;
    channel.name = "E" + std::to_string(i);
    r.channels.push_back(channel);
  }
  EXPECT_TRUE(find_bad_channels(r).empty());
  r.signal.row(3).setConstant(1e-3);
  r.signal.row(17) *= 20;
  r.signal.row(21) /= 20;
  r.channels[30].good = false;
  const auto bad = find_bad_channels(r);
  ASSERT_EQ(bad.size(), 4u);
  EXPECT_EQ(bad[0].channel, 3);
  EXPECT_SAYS(bad[0].reason, "E3 is flat");
  EXPECT_EQ(bad[1].channel, 17);
  EXPECT_SAYS(bad[1].reason, "E17 has an rms of");
  EXPECT_EQ(bad[2].channel, 21);
  EXPECT_SAYS(bad[3].reason, "E30 is marked bad");
}

// The last column of a grid of 8 x 8 lies beside the muscle.
TEST(BadChannels, QuietBordersStayQuietChannelsAmongLoudOnesDoNot) {
  Recording r;
  r.rate = rate;
  r.signal.resize(64, 3000);
  std::mt19937 engine(6);
  std::normal_distribution<double> normal;
  for (Eigen::Index i = 0; i < 64; ++i) {
    const auto row = static_cast<double>(i / 8), column = static_cast<double>(i % 8);
    const double amplitude = 20e-6 * (column < 7 ? 1 : 0.3 - 0.02 * row);
    for (Eigen::Index k = 0; k < 3000; ++k) r.signal(i, k) = amplitude * normal(engine);
    Channel channel;
    channel.name = "E" + std::to_string(i);
    channel.position = {0.008 * row, 0.008 * column, 0};
    r.channels.push_back(channel);
  }
  EXPECT_TRUE(find_bad_channels(r).empty());
  const auto with_unknown_places = [](Recording blind) {
    for (Channel& channel : blind.channels) channel.position.setConstant(std::nan(""));
    return find_bad_channels(blind).size();
  };
  EXPECT_EQ(with_unknown_places(r), 8u) << "only its neighbours tell that a quiet channel is good";
  r.signal.row(18) /= 40;
  r.signal.row(39) *= 20;
  r.signal.row(55) /= 20;
  const auto bad = find_bad_channels(r);
  ASSERT_EQ(bad.size(), 3u);
  EXPECT_EQ(bad[0].channel, 18);
  EXPECT_EQ(bad[1].channel, 39);
  EXPECT_EQ(bad[2].channel, 55);
}

}  // namespace
}  // namespace bmiss
