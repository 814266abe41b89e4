// SpikeSearch: runs of spikes that two units have taken from each other.
#include <algorithm>
#include <array>
#include <cmath>

#include "inversion/decode/spike_search.h"

namespace bmiss {
namespace {

constexpr float least_likeness = 0.5F;  // of two templates, the best delay taken
constexpr double least_gain = 1;        // of an exchange

}  // namespace

std::vector<SpikeSearch::LikePair> SpikeSearch::like_pairs() const {
  std::vector<LikePair> pairs;
  const Eigen::Index lags = correlations_.lags(), nearest = lags - 1;  // column of no delay
  for (Eigen::Index k = 0; k < correlations_.units(); ++k)
    for (Eigen::Index j = k + 1; j < correlations_.units(); ++j) {
      Eigen::Index delay = 0;
      const auto effect =
          correlations_.effect(k, 0).row(j).segment(nearest - (MatchedView::reach - 1), 2 * MatchedView::reach - 1);
      const float most = effect.maxCoeff(&delay);
      if (most < least_likeness * std::sqrt(correlations_.energy()[j] * correlations_.energy()[k])) continue;
      pairs.push_back({k, j, static_cast<double>(delay - (MatchedView::reach - 1))});
    }
  return pairs;
}

// Spikes of both in time order, with what each would gain as one of the other's.
std::vector<SpikeSearch::Exchange> SpikeSearch::exchanges_of(const LikePair& pair) {
  std::vector<Exchange> events;
  for (const Eigen::Index unit : {pair.first, pair.second}) {
    const bool is_first = unit == pair.first;
    const Eigen::Index other = is_first ? pair.second : pair.first;
    for (const double position : trains_[static_cast<std::size_t>(unit)]) {
      view_.look(residual_, std::llround(position));
      view_.take_away(unit, position);
      const auto there = view_.peak_near(other, position + (is_first ? pair.delay : -pair.delay));
      if (there.position < 0 || there.position > static_cast<double>(residual_.cols() - 1)) {
        events.push_back({is_first, position, position, FiringPrior::impossible});
        continue;
      }
      const float now = view_.value(unit, position) - 0.5F * correlations_.energy()[unit];
      events.push_back({is_first, position, there.position, there.value - 0.5F * correlations_.energy()[other] - now});
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Exchange& a, const Exchange& b) { return a.position < b.position; });
  return events;
}

// A probable way to follow both units through their spikes, by dynamic programming: at each spike the two trains are as
// they are (state 0) or each continues in the other (1). Exact where each run holds spikes of both; E has the last
// word. Marks the spikes to be exchanged.
bool SpikeSearch::best_exchange(const LikePair& pair, std::vector<Exchange>& events) const {
  const auto n = static_cast<std::ptrdiff_t>(events.size());
  const auto at = [&](std::ptrdiff_t i) -> const Exchange& { return events[static_cast<std::size_t>(i)]; };
  // The spike of each train before and not before event i, or -1.
  std::vector<std::array<std::ptrdiff_t, 2>> before(events.size() + 1, {-1, -1}), after(events.size() + 1, {-1, -1});
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    before[static_cast<std::size_t>(i) + 1] = before[static_cast<std::size_t>(i)];
    before[static_cast<std::size_t>(i) + 1][at(i).is_first ? 0 : 1] = i;
  }
  for (std::ptrdiff_t i = n - 1; i >= 0; --i) {
    after[static_cast<std::size_t>(i)] = after[static_cast<std::size_t>(i) + 1];
    after[static_cast<std::size_t>(i)][at(i).is_first ? 0 : 1] = i;
  }
  const auto position = [&](std::ptrdiff_t i, int state) { return state == 0 ? at(i).position : at(i).elsewhere; };
  const auto owner = [&](std::ptrdiff_t i, int state) {
    return at(i).is_first == (state == 0) ? pair.first : pair.second;
  };
  // Log density of the interval before event i in a state, when event `from` was before it in another.
  const auto interval = [&](std::ptrdiff_t i, int state, std::ptrdiff_t from, int state_from) {
    return from < 0
               ? 0.0
               : static_cast<double>(prior_.interval(owner(i, state), position(i, state) - position(from, state_from)));
  };
  std::array<double, 2> score = {0, -1e30};
  std::vector<std::array<int, 2>> came_from(events.size(), {0, 1});
  for (std::ptrdiff_t i = 0; i < n; ++i) {
    const auto index = static_cast<std::size_t>(i);
    std::array<double, 2> next{};
    for (const int state : {0, 1}) {
      // Both trains' next intervals then begin in the other train.
      double change = 0;
      for (const int train : {0, 1}) {
        const std::ptrdiff_t to = after[index][static_cast<std::size_t>(train)];
        if (to < 0) continue;
        const auto& earlier = before[index];
        change += interval(to, state, earlier[static_cast<std::size_t>(1 - train)], 1 - state) -
                  interval(to, state, earlier[static_cast<std::size_t>(train)], state);
      }
      const double stayed = score[static_cast<std::size_t>(state)];
      const double changed = score[static_cast<std::size_t>(1 - state)] + change;
      came_from[index][static_cast<std::size_t>(state)] = changed > stayed ? 1 - state : state;
      const std::ptrdiff_t own = before[index][at(i).is_first ? 0 : 1];
      next[static_cast<std::size_t>(state)] = std::max(stayed, changed) + interval(i, state, own, state) +
                                              (state == 1 ? static_cast<double>(at(i).gain) : 0.0);
    }
    score = next;
  }
  int state = score[1] > score[0] ? 1 : 0;
  bool any = false;
  for (std::ptrdiff_t i = n - 1; i >= 0; --i) {
    events[static_cast<std::size_t>(i)].wanted = state == 1;
    any = any || state == 1;
    state = came_from[static_cast<std::size_t>(i)][static_cast<std::size_t>(state)];
  }
  return any;
}

void SpikeSearch::take(const Spike& spike) {
  erase(spike);
  view_.look(residual_, std::llround(spike.position));
  view_.take_away(spike.unit, spike.position);
  energy_ += static_cast<double>(gain(spike.unit, spike.position, view_.value(spike.unit, spike.position)));
  subtract(spike, -1);
}

void SpikeSearch::give(const Spike& spike) {
  view_.look(residual_, std::llround(spike.position));
  energy_ -= static_cast<double>(gain(spike.unit, spike.position, view_.value(spike.unit, spike.position)));
  add(spike);
}

bool SpikeSearch::exchange(const LikePair& pair) {
  std::vector<Exchange> events = exchanges_of(pair);
  if (!best_exchange(pair, events)) return false;
  const double before = energy_;
  std::vector<Spike> taken, given;
  for (const Exchange& event : events) {
    if (!event.wanted) continue;
    taken.push_back({event.is_first ? pair.first : pair.second, event.position, 0});
    given.push_back({event.is_first ? pair.second : pair.first, event.elsewhere, 0});
  }
  for (const Spike& spike : taken) take(spike);
  for (const Spike& spike : given) give(spike);
  if (energy_ < before - least_gain) return true;
  for (const Spike& spike : given) take(spike);
  for (const Spike& spike : taken) give(spike);
  energy_ = before;  // without what rounding left
  return false;
}

long SpikeSearch::exchange_runs() {
  long changes = 0;
  for (const LikePair& pair : like_pairs())
    if (exchange(pair)) ++changes;
  return changes;
}

}  // namespace bmiss
