// What electrodes and amplifiers add to surface EMG.
#pragma once

#include <Eigen/Core>

namespace bmiss {

class Parameters;

enum class NoiseKind { white, coloured };

struct NoiseOptions {
  NoiseKind kind = NoiseKind::white;
  // Of coloured noise:
  double corner = 100;        // its power density falls as 1 / (1 + (f / corner)²) [Hz]
  double reach = 10e-3;       // distance of electrodes at which its correlation has fallen to 1/e [m]
  double white_share = 0.25;  // of its power that is white and independent in each channel, as that of amplifiers
  static void declare_parameters(Parameters& parameters);  // "EMG/Noise…"
  static NoiseOptions parse_parameters(const Parameters& parameters);
};

// Gaussian noise [n_electrodes x n_samples] of unit mean power for electrodes at `positions` [3 x n_electrodes], m.
// White: one independent stream a channel, so that a channel's noise does not depend on how many others there are.
// Coloured: a first-order autoregressive process, correlated between electrodes at distance d by exp(-d / reach), plus
// the white share. Deterministic for a seed.
Eigen::MatrixXd make_noise(const Eigen::Matrix3Xd& positions, Eigen::Index n_samples, double rate,
                           const NoiseOptions& options, unsigned seed);

}  // namespace bmiss
