#include "benchmarks/decoder_case.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace bmiss::bench {
namespace {

constexpr int n_units = 100, n_rows = 16, n_columns = 8;
constexpr Eigen::Index n_samples = static_cast<Eigen::Index>(20 * DecoderCase::rate);

// Not std's distributions: they differ between libraries.
class Random {
public:
  double uniform(double low, double high) { return low + (high - low) * (engine_() + 0.5) / 4294967296.0; }
  double gaussian() {
    const double radius = std::sqrt(-2 * std::log(uniform(0, 1)));
    return radius * std::cos(2 * M_PI * uniform(0, 1));
  }

private:
  std::mt19937 engine_{1};
};

Eigen::MatrixXf waveform(const TemplateWindow& window, Random& random) {
  const double zone = random.uniform(3, n_rows - 4), column = random.uniform(0, n_columns - 1);  // [electrodes]
  const double spread = random.uniform(0.5, 1.2), reach = random.uniform(2, 4);                  // [electrodes]
  const double delay = random.uniform(3.5, 4.5), width = random.uniform(3, 5);                   // [samples]
  const double height = std::exp(random.uniform(std::log(2.0), std::log(6.0)));
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

SpikePositions train(Random& random) {
  const double interval = DecoderCase::rate / random.uniform(8, 18);
  SpikePositions result;
  for (double t = random.uniform(0, interval); t < n_samples - 1; t += interval * (1 + 0.15 * random.gaussian()))
    result.push_back(t);
  return result;
}

double share_near(const std::vector<SpikePositions>& of, const std::vector<SpikePositions>& in) {
  double near = 0, all = 0;
  for (std::size_t j = 0; j < of.size(); ++j)
    for (const double t : of[j]) {
      const auto at = std::lower_bound(in[j].begin(), in[j].end(), t - 1);
      near += at != in[j].end() && *at <= t + 1 ? 1 : 0;
      all += 1;
    }
  return all > 0 ? near / all : 0;
}

}  // namespace

DecoderCase decoder_case() {
  Random random;
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
  return {share_near(truth, trains), 1 - share_near(trains, truth)};
}

}  // namespace bmiss::bench
