// The extended recording of convolutive source separation, x̃(t) = [x_i(t − a)], a = 0 … R − 1, as a linear operator.
// It is never stored: a filter over all channels and delays is a sum of short convolutions, computed by overlap-save
// with the spectra of the channels' blocks kept. That costs several times fewer operations than the dense product and
// reads tens of times less memory than a whitened copy of the extended recording.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <vector>

namespace bmiss {

class ExtendedSignal {
public:
  // signal [n_channels x n_samples]; samples before the first count as zero. extension R >= 1.
  ExtendedSignal(Eigen::MatrixXf signal, int extension);
  ~ExtendedSignal();
  ExtendedSignal(const ExtendedSignal&) = delete;
  ExtendedSignal& operator=(const ExtendedSignal&) = delete;

  int extension() const { return extension_; }
  Eigen::Index channels() const { return signal_.rows(); }
  Eigen::Index samples() const { return signal_.cols(); }
  Eigen::Index dimension() const { return channels() * extension_; }
  const Eigen::MatrixXf& signal() const { return signal_; }

  // s(t) = Σ_ia f(i R + a) x_i(t − a); filter [dimension], result [n_samples].
  Eigen::VectorXf apply(const Eigen::VectorXf& filter) const;
  // The adjoint: c(i R + a) = Σ_t g(t) x_i(t − a); weights [n_samples], result [dimension].
  Eigen::VectorXf correlate(const Eigen::VectorXf& weights) const;
  // x̃(t) [dimension].
  Eigen::VectorXf sample(Eigen::Index t) const;
  // Σ_t x̃ x̃ᵀ / n_samples [dimension x dimension]. With zeros on both sides of the recording it depends on a and b by
  // their difference alone, so R products of the channels give it.
  Eigen::MatrixXd covariance() const;

private:
  struct Transform;
  float* block(Eigen::Index b) { return spectra_.data() + static_cast<std::size_t>(b * channels() * 2 * stride_); }
  const float* block(Eigen::Index b) const {
    return spectra_.data() + static_cast<std::size_t>(b * channels() * 2 * stride_);
  }

  Eigen::MatrixXf signal_;
  int extension_;
  Eigen::Index length_, fresh_, blocks_;  // of a transform, new samples in each, number of them
  Eigen::Index stride_;                   // floats that hold the real (or imaginary) parts of one spectrum
  std::vector<float> spectra_;            // [block][channel][real parts, imaginary parts]
  std::unique_ptr<Transform> transform_;
};

}  // namespace bmiss
