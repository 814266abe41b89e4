// How far a waveform stands out of coloured noise between channels, against exact covariances.
#include "inversion/scan/noise_spectrum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/report.h"
#include "inversion/scan/dictionary.h"
#include "physiology/random_stream.h"

namespace bmiss {
namespace {

Eigen::MatrixXf gaussian(Eigen::Index rows, Eigen::Index columns, unsigned seed) {
  RandomStream random(seed, "noise", 0);
  Eigen::MatrixXf values(rows, columns);
  for (float& x : values.reshaped()) x = static_cast<float>(random.gaussian());
  return values;
}

// Smooth waveforms [n_channels n_lags x n], as EMG has them.
Eigen::MatrixXf bumps(Eigen::Index n_channels, Eigen::Index n_lags, Eigen::Index n) {
  Eigen::MatrixXf result(n_channels * n_lags, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index t = 0; t < n_lags; ++t)
      for (Eigen::Index c = 0; c < n_channels; ++c) {
        const double u = (static_cast<double>(t) - 20 - 2 * static_cast<double>(c)) / (2 + static_cast<double>(i));
        result(t * n_channels + c, i) = static_cast<float>(u * std::exp(-u * u / 2));
      }
  return result;
}

TEST(NoiseSpectrum, OfWhiteNoiseGivesTheNormOverTheDeviation) {
  const Eigen::MatrixXf waveforms = Eigen::MatrixXf::Random(7 * 112, 9);
  const Eigen::VectorXf found = NoiseSpectrum::white(7, 0.25, 112).separability(waveforms);
  for (Eigen::Index i = 0; i < 9; ++i) EXPECT_NEAR(found[i], waveforms.col(i).norm() / 0.25F, 1e-4F * found[i]);
}

// Noise with the covariance K(a, b) r^|t - s|: that of a recording extended by all delays is known exactly.
TEST(NoiseSpectrum, OfColouredNoiseAgreesWithItsExactExtendedCovariance) {
  const Eigen::Index n = 4, n_lags = 48, margin = 24, all = n_lags + 2 * margin;
  const double r = 0.8;
  const Eigen::MatrixXf mixing = gaussian(n, n, 5), between = mixing * mixing.transpose();
  Eigen::MatrixXf signal = gaussian(n, 60000, 1);
  for (Eigen::Index t = 1; t < signal.cols(); ++t)
    signal.col(t) =
        static_cast<float>(r) * signal.col(t - 1) + static_cast<float>(std::sqrt(1 - r * r)) * signal.col(t);
  signal = (mixing * signal).eval();
  Eigen::MatrixXf covariance(n * all, n * all);
  for (Eigen::Index t = 0; t < all; ++t)
    for (Eigen::Index s = 0; s < all; ++s)
      covariance.block(t * n, s * n, n, n) =
          static_cast<float>(std::pow(r, std::abs(static_cast<double>(t - s)))) * between;
  const Eigen::MatrixXf waveforms = bumps(n, n_lags, 5);
  Eigen::MatrixXf padded = Eigen::MatrixXf::Zero(n * all, 5);
  padded.middleRows(margin * n, n_lags * n) = waveforms;
  const Eigen::VectorXf exact = separability(padded, covariance.llt());
  const Eigen::VectorXf found = NoiseSpectrum(signal, n_lags).separability(waveforms);
  for (Eigen::Index i = 0; i < 5; ++i) EXPECT_NEAR(found[i], exact[i], 0.02F * exact[i]) << i;
}

TEST(NoiseSpectrum, IsUnbiasedWithHardlyMoreWindowsThanChannels) {
  const Eigen::Index n = 40, n_lags = 60;
  const Eigen::MatrixXf waveforms = gaussian(n * n_lags, 20, 3);
  for (const Eigen::Index n_samples : {NoiseSpectrum::samples_needed(n), Eigen::Index(3000)}) {
    ASSERT_TRUE(NoiseSpectrum::is_long_enough(n, n_samples));
    float mean = 0;
    for (const unsigned seed : {11U, 12U, 13U})
      mean += NoiseSpectrum(gaussian(n, n_samples, seed), n_lags)
                  .separability(waveforms)
                  .cwiseQuotient(waveforms.colwise().norm().transpose())
                  .mean() /
              3;
    EXPECT_NEAR(mean, 1, 0.04) << n_samples;
  }
}

TEST(NoiseSpectrum, FrequenciesThatTheFilterTookTellNothing) {
  // A slow oscillation of large power, and a waveform far above its frequency.
  Eigen::MatrixXf signal = 1e-3F * gaussian(2, 20000, 7), waveform(2 * 64, 1);
  for (Eigen::Index t = 0; t < signal.cols(); ++t)
    signal.col(t).array() += static_cast<float>(std::sin(0.1 * static_cast<double>(t)));
  for (Eigen::Index t = 0; t < 64; ++t)
    waveform.middleRows(2 * t, 2).setConstant(
        static_cast<float>((t % 2 == 0 ? 1 : -1) * std::exp(-std::pow((static_cast<double>(t) - 32) / 8, 2))));
  EXPECT_LT(NoiseSpectrum(signal, 64).separability(waveform)[0], 1e-2F);
}

TEST(NoiseSpectrum, OfATooShortRecordingIsWhiteAndSaysHowLongItShouldBe) {
  PreparedSignal prepared;
  prepared.rate = 1000;
  prepared.signal = gaussian(50, 700, 1);
  std::ostringstream log;
  Report report(log, 0);
  const Eigen::MatrixXf waveforms = Eigen::MatrixXf::Random(50 * 30, 2);
  const Eigen::VectorXf found = noise_of_recording(prepared, 30, report).separability(waveforms);
  EXPECT_NEAR(found[0], waveforms.col(0).norm(), 1e-4F * found[0]);
  ASSERT_EQ(report.warnings().size(), 1U);
  EXPECT_EQ(report.warnings()[0],
            "the recording lasts 0.70 s, but the noise between 50 channels can be known from 0.86 s only; the map of "
            "what can be seen takes it for white");
  prepared.signal = gaussian(50, 900, 1);
  noise_of_recording(prepared, 30, report);
  EXPECT_EQ(report.warnings().size(), 1U);
}

}  // namespace
}  // namespace bmiss
