// Fourier transforms of many real signals of one length, single precision (FFTW).
#pragma once

#include <Eigen/Core>
#include <complex>

namespace bmiss {

// Signals are the columns [length x n], spectra too [length / 2 + 1 x n]. The inverse divides by the length. Plans are
// estimated, not measured: results do not depend on the load of the machine.
class RealTransform {
public:
  explicit RealTransform(Eigen::Index length);
  ~RealTransform();
  RealTransform(const RealTransform&) = delete;
  RealTransform& operator=(const RealTransform&) = delete;

  Eigen::Index length() const { return length_; }
  Eigen::Index frequencies() const { return length_ / 2 + 1; }
  void forward(const float* signal, std::complex<float>* spectrum) const;
  void inverse(const std::complex<float>* spectrum, float* signal) const;  // leaves the spectrum as it is
  Eigen::MatrixXcf forward(const Eigen::MatrixXf& signals) const;
  Eigen::MatrixXf inverse(const Eigen::MatrixXcf& spectra) const;

private:
  struct Plans;
  Eigen::Index length_;
  Plans* plans_;
};

// The smallest power of two that is not less.
Eigen::Index power_of_two(Eigen::Index least);

}  // namespace bmiss
