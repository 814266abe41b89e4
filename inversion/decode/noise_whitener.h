// What the units do not explain, as stationary coloured noise between channels, and the filter that makes it white.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/complex_product.h"

namespace bmiss {

// The filter W(f) = S(f)^(−1/2) of noise with the cross-spectral matrix S(f), of `length` taps centred on zero. Noise
// that passes it has unit variance in every channel and no correlation between channels and samples, so that
// likelihoods are sums of squares.
class NoiseWhitener {
public:
  // Welch's average over Hann windows of `taps` samples, half overlapping; shrunk to its mean by as much as the number
  // of windows fails to determine it; frequencies with no power in them (outside of the pass band) count as if they
  // had `floor` of the mean power. residual [n_channels x n_samples].
  explicit NoiseWhitener(const Eigen::MatrixXf& residual, Eigen::Index taps = 128, double floor = 1e-2);

  Eigen::Index reach() const { return taps_ / 2; }  // a whitened waveform is longer by so much on both sides
  // [n_channels x n_samples], zeros assumed beyond both ends.
  Eigen::MatrixXf whiten(const Eigen::MatrixXf& signal) const;
  // A waveform that is zero outside of its window, with what the filter spreads: room() columns more on both sides,
  // half of its reach, beyond which little is left.
  Eigen::Index room() const { return reach() / 2; }
  Eigen::MatrixXf whiten_waveform(const Eigen::MatrixXf& waveform) const;

private:
  Eigen::Index taps_;
  std::vector<TiledMatrix> filters_;  // at the frequencies of a transform of 2 taps [n_channels x n_channels]
};

}  // namespace bmiss
