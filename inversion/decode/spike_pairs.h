// How often spikes of each two units follow each other at each delay: the normal matrix of joint templates.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/complex_product.h"
#include "inversion/decode/templates.h"
#include "inversion/prepare/real_transform.h"

namespace bmiss {

// AᵀA, A the map from the waveforms of all units to the signal that their spikes make of them (add_spikes) and Aᵀ its
// adjoint (gather_spikes). Two spikes a delay d apart couple the waveforms of their units at lags d apart, whenever
// they fire, so that all pairs at one delay count as one: a histogram for each two units, applied as a product of
// matrices at each frequency. Its cost does not grow with the number of spikes. Delays are fractions of a sample,
// without the errors of add_spikes' interpolation: below a third of the sampling rate the two differ by less than a per
// cent, most at the ends of a window, where add_spikes cuts waveforms off.
class SpikePairs {
public:
  // Of a signal of n_samples; what spikes near its ends would add outside does not count.
  SpikePairs(const std::vector<SpikePositions>& trains, const TemplateWindow& window, Eigen::Index n_samples);

  // AᵀA times waveforms [n_channels x n_lags], one for each unit.
  std::vector<Eigen::MatrixXf> times(const std::vector<Eigen::MatrixXf>& waveforms) const;

private:
  // Spikes whose windows reach beyond one end of the signal: positions in a piece of `lags` samples beyond it.
  using Edge = std::vector<SpikePositions>;
  void subtract_outside(const Edge& edge, const std::vector<Eigen::MatrixXf>& waveforms,
                        std::vector<Eigen::MatrixXf>& product) const;

  TemplateWindow window_;
  RealTransform transform_;
  std::vector<TiledMatrix> couplings_;  // of each frequency [n_units x n_units]
  DelayBank bank_;
  Edge before_, after_;
};

}  // namespace bmiss
