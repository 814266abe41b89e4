// Coloured noise against the closed forms of its spectrum and covariance.
#include "forward/emg_noise.h"

#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/parameters.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

constexpr double rate = 2048;
constexpr Eigen::Index n_samples = 200000;

Eigen::Matrix3Xd row_of_four() {
  Eigen::Matrix3Xd positions = Eigen::Matrix3Xd::Zero(3, 4);
  positions.row(0) << 0, 5e-3, 15e-3, 40e-3;
  return positions;
}

double covariance(const Eigen::MatrixXd& noise, Eigen::Index a, Eigen::Index b, Eigen::Index lag) {
  const Eigen::Index n = noise.cols() - lag;
  return noise.row(a).head(n).dot(noise.row(b).tail(n)) / static_cast<double>(n);
}

// A first-order process has covariance a^lag, neighbours exp(-d / reach) of it; white noise only at lag 0 of a channel.
TEST(EmgNoise, HasTheCovarianceOfItsModel) {
  NoiseOptions options;
  options.kind = NoiseKind::coloured;
  options.corner = 80;
  options.reach = 12e-3;
  options.white_share = 0.3;
  const auto positions = row_of_four();
  const Eigen::MatrixXd noise = make_noise(positions, n_samples, rate, options, 3);
  const double a = std::exp(-2 * std::acos(-1.0) * 80 / rate);
  for (Eigen::Index e = 0; e < 4; ++e)
    for (Eigen::Index f = 0; f < 4; ++f)
      for (const Eigen::Index lag : {0, 1, 5, 20}) {
        const double distance = (positions.col(e) - positions.col(f)).norm();
        const double expected = 0.7 * std::exp(-distance / 12e-3) * std::pow(a, lag) + (e == f && lag == 0 ? 0.3 : 0.0);
        EXPECT_NEAR(covariance(noise, e, f, lag), expected, 0.02) << e << ' ' << f << " lag " << lag;
      }
}

TEST(EmgNoise, WithoutReachChannelsAreIndependent) {
  NoiseOptions options;
  options.kind = NoiseKind::coloured;
  options.reach = 0;
  const Eigen::MatrixXd noise = make_noise(Eigen::Matrix3Xd::Zero(3, 2), n_samples, rate, options, 3);
  EXPECT_NEAR(covariance(noise, 0, 0, 0), 1, 0.02);
  EXPECT_NEAR(covariance(noise, 0, 1, 0), 0, 0.02);
}

TEST(EmgNoise, IsDeterministicForASeedAndStationaryFromTheStart) {
  NoiseOptions options;
  options.kind = NoiseKind::coloured;
  const Eigen::MatrixXd noise = make_noise(row_of_four(), 50, rate, options, 3);
  EXPECT_EQ(noise, make_noise(row_of_four(), 50, rate, options, 3));
  EXPECT_NE(noise, make_noise(row_of_four(), 50, rate, options, 4));
  double first = 0;
  for (unsigned seed = 0; seed < 500; ++seed)
    first += make_noise(row_of_four(), 1, rate, options, seed).squaredNorm() / 2000;
  EXPECT_NEAR(first, 1, 0.15);
}

TEST(EmgNoise, ElectrodesAtOnePlaceAreRefused) {
  NoiseOptions options;
  options.kind = NoiseKind::coloured;
  EXPECT_EQ(test::message_of<InputError>([&] { make_noise(Eigen::Matrix3Xd::Zero(3, 2), 10, rate, options, 1); }),
            "two electrodes lie at one place, so noise cannot be correlated by distance; move one or set 'EMG/Noise "
            "reach' to 0");
}

TEST(EmgNoise, ParametersAreReadInSi) {
  Parameters p;
  NoiseOptions::declare_parameters(p);
  p.read("", {"EMG/Noise=coloured", "EMG/Noise reach=7", "EMG/Noise white share=40", "EMG/Noise corner=60"});
  const NoiseOptions options = NoiseOptions::parse_parameters(p);
  EXPECT_EQ(options.kind, NoiseKind::coloured);
  EXPECT_DOUBLE_EQ(options.reach, 7e-3);
  EXPECT_DOUBLE_EQ(options.white_share, 0.4);
  EXPECT_DOUBLE_EQ(options.corner, 60);
}

}  // namespace
}  // namespace bmiss
