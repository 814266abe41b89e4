#include "inversion/decode/spike_search.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr Eigen::Index neighbourhood = 12;  // samples on both sides of a spike in which others may take its place
constexpr int most_additions = 3;

}  // namespace

SpikeSearch::SpikeSearch(const TemplateCorrelations& correlations, Eigen::VectorXf price, double refractory)
    : correlations_(correlations),
      price_(std::move(price)),
      refractory_(refractory),
      trains_(static_cast<std::size_t>(correlations.units())),
      residual_(correlations.matched()) {
  BMISS_ASSERT(price_.size() == correlations.units());
}

void SpikeSearch::flip(Eigen::Index unit, double position, float sign) {
  const auto place = DelayBank::nearest(position);
  const Eigen::MatrixXf& effect = correlations_.effect(unit, place.phase);
  const Eigen::Index first = place.sample - correlations_.lags() + 1;
  const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + effect.cols(), residual_.cols());
  if (to > from) residual_.middleCols(from, to - from) -= sign * effect.middleCols(from - first, to - from);
}

void SpikeSearch::add(const Candidate& c) {
  auto& train = trains_[static_cast<std::size_t>(c.unit)];
  train.insert(std::lower_bound(train.begin(), train.end(), c.position), c.position);
  flip(c.unit, c.position, 1);
  energy_ -= static_cast<double>(c.gain);
}

void SpikeSearch::remove(Eigen::Index unit, double position) {
  auto& train = trains_[static_cast<std::size_t>(unit)];
  const auto at = std::lower_bound(train.begin(), train.end(), position);
  BMISS_ASSERT(at != train.end() && *at == position);
  train.erase(at);
  flip(unit, position, -1);
}

bool SpikeSearch::allowed(Eigen::Index unit, double position) const {
  const auto& train = trains_[static_cast<std::size_t>(unit)];
  const auto next = std::lower_bound(train.begin(), train.end(), position);
  if (next != train.end() && *next - position < refractory_) return false;
  return next == train.begin() || position - *(next - 1) >= refractory_;
}

SpikeSearch::Candidate SpikeSearch::peak(Eigen::Index unit, Eigen::Index t) const {
  const float middle = residual_(unit, t);
  float delay = 0, height = middle;
  if (t > 0 && t + 1 < residual_.cols()) {
    const float left = residual_(unit, t - 1), right = residual_(unit, t + 1);
    const float bend = left - 2 * middle + right, slope = 0.5F * (right - left);
    if (bend < 0) {
      delay = std::clamp(-slope / bend, -0.5F, 0.5F);
      height = middle + delay * (slope + 0.5F * delay * bend);
    }
  }
  const double position =
      static_cast<double>(t) + std::round(static_cast<double>(delay) * DelayBank::phases) / DelayBank::phases;
  return {unit, position, height - threshold(unit)};
}

SpikeSearch::Candidate SpikeSearch::best_between(Eigen::Index first, Eigen::Index last) const {
  Candidate best;
  for (Eigen::Index t = std::max<Eigen::Index>(first, 0); t <= std::min(last, residual_.cols() - 1); ++t)
    for (Eigen::Index j = 0; j < residual_.rows(); ++j) {
      // Half a sample beside its maximum a matched output has lost little: a cheap first look.
      if (1.1F * residual_(j, t) - threshold(j) <= best.gain) continue;
      const Candidate c = peak(j, t);
      if (c.gain > best.gain && allowed(j, c.position)) best = c;
    }
  return best;
}

void SpikeSearch::set_trains(const std::vector<SpikePositions>& trains) {
  BMISS_ASSERT(trains.size() == trains_.size());
  residual_ = correlations_.matched();
  energy_ = 0;
  for (std::size_t j = 0; j < trains.size(); ++j) {
    trains_[j].clear();
    for (const double position : trains[j]) {
      const auto place = DelayBank::nearest(position);
      if (place.sample < 0 || place.sample >= residual_.cols()) continue;
      const double snapped = static_cast<double>(place.sample) + static_cast<double>(place.phase) / DelayBank::phases;
      const auto unit = static_cast<Eigen::Index>(j);
      if (!allowed(unit, snapped)) continue;
      const float before = residual_(unit, place.sample),
                  after = residual_(unit, std::min(place.sample + 1, residual_.cols() - 1));
      const float share = static_cast<float>(place.phase) / DelayBank::phases;
      add({unit, snapped, (1 - share) * before + share * after - threshold(unit)});
    }
  }
}

void SpikeSearch::round(const Eigen::MatrixXf& x, float least) {
  BMISS_ASSERT(x.rows() == residual_.rows() && x.cols() == residual_.cols());
  std::vector<SpikePositions> trains(trains_.size());
  for (Eigen::Index j = 0; j < x.rows(); ++j) {
    const auto at = [&](Eigen::Index t) { return t < 0 || t >= x.cols() ? 0.0F : x(j, t); };
    const auto sum = [&](Eigen::Index t) { return at(t - 1) + at(t) + at(t + 1); };
    for (Eigen::Index t = 0; t < x.cols(); ++t) {
      if (sum(t) < least || at(t) < at(t - 1) || at(t) <= at(t + 1)) continue;
      const float centre = (at(t + 1) - at(t - 1)) / sum(t);
      const double position = static_cast<double>(t) + static_cast<double>(centre);
      auto& train = trains[static_cast<std::size_t>(j)];
      if (train.empty() || position - train.back() >= refractory_) train.push_back(position);
    }
  }
  set_trains(trains);
}

long SpikeSearch::add_all() {
  std::vector<Candidate> candidates;
  for (Eigen::Index t = 0; t < residual_.cols(); ++t)
    for (Eigen::Index j = 0; j < residual_.rows(); ++j) {
      if (residual_(j, t) <= threshold(j)) continue;
      const Candidate c = peak(j, t);
      if (c.gain > 0) candidates.push_back(c);
    }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.gain > b.gain; });
  long changes = 0;
  for (const Candidate& before : candidates) {
    const auto t = static_cast<Eigen::Index>(std::llround(before.position));
    if (t < 0 || t >= residual_.cols()) continue;
    const Candidate now = peak(before.unit, t);  // those before it may have changed what is left
    if (now.gain <= 0 || !allowed(now.unit, now.position)) continue;
    add(now);
    ++changes;
  }
  return changes;
}

long SpikeSearch::replace_each() {
  long changes = 0;
  for (Eigen::Index unit = 0; unit < residual_.rows(); ++unit) {
    const SpikePositions present = trains_[static_cast<std::size_t>(unit)];
    for (const double position : present) {
      const double before = energy_;
      const auto place = DelayBank::nearest(position);
      remove(unit, position);
      // What the spike was worth: read between samples as peak() does, so that putting it back is no gain.
      const Eigen::Index t = std::clamp<Eigen::Index>(std::llround(position), 0, residual_.cols() - 1);
      const auto height = [&] {
        const auto d = static_cast<float>(position - static_cast<double>(t));
        if (t == 0 || t + 1 >= residual_.cols()) return residual_(unit, t);
        const float left = residual_(unit, t - 1), middle = residual_(unit, t), right = residual_(unit, t + 1);
        return middle + d * (0.5F * (right - left) + 0.5F * d * (left - 2 * middle + right));
      };
      energy_ += static_cast<double>(height() - threshold(unit));
      std::vector<Candidate> added;
      for (int i = 0; i < most_additions; ++i) {
        const Candidate c = best_between(place.sample - neighbourhood, place.sample + neighbourhood);
        if (c.unit < 0 || c.gain <= 0) break;
        add(c);
        added.push_back(c);
      }
      const bool same = added.size() == 1 && added[0].unit == unit && added[0].position == position;
      if (same || energy_ < before - 1e-3) {
        if (!same) ++changes;
        continue;
      }
      for (auto c = added.rbegin(); c != added.rend(); ++c) remove(c->unit, c->position);
      auto& train = trains_[static_cast<std::size_t>(unit)];
      train.insert(std::lower_bound(train.begin(), train.end(), position), position);
      flip(unit, position, 1);
      energy_ = before;
    }
  }
  return changes;
}

long SpikeSearch::improve(int most_passes) {
  long all = 0;
  for (int pass = 0; pass < most_passes; ++pass) {
    const long changes = add_all() + replace_each();
    all += changes;
    if (changes == 0) break;
  }
  return all;
}

}  // namespace bmiss
