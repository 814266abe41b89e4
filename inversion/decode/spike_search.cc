#include "inversion/decode/spike_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr int most_additions = 3;    // in the place of one spike
constexpr double same_place = 0.05;  // [samples]

}  // namespace

SpikeSearch::SpikeSearch(const TemplateCorrelations& correlations, FiringPrior prior)
    : correlations_(correlations),
      trains_(static_cast<std::size_t>(correlations.units())),
      residual_(correlations.matched()),
      view_(correlations) {
  set_prior(std::move(prior));
}

void SpikeSearch::set_prior(FiringPrior prior) {
  BMISS_ASSERT(prior.units() == correlations_.units());
  prior_ = std::move(prior);
  threshold_ = 0.5F * correlations_.energy();
  for (Eigen::Index j = 0; j < threshold_.size(); ++j) threshold_[j] -= prior_.highest(j);
  const std::vector<SpikePositions> trains = trains_;
  set_trains(trains);
}

void SpikeSearch::insert(const Spike& spike) {
  auto& train = trains_[static_cast<std::size_t>(spike.unit)];
  train.insert(std::lower_bound(train.begin(), train.end(), spike.position), spike.position);
}

void SpikeSearch::erase(const Spike& spike) {
  auto& train = trains_[static_cast<std::size_t>(spike.unit)];
  const auto at = std::lower_bound(train.begin(), train.end(), spike.position);
  BMISS_ASSERT(at != train.end() && *at == spike.position);
  train.erase(at);
}

void SpikeSearch::subtract(const Spike& spike, float sign) {
  subtract_effect(correlations_, spike.unit, spike.position, sign, residual_);
  unsettle(spike.position);
  residual_bytes_ += 4.0 * sizeof(float) * static_cast<double>(correlations_.units() * 2 * correlations_.lags());
}

void SpikeSearch::add(const Spike& spike) {
  insert(spike);
  subtract(spike, 1);
}

void SpikeSearch::remove(const Spike& spike) {
  erase(spike);
  subtract(spike, -1);
}

bool SpikeSearch::is_present(const Spike& spike) const {
  const auto& train = trains_[static_cast<std::size_t>(spike.unit)];
  return std::binary_search(train.begin(), train.end(), spike.position);
}

float SpikeSearch::gain(Eigen::Index unit, double position, float matched) const {
  constexpr double far = std::numeric_limits<double>::infinity();
  const auto& train = trains_[static_cast<std::size_t>(unit)];
  const auto next = std::lower_bound(train.begin(), train.end(), position);
  return matched - 0.5F * correlations_.energy()[unit] +
         prior_.spike(unit, next == train.begin() ? -far : *(next - 1), position, next == train.end() ? far : *next);
}

const std::vector<SpikeSearch::Spike>& SpikeSearch::options(MatchedView& view) {
  view.find_maxima(threshold_, maxima_);
  options_.clear();
  for (const auto& m : maxima_) {
    const float worth = gain(m.unit, m.position, m.value);
    if (worth > 0) options_.push_back({m.unit, m.position, worth});
  }
  return options_;
}

SpikeSearch::Spike SpikeSearch::best_option() {
  Spike best;
  for (const Spike& option : options())
    if (option.gain > best.gain) best = option;
  return best;
}

bool SpikeSearch::replace(const Spike& spike) {
  erase(spike);
  view_.look(residual_, std::llround(spike.position));
  view_.take_away(spike.unit, spike.position);
  const Spike better = best_option();
  const float worth = gain(spike.unit, spike.position, view_.value(spike.unit, spike.position));
  insert(spike);
  const bool moves = better.unit != spike.unit || std::abs(better.position - spike.position) > same_place;
  if (!moves || better.gain <= worth) return false;
  remove(spike);
  energy_ += static_cast<double>(worth);
  if (better.unit >= 0) {
    add(better);
    energy_ -= static_cast<double>(better.gain);
  }
  for (int i = 1; i < most_additions; ++i) {
    view_.look(residual_, std::llround(spike.position));
    const Spike more = best_option();
    if (more.unit < 0) break;
    add(more);
    energy_ -= static_cast<double>(more.gain);
  }
  return better.unit != spike.unit || std::abs(better.position - spike.position) > 0.5;
}

std::vector<SpikeSearch::Spike> SpikeSearch::in_order() const {
  std::vector<Spike> spikes;
  for (std::size_t j = 0; j < trains_.size(); ++j)
    for (const double position : trains_[j]) spikes.push_back({static_cast<Eigen::Index>(j), position, 0});
  std::stable_sort(spikes.begin(), spikes.end(),
                   [](const Spike& a, const Spike& b) { return a.position < b.position; });
  return spikes;
}

long SpikeSearch::add_missing() {
  std::vector<Spike> wanted;
  for (Eigen::Index t = MatchedView::reach; t < residual_.cols() + MatchedView::reach;
       t += 2 * MatchedView::reach + 1) {
    view_.look(residual_, t);
    const auto& some = options();
    wanted.insert(wanted.end(), some.begin(), some.end());
  }
  // Best first: those that come after are worth less once it is there, or nothing.
  std::stable_sort(wanted.begin(), wanted.end(), [](const Spike& a, const Spike& b) { return a.gain > b.gain; });
  long changes = 0;
  for (const Spike& before : wanted) {
    view_.look(residual_, std::llround(before.position));
    for (const Spike& now : options()) {
      if (now.unit != before.unit || std::abs(now.position - before.position) > 1) continue;
      add(now);
      energy_ -= static_cast<double>(now.gain);
      ++changes;
      break;
    }
  }
  return changes;
}

long SpikeSearch::improve(int most_sweeps) {
  long all = 0;
  for (int i = 0; i < most_sweeps; ++i) {
    long changes = add_missing();
    for (const Spike& spike : in_order())
      if (is_present(spike)) changes += replace(spike) ? 1 : 0;
    all += changes;
    if (changes == 0) break;
  }
  return all;
}

void SpikeSearch::set_trains(const std::vector<SpikePositions>& trains) {
  BMISS_ASSERT(trains.size() == trains_.size());
  residual_ = correlations_.matched();
  settled_.clear();
  energy_ = 0;
  for (auto& train : trains_) train.clear();
  for (std::size_t j = 0; j < trains.size(); ++j) {
    const auto unit = static_cast<Eigen::Index>(j);
    for (const double position : trains[j]) {
      const auto& train = trains_[j];
      if (position < 0 || position >= static_cast<double>(residual_.cols()) ||
          (!train.empty() && position - train.back() < prior_.refractory()))
        continue;
      give({unit, position, 0});
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
      if (train.empty() || position - train.back() >= prior_.refractory()) train.push_back(position);
    }
  }
  set_trains(trains);
}

}  // namespace bmiss
