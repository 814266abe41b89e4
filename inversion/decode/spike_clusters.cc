// SpikeSearch: clusters of spikes, all anew.
#include <algorithm>
#include <cmath>

#include "inversion/decode/spike_search.h"

namespace bmiss {
namespace {

constexpr double reach = 5;             // of a cluster around its middle [samples]
constexpr double influence = 24;        // of a change on clusters [samples], where its effect is largest
constexpr std::size_t width = 3;        // partial clusters that are followed
constexpr std::ptrdiff_t branches = 3;  // of each
constexpr std::size_t spare = 2;        // spikes more than there were
constexpr std::size_t finalists = 3;
constexpr float least_gain = 0.1F;

}  // namespace

void SpikeSearch::insert(const std::vector<Spike>& spikes) {
  for (const Spike& spike : spikes) insert(spike);
}

void SpikeSearch::erase(const std::vector<Spike>& spikes) {
  for (const Spike& spike : spikes) erase(spike);
}

std::vector<SpikeSearch::Spike> SpikeSearch::spikes_near(double middle) const {
  std::vector<Spike> spikes;
  for (std::size_t j = 0; j < trains_.size(); ++j) {
    const auto& train = trains_[j];
    for (auto at = std::lower_bound(train.begin(), train.end(), middle - reach);
         at != train.end() && *at <= middle + reach; ++at)
      spikes.push_back({static_cast<Eigen::Index>(j), *at, 0});
  }
  return spikes;
}

bool SpikeSearch::has(const std::vector<Spike>& spikes, const Spike& wanted, double distance) {
  return std::any_of(spikes.begin(), spikes.end(), [&](const Spike& spike) {
    return spike.unit == wanted.unit && std::abs(spike.position - wanted.position) < distance;
  });
}

// Those that no further spike improves, or with as many as may be.
std::vector<SpikeSearch::Partial> SpikeSearch::beam_search(const Partial& nothing, std::size_t most_spikes) {
  struct Step {
    std::size_t from;
    Spike spike;
    float gain;
  };
  const auto larger = [](const auto& x, const auto& y) { return x.gain > y.gain; };
  std::vector<Partial> beam = {nothing}, ended;
  for (std::size_t depth = 0; depth < most_spikes && !beam.empty(); ++depth) {
    std::vector<Step> steps;
    for (std::size_t i = 0; i < beam.size(); ++i) {
      insert(beam[i].spikes);
      std::vector<Spike> some = options(beam[i].view);
      erase(beam[i].spikes);
      if (some.empty()) ended.push_back(beam[i]);
      const auto n = std::min<std::ptrdiff_t>(branches, static_cast<std::ptrdiff_t>(some.size()));
      std::partial_sort(some.begin(), some.begin() + n, some.end(), larger);
      for (auto next = some.begin(); next != some.begin() + n; ++next)
        steps.push_back({i, *next, beam[i].gain + next->gain});
    }
    std::stable_sort(steps.begin(), steps.end(), larger);
    std::vector<Partial> longer;
    for (const Step& step : steps) {
      if (longer.size() == width) break;
      // The same spikes found in another order lie a little apart: the better order is there already.
      const auto same = [&](const Partial& other) {
        const auto& before = beam[step.from].spikes;
        return has(other.spikes, step.spike, 1) &&
               std::all_of(before.begin(), before.end(), [&](const Spike& s) { return has(other.spikes, s, 1); });
      };
      if (std::any_of(longer.begin(), longer.end(), same)) continue;
      longer.push_back(beam[step.from]);
      longer.back().spikes.push_back(step.spike);
      longer.back().gain = step.gain;
      longer.back().view.put_in(step.spike.unit, step.spike.position);
    }
    beam = std::move(longer);
  }
  ended.insert(ended.end(), beam.begin(), beam.end());
  std::stable_sort(ended.begin(), ended.end(), larger);
  return ended;
}

// Each spike to where it is worth most beside all others: it was chosen before some of them.
void SpikeSearch::refine(Partial& partial) {
  insert(partial.spikes);
  for (Spike& spike : partial.spikes) {
    erase(spike);
    partial.view.take_away(spike.unit, spike.position);
    spike.gain = gain(spike.unit, spike.position, partial.view.value(spike.unit, spike.position));
    partial.gain -= spike.gain;
    const auto peak = partial.view.peak_near(spike.unit, spike.position);
    const float better = gain(spike.unit, peak.position, peak.value);
    if (better > spike.gain) spike = {spike.unit, peak.position, better};
    partial.gain += spike.gain;
    insert(spike);
    partial.view.put_in(spike.unit, spike.position);
  }
  erase(partial.spikes);
}

bool SpikeSearch::rebuild(double middle) {
  const std::vector<Spike> cluster = spikes_near(middle);
  if (cluster.size() < 2) return false;
  Partial nothing{view_, {}, 0};
  nothing.view.look(residual_, std::llround(middle));
  erase(cluster);
  for (const Spike& spike : cluster) nothing.view.take_away(spike.unit, spike.position);
  Partial present = nothing;
  for (const Spike& spike : cluster) {
    present.gain += gain(spike.unit, spike.position, present.view.value(spike.unit, spike.position));
    insert(spike);
    present.view.put_in(spike.unit, spike.position);
  }
  erase(cluster);
  std::vector<Partial> found = beam_search(nothing, cluster.size() + spare);
  found.resize(std::min(found.size(), finalists), nothing);
  const Partial* best = &present;
  for (Partial& partial : found) {
    refine(partial);
    if (partial.gain > best->gain + (best == &present ? least_gain : 0)) best = &partial;
  }
  insert(cluster);
  if (best == &present) return false;
  for (const Spike& spike : cluster) remove(spike);
  for (const Spike& spike : best->spikes) add(spike);
  energy_ += static_cast<double>(present.gain - best->gain);
  return best->spikes.size() != cluster.size() ||
         !std::all_of(cluster.begin(), cluster.end(), [&](const Spike& s) { return has(best->spikes, s, 0.5); });
}

void SpikeSearch::unsettle(double position) {
  const auto n = static_cast<std::ptrdiff_t>(settled_.size());
  const auto cluster = [&](double at) {
    return std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(std::floor(at / reach)), 0, n);
  };
  std::fill(settled_.begin() + cluster(position - influence), settled_.begin() + cluster(position + influence + reach),
            0);
}

long SpikeSearch::rebuild_clusters() {
  long changes = 0;
  settled_.resize(static_cast<std::size_t>(std::ceil(static_cast<double>(residual_.cols()) / reach)), 0);
  for (std::size_t c = 0; c < settled_.size(); ++c) {
    if (settled_[c] != 0) continue;
    settled_[c] = 1;
    if (rebuild(reach * static_cast<double>(c))) ++changes;
  }
  return changes;
}

}  // namespace bmiss
