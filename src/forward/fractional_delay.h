// Waveforms delayed by fractions of a sample.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

// Holds one multichannel waveform at many sub-sample delays (windowed-sinc interpolation, Kaiser window) and adds it
// into a signal anywhere; between the delays held it interpolates linearly. Relative error below 1e-3 up to 0.4 of the
// rate.
class DelayedWaveform {
public:
  // `waveform` [n_channels x n_samples].
  explicit DelayedWaveform(const Eigen::MatrixXd& waveform);
  // Adds the waveform with its sample 0 at `position` [samples, any real number]; what falls outside the signal is
  // dropped.
  void add_to(Eigen::MatrixXd& signal, double position) const;

private:
  std::vector<Eigen::MatrixXd> delayed_;  // [n_channels x n_samples + 2 half_width - 1] at delays 0, 1/32, …, 1
};

}  // namespace bmiss
