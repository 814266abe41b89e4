#include "inversion/decode/window_decoder.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "inversion/decode/spike_search.h"

namespace bmiss {
namespace {

constexpr float relaxed_spike = 0.5F;  // from here
constexpr double coupling = 0.05;

OutputHeights heights_of(const SpikeSearch& search, Eigen::Index unit, float energy, Eigen::Index begin,
                         Eigen::Index end) {
  constexpr Eigen::Index width = 3;  // of a spike, on both sides
  OutputHeights heights;
  const auto& residual = search.residual();
  std::vector<char> taken(static_cast<std::size_t>(residual.cols()), 0);
  for (const double position : search.trains()[static_cast<std::size_t>(unit)]) {
    const auto t = std::clamp<Eigen::Index>(std::lround(position), 0, residual.cols() - 1);
    for (Eigen::Index k = std::max<Eigen::Index>(t - width, 0); k <= std::min(t + width, residual.cols() - 1); ++k)
      taken[static_cast<std::size_t>(k)] = 1;
    if (t < begin || t >= end) continue;
    const double height = static_cast<double>(residual(unit, t) / energy) + 1;
    ++heights.n_spikes;
    heights.spikes += height;
    heights.spike_squares += height * height;
  }
  for (Eigen::Index t = std::max<Eigen::Index>(begin, 1); t < std::min(end, residual.cols() - 1); ++t) {
    const float here = residual(unit, t);
    if (taken[static_cast<std::size_t>(t)] != 0 || !(here > 0 && here > residual(unit, t - 1)) ||
        here < residual(unit, t + 1))
      continue;
    ++heights.n_others;
    heights.others += static_cast<double>(here / energy);
  }
  return heights;
}

void descend(SpikeSearch& search, const DecodingOptions& options) {
  search.improve(options.passes);
  for (int i = 0; i < options.rebuilds && search.rebuild_clusters() > 0; ++i) search.improve(options.passes);
  if (search.exchange_runs() > 0) search.improve(options.passes);
}

// Replaces what the search has found by what it finds from the relaxed problem, if that is better.
void try_relaxed(SpikeSearch& search, const TemplateCorrelations& part, const Relaxation& relaxation, double refractory,
                 const DecodingOptions& options) {
  const Eigen::VectorXf price = Eigen::VectorXf::Constant(part.units(), static_cast<float>(options.price));
  // What each believes of intervals is its own: they are compared without.
  const FiringPrior same = FiringPrior::indifferent(part.units(), options.price, refractory);
  SpikeSearch other(part, same);
  other.round(relaxation.spikes(part, price), relaxed_spike);
  other.improve(options.passes);
  other.set_prior(FiringPrior::regular(other.trains(), options.price, refractory));
  descend(other, options);
  search.set_prior(same);
  other.set_prior(same);
  if (other.energy() < search.energy()) search.set_trains(other.trains());
}

// In the middle of the longest interval between spikes of either window within `margin` of their border.
double passage(const SpikePositions& before, const SpikePositions& after, double border, double margin) {
  SpikePositions both = {border - margin, border + margin};
  for (const auto* train : {&before, &after})
    both.insert(both.end(), std::lower_bound(train->begin(), train->end(), border - margin),
                std::upper_bound(train->begin(), train->end(), border + margin));
  std::sort(both.begin(), both.end());
  std::size_t longest = 1;
  for (std::size_t i = 2; i < both.size(); ++i)
    if (both[i] - both[i - 1] > both[longest] - both[longest - 1]) longest = i;
  return (both[longest - 1] + both[longest]) / 2;
}

}  // namespace

OutputHeights& OutputHeights::operator+=(const OutputHeights& more) {
  n_spikes += more.n_spikes;
  spikes += more.spikes;
  spike_squares += more.spike_squares;
  n_others += more.n_others;
  others += more.others;
  return *this;
}

double OutputHeights::silhouette() const {
  if (n_spikes < 2 || n_others < 1) return 0;
  const double low = others / n_others;
  const double within = spike_squares - spikes * spikes / n_spikes;
  const double between = spike_squares - 2 * low * spikes + n_spikes * low * low;
  return (between - within) / std::max(between, within);
}

std::vector<DecodingWindow> decoding_windows(Eigen::Index n_samples, double rate, const DecodingOptions& options) {
  const double length = options.window * rate;
  const auto n = std::max<Eigen::Index>(1, std::lround(static_cast<double>(n_samples) / length));
  const auto margin = static_cast<Eigen::Index>(std::lround(options.margin * rate));
  std::vector<DecodingWindow> windows;
  for (Eigen::Index w = 0; w < n; ++w) {
    DecodingWindow window;
    window.begin = w * n_samples / n;
    window.end = (w + 1) * n_samples / n;
    window.first = std::max<Eigen::Index>(0, window.begin - margin);
    window.count = std::min(n_samples, window.end + margin) - window.first;
    windows.push_back(window);
  }
  return windows;
}

Relaxation relaxation_of(const TemplateCorrelations& correlations, const DecodingOptions& options) {
  RelaxationOptions relaxation;
  relaxation.steps = options.relaxation_steps;
  relaxation.coupling = coupling;
  return Relaxation(correlations, relaxation);
}

DecodedWindow decode_window(const TemplateCorrelations& correlations, const DecodingWindow& window,
                            const std::vector<SpikePositions>& trains, const FiringPrior& prior, double rate,
                            const Relaxation* relaxation, const DecodingOptions& options) {
  const TemplateCorrelations part = correlations.part(window.first, window.count);
  const auto first = static_cast<double>(window.first), last = static_cast<double>(window.first + window.count - 1);
  std::vector<SpikePositions> inside(trains.size());
  for (std::size_t j = 0; j < trains.size(); ++j)
    for (const double position : trains[j])
      if (position >= first && position <= last) inside[j].push_back(position - first);
  SpikeSearch search(part, prior);
  search.set_trains(inside);
  descend(search, options);
  if (relaxation != nullptr) try_relaxed(search, part, *relaxation, options.refractory * rate, options);
  DecodedWindow result{search.trains(), {}};
  for (Eigen::Index j = 0; j < part.units(); ++j)
    result.heights.push_back(
        heights_of(search, j, part.energy()[j], window.begin - window.first, window.end - window.first));
  for (auto& train : result.trains)
    for (double& position : train) position += first;
  return result;
}

std::vector<SpikePositions> joined(const std::vector<DecodingWindow>& windows,
                                   const std::vector<DecodedWindow>& decoded) {
  BMISS_ASSERT(windows.size() == decoded.size() && !windows.empty());
  std::vector<SpikePositions> trains = decoded[0].trains;
  for (std::size_t w = 1; w < windows.size(); ++w) {
    const auto border = static_cast<double>(windows[w].begin);
    const double margin = 0.5 * (border - static_cast<double>(windows[w].first));  // the rest is near an end
    for (std::size_t j = 0; j < trains.size(); ++j) {
      SpikePositions &before = trains[j], after = decoded[w].trains[j];
      const double place = passage(before, after, border, margin);
      before.erase(std::lower_bound(before.begin(), before.end(), place), before.end());
      before.insert(before.end(), std::lower_bound(after.begin(), after.end(), place), after.end());
    }
  }
  return trains;
}

}  // namespace bmiss
