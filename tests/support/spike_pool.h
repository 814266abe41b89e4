// A few units that fire into white noise, for decoders.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "inversion/decode/templates.h"
#include "physiology/random_stream.h"

namespace bmiss::test {

// Smooth waveforms that travel over the channels, each unit from another place. Two spikes overlap often, four hardly
// ever: those are beyond the search.
struct Pool {
  static constexpr int n_units = 4, n_channels = 12;
  static constexpr Eigen::Index n_samples = 12000;
  Pool() {
    RandomStream random(3, "spike pool", 0);
    templates.window = {20, 72};
    for (int j = 0; j < n_units; ++j) {
      Eigen::MatrixXf waveform(n_channels, templates.window.lags);
      for (int c = 0; c < n_channels; ++c)
        for (Eigen::Index l = 0; l < waveform.cols(); ++l) {
          const double x = (static_cast<double>(l) - 28 - 0.8 * c * (j % 2 == 0 ? 1 : -1)) / 4;
          const double distance = (c - 2.0 * j - 1.5) / 3;
          waveform(c, l) = static_cast<float>(4 * std::exp(-distance * distance) * (1 - x * x) * std::exp(-x * x / 2));
        }
      templates.waveforms.push_back(waveform);
      SpikePositions train;
      const double interval = 170 + 27 * j;
      for (double t = 60 + 30 * random.uniform(); t < n_samples - 80; t += interval * (1 + 0.12 * random.gaussian()))
        train.push_back(t);
      trains.push_back(train);
    }
    signal.resize(n_channels, n_samples);
    for (Eigen::Index i = 0; i < signal.size(); ++i) signal.data()[i] = static_cast<float>(random.gaussian());
    add_spikes(templates, trains, 1, signal);
  }
  Templates templates;
  std::vector<SpikePositions> trains;
  Eigen::MatrixXf signal;
};

// Of the spikes of all units, and how many there are that are none.
inline std::pair<double, int> found(const std::vector<SpikePositions>& truth,
                                    const std::vector<SpikePositions>& trains) {
  int hits = 0, all = 0, others = 0;
  for (std::size_t j = 0; j < truth.size(); ++j) {
    const auto near = [](const SpikePositions& train, double t) {
      const auto at = std::lower_bound(train.begin(), train.end(), t - 1);
      return at != train.end() && *at <= t + 1;
    };
    for (const double t : truth[j]) ++all, hits += near(trains[j], t) ? 1 : 0;
    for (const double t : trains[j]) others += near(truth[j], t) ? 0 : 1;
  }
  return {static_cast<double>(hits) / all, others};
}

}  // namespace bmiss::test
