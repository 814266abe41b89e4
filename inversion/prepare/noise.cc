#include "inversion/prepare/noise.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "inversion/prepare/cross_spectra.h"

namespace bmiss {
namespace {

constexpr double window_duration = 0.125, least_rest = 1;  // [s]
constexpr double rest_power = 0.25, quiet_share = 0.1;

// Power of a window at each frequency, averaged over the channels, after a Hann window.
Eigen::VectorXd window_spectrum(const Eigen::MatrixXf& signal, Eigen::Index first, const RealTransform& transform) {
  const Eigen::Index n = transform.length();
  const Eigen::MatrixXf part = hann_window(n).asDiagonal() * signal.middleCols(first, n).transpose();
  return transform.forward(part).cwiseAbs2().cast<double>().rowwise().mean();
}

}  // namespace

Noise describe_noise(const PreparedSignal& prepared) {
  const Eigen::MatrixXf& signal = prepared.signal;
  Eigen::Index length = std::max<Eigen::Index>(2, std::lround(window_duration * prepared.rate));
  length = std::min(length, signal.cols()) / 2 * 2;
  const Eigen::Index count = signal.cols() / length;
  std::vector<double> power;
  for (Eigen::Index w = 0; w < count; ++w)
    power.push_back(static_cast<double>(signal.middleCols(w * length, length).squaredNorm()));
  std::vector<Eigen::Index> order(power.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) {
    return power[static_cast<std::size_t>(a)] < power[static_cast<std::size_t>(b)];
  });
  const double active = power[static_cast<std::size_t>(order[3 * order.size() / 4])];
  std::size_t used = 0;
  while (used < order.size() && power[static_cast<std::size_t>(order[used])] < rest_power * active) ++used;
  const auto seconds = [&](std::size_t n) {
    return static_cast<double>(static_cast<Eigen::Index>(n) * length) / prepared.rate;
  };
  Noise noise;
  noise.source = seconds(used) >= least_rest ? NoiseSource::rest : NoiseSource::quietest;
  if (noise.source == NoiseSource::quietest)
    used = std::max<std::size_t>(1, static_cast<std::size_t>(quiet_share * static_cast<double>(order.size())));
  noise.duration = seconds(used);
  const RealTransform transform(length);
  noise.covariance = Eigen::MatrixXd::Zero(signal.rows(), signal.rows());
  noise.spectrum = Eigen::VectorXd::Zero(transform.frequencies());
  for (std::size_t i = 0; i < used; ++i) {
    const auto window = signal.middleCols(order[i] * length, length);
    noise.covariance += (window * window.transpose()).cast<double>();
    noise.spectrum += window_spectrum(signal, order[i] * length, transform);
  }
  noise.covariance /= static_cast<double>(static_cast<Eigen::Index>(used) * length);
  noise.spectrum /= noise.spectrum.mean();
  return noise;
}

}  // namespace bmiss
