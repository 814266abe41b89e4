#include "inversion/decode/noise_whitener.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "inversion/prepare/cross_spectra.h"

namespace bmiss {
NoiseWhitener::NoiseWhitener(const Eigen::MatrixXf& residual, Eigen::Index taps, double floor) : taps_(taps) {
  using Spectra = std::vector<Eigen::MatrixXcf>;  // one matrix [n_channels x n_channels] for each frequency
  BMISS_ASSERT(residual.cols() >= taps);
  const Eigen::Index hop = taps / 2, windows = (residual.cols() - taps) / hop + 1;
  const RealTransform coarse(taps), fine(2 * taps);
  Spectra density = cross_spectra(residual, taps, hop, windows, coarse);
  const Eigen::Index n = residual.rows();
  double mean = 0;
  for (const auto& s : density) mean += s.real().trace() / static_cast<double>(n) / static_cast<double>(density.size());
  // Overlapping windows are worth about two thirds of independent ones.
  const double independent = 0.67 * static_cast<double>(windows);
  const double shrinkage = static_cast<double>(n) / (static_cast<double>(n) + independent) * 0.5;
  Spectra inverse_roots;
  for (auto& s : density) {
    const double level = s.real().trace() / static_cast<double>(n);
    s *= static_cast<float>(1 - shrinkage);
    s.diagonal().array() += static_cast<float>(shrinkage * level + floor * mean);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcf> solver(s);
    const Eigen::VectorXf roots =
        solver.eigenvalues().cwiseMax(static_cast<float>(floor * mean)).cwiseSqrt().cwiseInverse();
    inverse_roots.push_back(solver.eigenvectors() * roots.asDiagonal() * solver.eigenvectors().adjoint());
  }
  // Impulse responses, centred and tapered to `taps`, then at the frequencies of the transform that applies them.
  Spectra filters(static_cast<std::size_t>(fine.frequencies()), Eigen::MatrixXcf(n, n));
  const double pi = std::acos(-1.0);
  Eigen::VectorXcf spectrum(coarse.frequencies()), padded(fine.frequencies());
  Eigen::VectorXf response(taps), longer(2 * taps);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) {
      for (Eigen::Index k = 0; k < coarse.frequencies(); ++k)
        spectrum[k] = inverse_roots[static_cast<std::size_t>(k)](i, j);
      coarse.inverse(spectrum.data(), response.data());
      longer.setZero();
      for (Eigen::Index t = -taps / 2 + 1; t < taps / 2; ++t) {
        const double taper = 0.5 + 0.5 * std::cos(2 * pi * static_cast<double>(t) / static_cast<double>(taps));
        longer[(t + 2 * taps) % (2 * taps)] = static_cast<float>(taper) * response[(t + taps) % taps];
      }
      fine.forward(longer.data(), padded.data());
      for (Eigen::Index k = 0; k < fine.frequencies(); ++k) filters[static_cast<std::size_t>(k)](i, j) = padded[k];
    }
  filters_ = std::vector<TiledMatrix>(filters.begin(), filters.end());
}

Eigen::MatrixXf NoiseWhitener::whiten(const Eigen::MatrixXf& signal) const {
  const RealTransform transform(2 * taps_);
  const Eigen::Index n = signal.rows(), length = 2 * taps_, blocks = (signal.cols() + taps_ - 1) / taps_;
  // Block b holds the samples (b − ½) taps … (b + 1½) taps; the middle half of its result is free of wrap-around.
  const auto frequencies = static_cast<std::size_t>(transform.frequencies());
  std::vector<Eigen::MatrixXcf> values(frequencies, Eigen::MatrixXcf(n, blocks));
  Eigen::MatrixXf part(length, n);
  for (Eigen::Index b = 0; b < blocks; ++b) {
    const Eigen::Index first = b * taps_ - taps_ / 2;
    const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + length, signal.cols());
    part.setZero();
    part.middleRows(from - first, to - from) = signal.middleCols(from, to - from).transpose();
    const Eigen::MatrixXcf spectrum = transform.forward(part);
    for (std::size_t k = 0; k < frequencies; ++k)
      values[k].col(b) = spectrum.row(static_cast<Eigen::Index>(k)).transpose();
  }
  for (std::size_t k = 0; k < frequencies; ++k) values[k] = filters_[k].times(values[k]);
  Eigen::MatrixXf result(n, signal.cols());
  Eigen::MatrixXcf spectrum(transform.frequencies(), n);
  for (Eigen::Index b = 0; b < blocks; ++b) {
    for (std::size_t k = 0; k < frequencies; ++k)
      spectrum.row(static_cast<Eigen::Index>(k)) = values[k].col(b).transpose();
    const Eigen::MatrixXf whole = transform.inverse(spectrum);
    const Eigen::Index first = b * taps_, count = std::min(taps_, signal.cols() - first);
    result.middleCols(first, count) = whole.middleRows(taps_ / 2, count).transpose();
  }
  return result;
}

Eigen::MatrixXf NoiseWhitener::whiten_waveform(const Eigen::MatrixXf& waveform) const {
  Eigen::MatrixXf padded = Eigen::MatrixXf::Zero(waveform.rows(), waveform.cols() + 2 * room());
  padded.middleCols(room(), waveform.cols()) = waveform;
  return whiten(padded);
}

}  // namespace bmiss
