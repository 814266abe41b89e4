// A recording to time the joint decoder on: as large as real ones, with a truth that it must find.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/templates.h"

namespace bmiss::bench {

struct DecoderCase {
  static constexpr double rate = 2048;  // [Hz]
  Templates templates;
  std::vector<SpikePositions> trains;
  Eigen::MatrixXf signal;  // in units of white noise [n_channels x n_samples]
};

// 100 units under a grid of 8 x 16 electrodes for 20 s, always the same. Each unit's waveform starts at an innervation
// zone of its own and travels both ways; it fires 8 to 18 times a second.
DecoderCase decoder_case();

struct FoundSpikes {
  double share = 0;        // of the true ones within a sample
  double false_share = 0;  // of those found
};
FoundSpikes found_spikes(const std::vector<SpikePositions>& truth, const std::vector<SpikePositions>& trains);

}  // namespace bmiss::bench
