#include "inversion/decode/spike_pairs.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr int phases = DelayBank::phases;

// A spike as add_spikes lays it in: shares of two neighbours on a grid of parts of a sample.
struct GridSpike {
  Eigen::Index unit = 0, first = 0;  // [samples / phases]
  float share = 0;                   // of the one after the first
};

// Those whose windows reach into the signal.
std::vector<GridSpike> on_the_grid(const std::vector<SpikePositions>& trains, const TemplateWindow& window,
                                   Eigen::Index n_samples) {
  std::vector<GridSpike> spikes;
  for (std::size_t j = 0; j < trains.size(); ++j)
    for (const double position : trains[j]) {
      const double begin = position - static_cast<double>(window.before);
      if (begin + static_cast<double>(window.lags) <= 0 || begin >= static_cast<double>(n_samples)) continue;
      const auto place = DelayBank::place_of(position);
      spikes.push_back({static_cast<Eigen::Index>(j), phases * place.sample + place.phase, place.share});
    }
  std::stable_sort(spikes.begin(), spikes.end(),
                   [](const GridSpike& a, const GridSpike& b) { return a.first < b.first; });
  return spikes;
}

// Of spikes of unit j after those of each unit: row r, 0 … 2 * n − 1, of column k is the delay (r − n) / phases.
void count_delays(const std::vector<GridSpike>& spikes, Eigen::Index unit, Eigen::MatrixXf& counts) {
  counts.setZero();
  const Eigen::Index n = counts.rows() / 2;
  auto begin = spikes.begin();
  for (const GridSpike& one : spikes) {
    if (one.unit != unit) continue;
    while (begin->first <= one.first - n + 1) ++begin;
    for (auto other = begin; other != spikes.end() && other->first < one.first + n - 1; ++other) {
      float* at = &counts(n + one.first - other->first, other->unit);
      const float a = one.share, b = other->share;
      at[-1] += (1 - a) * b;
      at[0] += (1 - a) * (1 - b) + a * b;
      at[1] += a * (1 - b);
    }
  }
}

}  // namespace

SpikePairs::SpikePairs(const std::vector<SpikePositions>& trains, const TemplateWindow& window, Eigen::Index n_samples)
    : window_(window),
      transform_(power_of_two(2 * window.lags + 2)),
      bank_(window.lags),
      before_(trains.size()),
      after_(trains.size()) {
  const auto n_units = static_cast<Eigen::Index>(trains.size());
  const Eigen::Index frequencies = transform_.frequencies(), length = transform_.length();
  const std::vector<GridSpike> spikes = on_the_grid(trains, window, n_samples);
  std::vector<Eigen::MatrixXcf> couplings(static_cast<std::size_t>(frequencies), Eigen::MatrixXcf(n_units, n_units));
  // Whole delays of each phase are one transform; the phase is a ramp.
  const double pi = std::acos(-1.0);
  Eigen::MatrixXcf ramps(frequencies, phases);
  for (Eigen::Index f = 0; f < frequencies; ++f)
    for (int q = 0; q < phases; ++q) {
      const double angle = 2 * pi * static_cast<double>(f) * q / phases / static_cast<double>(length);
      ramps(f, q) = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
    }
  const Eigen::Index reach = window.lags;
  Eigen::MatrixXf counts(2 * phases * reach, n_units);
  Eigen::MatrixXf circular(length, n_units);
  for (Eigen::Index j = 0; j < n_units; ++j) {
    count_delays(spikes, j, counts);
    Eigen::MatrixXcf coupling = Eigen::MatrixXcf::Zero(frequencies, n_units);
    for (int q = 0; q < phases; ++q) {
      circular.setZero();
      for (Eigen::Index i = 0; i < 2 * reach; ++i)
        circular.row((i - reach + length) % length) = counts.row(phases * i + q);
      coupling.array() += transform_.forward(circular).conjugate().array().colwise() * ramps.col(q).array();
    }
    for (Eigen::Index f = 0; f < frequencies; ++f) couplings[static_cast<std::size_t>(f)].row(j) = coupling.row(f);
  }
  couplings_ = std::vector<TiledMatrix>(couplings.begin(), couplings.end());
  const auto lags = static_cast<double>(window.lags), end = static_cast<double>(n_samples);
  for (std::size_t j = 0; j < trains.size(); ++j)
    for (const double position : trains[j]) {
      const double begin = position - static_cast<double>(window.before);
      if (begin < 0 && begin + lags > 0) before_[j].push_back(position + lags);
      if (begin < end && begin + lags > end) after_[j].push_back(position - end);
    }
}

void SpikePairs::subtract_outside(const Edge& edge, const std::vector<Eigen::MatrixXf>& waveforms,
                                  std::vector<Eigen::MatrixXf>& product) const {
  Eigen::MatrixXf outside = Eigen::MatrixXf::Zero(waveforms.front().rows(), window_.lags);
  for (std::size_t j = 0; j < edge.size(); ++j) add_spikes(waveforms[j], window_, edge[j], 1, bank_, outside);
  for (std::size_t j = 0; j < edge.size(); ++j)
    if (!edge[j].empty()) product[j] -= gather_spikes(outside, window_, edge[j], bank_);
}

std::vector<Eigen::MatrixXf> SpikePairs::times(const std::vector<Eigen::MatrixXf>& waveforms) const {
  const auto n_units = static_cast<Eigen::Index>(waveforms.size());
  BMISS_ASSERT(before_.size() == waveforms.size());
  if (waveforms.empty()) return {};
  const Eigen::Index n_channels = waveforms.front().rows(), frequencies = transform_.frequencies();
  std::vector<Eigen::MatrixXcf> spectra(static_cast<std::size_t>(frequencies), Eigen::MatrixXcf(n_units, n_channels));
  Eigen::MatrixXf padded = Eigen::MatrixXf::Zero(transform_.length(), n_channels);
  for (Eigen::Index k = 0; k < n_units; ++k) {
    padded.topRows(window_.lags) = waveforms[static_cast<std::size_t>(k)].transpose();
    const Eigen::MatrixXcf spectrum = transform_.forward(padded);
    for (Eigen::Index f = 0; f < frequencies; ++f) spectra[static_cast<std::size_t>(f)].row(k) = spectrum.row(f);
  }
  for (std::size_t f = 0; f < spectra.size(); ++f) spectra[f] = couplings_[f].times(spectra[f]);
  std::vector<Eigen::MatrixXf> product;
  Eigen::MatrixXcf spectrum(frequencies, n_channels);
  for (Eigen::Index j = 0; j < n_units; ++j) {
    for (Eigen::Index f = 0; f < frequencies; ++f) spectrum.row(f) = spectra[static_cast<std::size_t>(f)].row(j);
    product.emplace_back(transform_.inverse(spectrum).topRows(window_.lags).transpose());
  }
  subtract_outside(before_, waveforms, product);
  subtract_outside(after_, waveforms, product);
  return product;
}

}  // namespace bmiss
