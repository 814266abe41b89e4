// The extended recording of convolutive source separation, x̃(t) = [x_i(t − a)], a = 0 … R − 1, as a linear operator.
// It is never stored: a filter over all channels and delays is a sum of short convolutions, computed by overlap-save
// with the spectra of the channels' blocks kept. That costs several times fewer operations than the dense product and
// reads tens of times less memory than a whitened copy of the extended recording. Several filters at once share what is
// read.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/prepare/real_transform.h"

namespace bmiss {

class ExtendedSignal {
public:
  // signal [n_channels x n_samples]; samples before the first count as zero. extension R >= 1. Filters are shared out
  // to `threads` threads; each is computed in the same way whatever their number.
  ExtendedSignal(Eigen::MatrixXf signal, int extension, int threads = 1);

  int extension() const { return extension_; }
  Eigen::Index channels() const { return signal_.rows(); }
  Eigen::Index samples() const { return signal_.cols(); }
  Eigen::Index dimension() const { return channels() * extension_; }
  const Eigen::MatrixXf& signal() const { return signal_; }

  // s(t) = Σ_ia f(i R + a) x_i(t − a); filters in columns [dimension x n], result [n_samples x n].
  Eigen::MatrixXf apply(const Eigen::MatrixXf& filters) const;
  // The adjoint: c(i R + a) = Σ_t g(t) x_i(t − a); weights [n_samples x n], result [dimension x n].
  Eigen::MatrixXf correlate(const Eigen::MatrixXf& weights) const;
  // x̃(t) [dimension].
  Eigen::VectorXf sample(Eigen::Index t) const;
  // Σ_t x̃ x̃ᵀ / n_samples [dimension x dimension]. With zeros on both sides of the recording it depends on a and b by
  // their difference alone, so R products of the channels give it.
  Eigen::MatrixXf covariance() const;

private:
  // Both for columns first … first + count − 1, at most as many as one pass over the spectra serves.
  void apply_group(const Eigen::MatrixXf& filters, Eigen::Index first, Eigen::Index count, Eigen::MatrixXf& out) const;
  void correlate_group(const Eigen::MatrixXf& weights, Eigen::Index first, Eigen::Index count,
                       Eigen::MatrixXf& out) const;

  Eigen::MatrixXf signal_;
  int extension_, threads_;
  RealTransform transform_;
  Eigen::Index fresh_, blocks_, pieces_;  // new samples in each transform, number of them, vectors in a spectrum
  std::vector<float> spectra_;            // [piece][block][channel][real parts, imaginary parts]
};

}  // namespace bmiss
