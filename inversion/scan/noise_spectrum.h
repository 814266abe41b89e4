// Stationary noise between channels, and how far one waveform stands out of it.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/prepare/prepare.h"

namespace bmiss {

// Cross-spectral matrices S(f) of noise. The covariance of a recording extended by all its delays is block Toeplitz,
// which the Fourier transform makes block diagonal; so d' = sqrt(m^T C^-1 m) becomes sqrt(1/n sum_f m^H S^-1 m). It is
// what the best linear filter over channels and time can tell one spike from none by.
class NoiseSpectrum {
public:
  // Of a signal [n_channels x n_samples], for waveforms of n_lags samples: Welch's average over Hann windows, so short
  // that there are four for each channel. Frequencies with less than a thousandth of the strongest one's power are left
  // out. The inverse of a matrix estimated from N windows is on average larger than that of the true one by N / (N -
  // n_channels) (complex Wishart distribution; Goodman 1963), which is taken back. Asserts is_long_enough().
  NoiseSpectrum(const Eigen::MatrixXf& signal, Eigen::Index n_lags);
  // Two of the shortest windows for each channel are needed at least.
  static bool is_long_enough(Eigen::Index n_channels, Eigen::Index n_samples);
  static Eigen::Index samples_needed(Eigen::Index n_channels);
  // White and independent in all channels.
  static NoiseSpectrum white(Eigen::Index n_channels, double deviation, Eigen::Index n_lags);

  // d' of each column of waveforms, which is one [n_channels x n_lags] column-major.
  Eigen::VectorXf separability(const Eigen::MatrixXf& waveforms) const;

private:
  NoiseSpectrum(Eigen::Index n_channels, Eigen::Index n_lags);

  Eigen::Index n_channels_, n_lags_, length_;  // of the transform
  float correction_ = 1;                       // of the squares
  std::vector<Eigen::Index> frequencies_;
  std::vector<Eigen::MatrixXcf> roots_;  // lower Cholesky factors of S at these
};

// Of a recording, activity included; white noise of its power when it is too short for that, with a warning that says
// how long it would have to be.
NoiseSpectrum noise_of_recording(const PreparedSignal& prepared, Eigen::Index n_lags, Report& report);

}  // namespace bmiss
