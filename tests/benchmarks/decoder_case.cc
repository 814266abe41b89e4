#include "benchmarks/decoder_case.h"

#include <cmath>

#include "physiology/random_stream.h"
#include "support/spike_pool.h"

namespace bmiss::bench {
namespace {

constexpr int n_units = 100, n_rows = 16, n_columns = 8;
constexpr Eigen::Index n_samples = static_cast<Eigen::Index>(20 * DecoderCase::rate);

double uniform(RandomStream& random, double low, double high) {
  return low + (high - low) * random.uniform();
}

Eigen::MatrixXf waveform(const TemplateWindow& window, RandomStream& random) {
  const double zone = uniform(random, 3, n_rows - 4), column = uniform(random, 0, n_columns - 1);  // [electrodes]
  const double spread = uniform(random, 0.5, 1.2), reach = uniform(random, 2, 4);                  // [electrodes]
  const double delay = uniform(random, 3.5, 4.5), width = uniform(random, 3, 5);                   // [samples]
  const double height = std::exp(uniform(random, std::log(2.0), std::log(6.0)));
  Eigen::MatrixXf result = Eigen::MatrixXf::Zero(n_rows * n_columns, window.lags);
  for (int r = 0; r < n_rows; ++r)
    for (int c = 0; c < n_columns; ++c) {
      const double along = std::abs(r - zone), across = (c - column) / spread;
      const double here = height * std::exp(-across * across - std::pow(along / reach, 2));
      for (Eigen::Index l = 0; l < window.lags; ++l) {
        const double x = (static_cast<double>(l - window.before) - 8 - delay * along) / width;
        const double value = here * (1 - x * x) * std::exp(-x * x / 2);
        if (std::abs(value) > 1e-6) result(r * n_columns + c, l) = static_cast<float>(value);  // tails are slow numbers
      }
    }
  return result;
}

SpikePositions train(RandomStream& random) {
  const double interval = DecoderCase::rate / uniform(random, 8, 18);
  SpikePositions result;
  for (double t = uniform(random, 0, interval); t < n_samples - 1; t += interval * (1 + 0.15 * random.gaussian()))
    result.push_back(t);
  return result;
}

}  // namespace

DecoderCase decoder_case() {
  RandomStream random(1, "decoder case", 0);
  DecoderCase result;
  for (int j = 0; j < n_units; ++j) {
    result.templates.waveforms.push_back(waveform(result.templates.window, random));
    result.trains.push_back(train(random));
  }
  result.signal.resize(n_rows * n_columns, n_samples);
  for (Eigen::Index i = 0; i < result.signal.size(); ++i)
    result.signal.data()[i] = static_cast<float>(random.gaussian());
  add_spikes(result.templates, result.trains, 1, result.signal);
  return result;
}

FoundSpikes found_spikes(const std::vector<SpikePositions>& truth, const std::vector<SpikePositions>& trains) {
  const auto [share, others] = test::found(truth, trains);
  double all = 0;
  for (const auto& train : trains) all += static_cast<double>(train.size());
  return {share, all > 0 ? others / all : 0};
}

}  // namespace bmiss::bench
