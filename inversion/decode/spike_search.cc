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
  const auto place = DelayBank::place_of(position);
  const Eigen::MatrixXf& before = correlations_.effect(unit, place.phase);
  const Eigen::MatrixXf& after = correlations_.effect(unit, place.phase + 1);
  const Eigen::Index first = place.sample - correlations_.lags() + 1;
  const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + before.cols(), residual_.cols());
  if (to <= from) return;
  residual_.middleCols(from, to - from) -= sign * (1 - place.share) * before.middleCols(from - first, to - from) +
                                           sign * place.share * after.middleCols(from - first, to - from);
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

// The residual between samples: the polynomial of degree 4 through the five nearest ones, by its derivatives at the
// middle one.
SpikeSearch::Local SpikeSearch::local(Eigen::Index unit, Eigen::Index t) const {
  const auto at = [&](Eigen::Index s) { return s < 0 || s >= residual_.cols() ? 0.0F : residual_(unit, s); };
  const float a = at(t - 2), b = at(t - 1), c = at(t), d = at(t + 1), e = at(t + 2);
  return {c, (a - 8 * b + 8 * d - e) / 12, (-a + 16 * b - 30 * c + 16 * d - e) / 12, (-a + 2 * b - 2 * d + e) / 2,
          a - 4 * b + 6 * c - 4 * d + e};
}

SpikeSearch::Candidate SpikeSearch::peak(Eigen::Index unit, Eigen::Index t) const {
  const Local p = local(unit, t);
  float x = p.bend < 0 ? std::clamp(-p.slope / p.bend, -0.5F, 0.5F) : 0;
  for (int step = 0; step < 2; ++step) {
    const float bend = p.bend + x * (p.third + 0.5F * x * p.fourth);
    const float slope = p.slope + x * (p.bend + x * (p.third / 2 + x * p.fourth / 6));
    if (bend < 0) x = std::clamp(x - slope / bend, -0.5F, 0.5F);
  }
  return {unit, static_cast<double>(t) + static_cast<double>(x), p.at(x) - threshold(unit)};
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

float SpikeSearch::gain(Eigen::Index unit, double position) const {
  const auto t = std::clamp<Eigen::Index>(std::llround(position), 0, residual_.cols() - 1);
  return local(unit, t).at(static_cast<float>(position - static_cast<double>(t))) - threshold(unit);
}

void SpikeSearch::set_trains(const std::vector<SpikePositions>& trains) {
  BMISS_ASSERT(trains.size() == trains_.size());
  residual_ = correlations_.matched();
  energy_ = 0;
  for (std::size_t j = 0; j < trains.size(); ++j) {
    trains_[j].clear();
    const auto unit = static_cast<Eigen::Index>(j);
    for (const double position : trains[j])
      if (position >= 0 && position < static_cast<double>(residual_.cols()) && allowed(unit, position))
        add({unit, position, gain(unit, position)});
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
      remove(unit, position);
      energy_ += static_cast<double>(gain(unit, position));
      const auto middle = static_cast<Eigen::Index>(std::llround(position));
      std::vector<Candidate> added;
      for (int i = 0; i < most_additions; ++i) {
        const Candidate c = best_between(middle - neighbourhood, middle + neighbourhood);
        if (c.unit < 0 || c.gain <= 0) break;
        add(c);
        added.push_back(c);
      }
      const bool same = added.size() == 1 && added[0].unit == unit && std::abs(added[0].position - position) < 0.1;
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
