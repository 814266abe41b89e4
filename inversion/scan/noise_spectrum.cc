#include "inversion/scan/noise_spectrum.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "inversion/prepare/cross_spectra.h"

namespace bmiss {
namespace {

constexpr Eigen::Index shortest_window = 16, most_windows = 4096;
constexpr double independent = 0.947;  // part of half-overlapping Hann windows that counts (Welch 1967)
constexpr double weakest = 1e-3;       // of the strongest frequency's power

Eigen::Index windows_in(Eigen::Index n_samples, Eigen::Index window) {
  return std::max<Eigen::Index>(0, (n_samples - window) / (window / 2) + 1);
}

}  // namespace

NoiseSpectrum::NoiseSpectrum(Eigen::Index n_channels, Eigen::Index n_lags)
    : n_channels_(n_channels), n_lags_(n_lags), length_(shortest_window) {
  BMISS_ASSERT(n_channels > 0 && n_lags > 0);
  while (length_ < n_lags + n_lags / 8) length_ *= 2;
}

Eigen::Index NoiseSpectrum::samples_needed(Eigen::Index n_channels) {
  const auto windows = static_cast<Eigen::Index>(std::ceil(2 * static_cast<double>(n_channels) / independent));
  return shortest_window + (windows - 1) * (shortest_window / 2);
}

bool NoiseSpectrum::is_long_enough(Eigen::Index n_channels, Eigen::Index n_samples) {
  return n_samples >= samples_needed(n_channels);
}

NoiseSpectrum::NoiseSpectrum(const Eigen::MatrixXf& signal, Eigen::Index n_lags)
    : NoiseSpectrum(signal.rows(), n_lags) {
  BMISS_ASSERT(is_long_enough(signal.rows(), signal.cols()));
  Eigen::Index window = length_;
  while (window > shortest_window &&
         independent * static_cast<double>(windows_in(signal.cols(), window)) < 4 * static_cast<double>(n_channels_))
    window /= 2;
  const Eigen::Index hop = std::max(window / 2, (signal.cols() - window) / most_windows + 1);
  const Eigen::Index count = (signal.cols() - window) / hop + 1;
  const RealTransform transform(length_);
  std::vector<Eigen::MatrixXcf> density = cross_spectra(signal, window, hop, count, transform);
  std::vector<float> power;
  for (const auto& s : density) power.push_back(s.real().trace() / static_cast<float>(n_channels_));
  const float strongest = *std::max_element(power.begin(), power.end());
  BMISS_ASSERT(strongest > 0);
  for (std::size_t k = 0; k < density.size(); ++k) {
    if (!(power[k] >= static_cast<float>(weakest) * strongest)) continue;
    // Channels that are copies of each other, up to rounding, leave the matrix definite.
    density[k].diagonal().array() += 1e-6F * power[k];
    frequencies_.push_back(static_cast<Eigen::Index>(k));
    roots_.emplace_back(density[k].llt().matrixL());
  }
  correction_ = static_cast<float>(1 - static_cast<double>(n_channels_) / (independent * static_cast<double>(count)));
}

NoiseSpectrum NoiseSpectrum::white(Eigen::Index n_channels, double deviation, Eigen::Index n_lags) {
  BMISS_ASSERT(deviation > 0);
  NoiseSpectrum noise(n_channels, n_lags);
  for (Eigen::Index k = 0; k <= noise.length_ / 2; ++k) {
    noise.frequencies_.push_back(k);
    noise.roots_.emplace_back(Eigen::MatrixXcf::Identity(n_channels, n_channels) * static_cast<float>(deviation));
  }
  return noise;
}

Eigen::VectorXf NoiseSpectrum::separability(const Eigen::MatrixXf& waveforms) const {
  BMISS_ASSERT(waveforms.rows() == n_channels_ * n_lags_);
  const Eigen::Index n = waveforms.cols();
  const RealTransform transform(length_);
  Eigen::MatrixXf padded = Eigen::MatrixXf::Zero(length_, n_channels_ * n);
  for (Eigen::Index i = 0; i < n; ++i)
    padded.block(0, i * n_channels_, n_lags_, n_channels_) =
        Eigen::Map<const Eigen::MatrixXf>(waveforms.col(i).data(), n_channels_, n_lags_).transpose();
  const Eigen::MatrixXcf spectra = transform.forward(padded);
  Eigen::VectorXf squares = Eigen::VectorXf::Zero(n);
  Eigen::MatrixXcf at(n_channels_, n);
  for (std::size_t k = 0; k < frequencies_.size(); ++k) {
    for (Eigen::Index i = 0; i < n; ++i)
      at.col(i) = spectra.row(frequencies_[k]).segment(i * n_channels_, n_channels_).transpose();
    roots_[k].triangularView<Eigen::Lower>().solveInPlace(at);
    const bool has_mirror = frequencies_[k] > 0 && 2 * frequencies_[k] < length_;
    squares += (has_mirror ? 2.0F : 1.0F) * at.colwise().squaredNorm().transpose();
  }
  return (correction_ / static_cast<float>(length_) * squares).cwiseSqrt();
}

NoiseSpectrum noise_of_recording(const PreparedSignal& prepared, Eigen::Index n_lags, Report& report) {
  const Eigen::Index n = prepared.signal.rows(), samples = prepared.signal.cols();
  if (NoiseSpectrum::is_long_enough(n, samples)) return {prepared.signal, n_lags};
  const auto seconds = [&](Eigen::Index count) { return format("%.2f s", static_cast<double>(count) / prepared.rate); };
  report.warn("the recording lasts " + seconds(samples) + ", but the noise between " + std::to_string(n) +
              " channels can be known from " + seconds(NoiseSpectrum::samples_needed(n)) +
              " only; the map of what can be seen takes it for white");
  return NoiseSpectrum::white(n, 1, n_lags);  // prepared signals have an rms of one
}

}  // namespace bmiss
