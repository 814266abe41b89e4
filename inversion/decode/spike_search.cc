#include "inversion/decode/spike_search.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/instruction_sets.h"

namespace bmiss {
namespace {

constexpr Eigen::Index reach = 12;  // samples on both sides of a spike in which others may take its place
constexpr Eigen::Index rim = 2;     // more of them, for interpolation
constexpr int most_additions = 3;
constexpr double same_place = 0.05;  // [samples]

// Half a sample beside its maximum a matched output has lost little: a cheap first look at values a little raised.
constexpr float raised = 1.1F;

// values += before * share_before + after * share_after.
BMISS_KERNEL void add_effect(const float* __restrict__ before, float share_before, const float* __restrict__ after,
                             float share_after, Eigen::Index n, float* __restrict__ values) {
  for (Eigen::Index i = 0; i < n; ++i) values[i] += share_before * before[i] + share_after * after[i];
}

// Which values may be maxima in time worth their price: 1 in `found`, and whether there is any.
BMISS_KERNEL int find_maxima(const float* __restrict__ before, const float* __restrict__ now,
                             const float* __restrict__ after, const float* __restrict__ threshold, float margin,
                             Eigen::Index n, int* __restrict__ found) {
  int any = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    found[i] = static_cast<int>(raised * now[i] > threshold[i] - margin) & static_cast<int>(now[i] >= before[i]) &
               static_cast<int>(now[i] > after[i]);
    any |= found[i];
  }
  return any;
}

}  // namespace

SpikeSearch::SpikeSearch(const TemplateCorrelations& correlations, FiringPrior prior)
    : correlations_(correlations),
      trains_(static_cast<std::size_t>(correlations.units())),
      residual_(correlations.matched()) {
  around_.values.resize(correlations.units(), 2 * (reach + rim) + 1);
  maxima_.resize(trains_.size());
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

void SpikeSearch::flip(Eigen::Index unit, double position, float sign) {
  const auto place = DelayBank::place_of(position);
  const Eigen::MatrixXf& before = correlations_.effect(unit, place.phase);
  const Eigen::MatrixXf& after = correlations_.effect(unit, place.phase + 1);
  const Eigen::Index first = place.sample - correlations_.lags() + 1;
  const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + before.cols(), residual_.cols());
  if (to <= from) return;
  add_effect(before.col(from - first).data(), -sign * (1 - place.share), after.col(from - first).data(),
             -sign * place.share, (to - from) * residual_.rows(), residual_.col(from).data());
}

void SpikeSearch::insert(Eigen::Index unit, double position) {
  auto& train = trains_[static_cast<std::size_t>(unit)];
  train.insert(std::lower_bound(train.begin(), train.end(), position), position);
}

void SpikeSearch::erase(Eigen::Index unit, double position) {
  auto& train = trains_[static_cast<std::size_t>(unit)];
  const auto at = std::lower_bound(train.begin(), train.end(), position);
  BMISS_ASSERT(at != train.end() && *at == position);
  train.erase(at);
}

float SpikeSearch::prior(Eigen::Index unit, double position) const {
  constexpr double far = std::numeric_limits<double>::infinity();
  const auto& train = trains_[static_cast<std::size_t>(unit)];
  const auto next = std::lower_bound(train.begin(), train.end(), position);
  return prior_.spike(unit, next == train.begin() ? -far : *(next - 1), position, next == train.end() ? far : *next);
}

void SpikeSearch::look(Eigen::Index middle) {
  around_.first = middle - reach - rim;
  const Eigen::Index n = around_.values.cols();
  const Eigen::Index from = std::max<Eigen::Index>(around_.first, 0);
  const Eigen::Index to = std::min(around_.first + n, residual_.cols());
  if (to - from < n) around_.values.setZero();
  if (to > from) around_.values.middleCols(from - around_.first, to - from) = residual_.middleCols(from, to - from);
}

void SpikeSearch::add_to_view(Eigen::Index unit, double position, float sign) {
  const auto place = DelayBank::place_of(position);
  const Eigen::Index first = around_.first - (place.sample - correlations_.lags() + 1), n = around_.values.cols();
  const Eigen::MatrixXf& before = correlations_.effect(unit, place.phase);
  const Eigen::MatrixXf& after = correlations_.effect(unit, place.phase + 1);
  BMISS_ASSERT(first >= 0 && first + n <= before.cols());
  add_effect(before.col(first).data(), sign * (1 - place.share), after.col(first).data(), sign * place.share,
             around_.values.size(), around_.values.data());
}

void SpikeSearch::look_without(Eigen::Index unit, double position) {
  look(std::llround(position));
  add_to_view(unit, position, 1);
}

SpikeSearch::Local SpikeSearch::local(const Eigen::MatrixXf& v, Eigen::Index unit, Eigen::Index k) {
  const float a = v(unit, k - 2), b = v(unit, k - 1), c = v(unit, k), d = v(unit, k + 1), e = v(unit, k + 2);
  return {c, (a - 8 * b + 8 * d - e) / 12, (-a + 16 * b - 30 * c + 16 * d - e) / 12, (-a + 2 * b - 2 * d + e) / 2,
          a - 4 * b + 6 * c - 4 * d + e};
}

float SpikeSearch::gain(Eigen::Index unit, double position) const {
  const Eigen::Index column = std::llround(position) - around_.first;
  const auto x = static_cast<float>(position - static_cast<double>(around_.first + column));
  return local(around_.values, unit, column).at(x) - 0.5F * correlations_.energy()[unit] + prior(unit, position);
}

SpikeSearch::Candidate SpikeSearch::peak(Eigen::Index unit, Eigen::Index column) const {
  const Local p = local(around_.values, unit, column);
  float x = p.bend < 0 ? std::clamp(-p.slope / p.bend, -0.5F, 0.5F) : 0;
  for (int step = 0; step < 2; ++step) {
    const float bend = p.bend + x * (p.third + 0.5F * x * p.fourth);
    const float slope = p.slope + x * (p.bend + x * (p.third / 2 + x * p.fourth / 6));
    if (bend < 0) x = std::clamp(x - slope / bend, -0.5F, 0.5F);
  }
  const double position = static_cast<double>(around_.first + column) + static_cast<double>(x);
  return {unit, position, p.at(x) - 0.5F * correlations_.energy()[unit] + prior(unit, position)};
}

void SpikeSearch::list_options(float margin) {
  options_.clear();
  for (Eigen::Index k = rim; k < around_.values.cols() - rim; ++k) {
    const Eigen::Index t = around_.first + k;
    if (t < 0 || t >= residual_.cols()) continue;
    const Eigen::MatrixXf& v = around_.values;
    if (find_maxima(v.col(k - 1).data(), v.col(k).data(), v.col(k + 1).data(), threshold_.data(), margin, v.rows(),
                    maxima_.data()) == 0)
      continue;
    for (Eigen::Index j = 0; j < v.rows(); ++j) {
      if (maxima_[static_cast<std::size_t>(j)] == 0) continue;
      const Candidate c = peak(j, k);
      if (c.gain > -margin) options_.push_back(c);
    }
  }
}

SpikeSearch::Candidate SpikeSearch::drawn(float temperature) {
  Candidate best;
  for (const Candidate& c : options_)
    if (c.gain > best.gain) best = c;
  if (temperature <= 0) return best;
  const auto odds = [&](float gain) { return std::exp((gain - best.gain) / temperature); };
  float total = odds(0);
  for (const Candidate& c : options_) total += odds(c.gain);
  float left = total * (static_cast<float>(random_()) + 0.5F) / 4294967296.0F;
  for (const Candidate& c : options_) {
    left -= odds(c.gain);
    if (left < 0) return c;
  }
  return {};
}

bool SpikeSearch::fill(Eigen::Index middle, float temperature) {
  bool filled = false;
  for (int i = 0; i < most_additions; ++i) {
    look(middle);
    list_options(4 * temperature);
    const Candidate c = drawn(temperature);
    if (c.unit < 0) break;
    insert(c.unit, c.position);
    flip(c.unit, c.position, 1);
    energy_ -= static_cast<double>(c.gain);
    filled = true;
  }
  return filled;
}

bool SpikeSearch::replace(Eigen::Index unit, double position, float temperature) {
  erase(unit, position);
  look_without(unit, position);
  list_options(4 * temperature);
  const Candidate c = drawn(temperature);
  const float worth = gain(unit, position);
  if (c.unit == unit && std::abs(c.position - position) < same_place) {
    insert(unit, position);
    return false;
  }
  flip(unit, position, -1);
  energy_ += static_cast<double>(worth);
  if (c.unit >= 0) {
    insert(c.unit, c.position);
    flip(c.unit, c.position, 1);
    energy_ -= static_cast<double>(c.gain);
  }
  fill(std::llround(position), temperature);
  return c.unit != unit || std::abs(c.position - position) > 0.5;
}

bool SpikeSearch::exchange(const Spike& a, const Spike& b) {
  look(std::llround(a.position));
  erase(a.unit, a.position);
  erase(b.unit, b.position);
  add_to_view(a.unit, a.position, 1);
  add_to_view(b.unit, b.position, 1);
  const Eigen::MatrixXf empty = around_.values;
  float present = gain(a.unit, a.position);
  insert(a.unit, a.position);
  add_to_view(a.unit, a.position, -1);
  present += gain(b.unit, b.position);
  erase(a.unit, a.position);
  around_.values = empty;
  list_options(0);
  std::vector<Candidate> firsts;
  const auto is = [](const Candidate& c, const Spike& s) {
    return c.unit == s.unit && std::abs(c.position - s.position) < 1;
  };
  for (const Candidate& c : options_)
    if (!is(c, a) && !is(c, b)) firsts.push_back(c);
  const auto some = std::min<std::ptrdiff_t>(4, static_cast<std::ptrdiff_t>(firsts.size()));
  std::partial_sort(firsts.begin(), firsts.begin() + some, firsts.end(),
                    [](const Candidate& x, const Candidate& y) { return x.gain > y.gain; });
  firsts.resize(static_cast<std::size_t>(some));
  std::vector<Candidate> best;
  float most = present + 0.1F;
  for (const Candidate& c : firsts) {
    std::vector<Candidate> chosen = {c};
    float total = c.gain;
    insert(c.unit, c.position);
    around_.values = empty;
    add_to_view(c.unit, c.position, -1);
    for (int i = 0; i < most_additions - 1; ++i) {
      list_options(0);
      const Candidate next = drawn(0);
      if (next.unit < 0) break;
      chosen.push_back(next);
      total += next.gain;
      insert(next.unit, next.position);
      add_to_view(next.unit, next.position, -1);
    }
    for (const Candidate& each : chosen) erase(each.unit, each.position);
    if (total > most) {
      most = total;
      best = std::move(chosen);
    }
  }
  if (best.empty()) {
    insert(a.unit, a.position);
    insert(b.unit, b.position);
    return false;
  }
  flip(a.unit, a.position, -1);
  flip(b.unit, b.position, -1);
  for (const Candidate& c : best) {
    insert(c.unit, c.position);
    flip(c.unit, c.position, 1);
  }
  energy_ += static_cast<double>(present - most);
  return true;
}

long SpikeSearch::exchange_pairs() {
  std::vector<std::pair<double, Eigen::Index>> spikes;
  for (std::size_t j = 0; j < trains_.size(); ++j)
    for (const double position : trains_[j]) spikes.emplace_back(position, static_cast<Eigen::Index>(j));
  std::sort(spikes.begin(), spikes.end());
  const auto present = [&](const std::pair<double, Eigen::Index>& s) {
    const auto& train = trains_[static_cast<std::size_t>(s.second)];
    return std::binary_search(train.begin(), train.end(), s.first);
  };
  const Eigen::VectorXf size = correlations_.energy().cwiseSqrt();
  long changes = 0;
  for (std::size_t i = 0; i < spikes.size(); ++i)
    for (std::size_t k = i + 1; k < spikes.size() && spikes[k].first - spikes[i].first <= reach / 2.0; ++k) {
      const Spike a{spikes[i].second, spikes[i].first}, b{spikes[k].second, spikes[k].first};
      const auto lag = static_cast<Eigen::Index>(std::lround(b.position - a.position));
      const float overlap = correlations_.effect(a.unit, 0)(b.unit, correlations_.lags() - 1 + lag);
      if (std::abs(overlap) < 0.15F * size[a.unit] * size[b.unit]) continue;
      if (!present(spikes[i])) break;
      if (!present(spikes[k])) continue;
      if (exchange(a, b)) ++changes;
    }
  return changes;
}

long SpikeSearch::sweep(float temperature, bool all) {
  std::vector<std::pair<double, Eigen::Index>> places;  // unit -1: a place to look for what is missing
  for (std::size_t j = 0; j < trains_.size(); ++j)
    for (const double position : trains_[j]) places.emplace_back(position, static_cast<Eigen::Index>(j));
  const Eigen::Index step = 2 * reach;
  for (Eigen::Index t = static_cast<Eigen::Index>(random_() % step); t < residual_.cols() + reach; t += step)
    places.emplace_back(static_cast<double>(t), -1);
  std::sort(places.begin(), places.end());
  long changes = 0;
  for (const auto& [position, unit] : places) {
    if (unit < 0) {
      changes += fill(static_cast<Eigen::Index>(position), temperature) ? 1 : 0;
      continue;
    }
    // Large units rarely make way while it is cold.
    if (correlations_.energy()[unit] > 80 * temperature && !all) continue;
    const auto& train = trains_[static_cast<std::size_t>(unit)];
    if (!std::binary_search(train.begin(), train.end(), position)) continue;
    changes += replace(unit, position, temperature) ? 1 : 0;
  }
  return changes;
}

std::vector<SpikePositions> SpikeSearch::alternatives(float margin) {
  std::vector<SpikePositions> list(trains_.size());
  const auto keep = [&](float least_gain) {
    for (const Candidate& c : options_)
      if (c.gain > least_gain && c.position >= 0 && c.position < static_cast<double>(residual_.cols()))
        list[static_cast<std::size_t>(c.unit)].push_back(c.position);
  };
  for (Eigen::Index t = reach; t < residual_.cols() + reach; t += 2 * reach + 1) {
    look(t);
    list_options(margin);
    keep(-margin);
  }
  for (std::size_t j = 0; j < trains_.size(); ++j)
    for (const double position : SpikePositions(trains_[j])) {
      const auto unit = static_cast<Eigen::Index>(j);
      erase(unit, position);
      look_without(unit, position);
      const float worth = gain(unit, position);
      list_options(margin - worth);
      keep(worth - margin);
      insert(unit, position);
    }
  for (std::size_t j = 0; j < list.size(); ++j) {
    auto& some = list[j];
    std::sort(some.begin(), some.end());
    SpikePositions apart;
    for (const double position : some) {
      if (!apart.empty() && position - apart.back() < 0.5) continue;
      const auto next = std::lower_bound(trains_[j].begin(), trains_[j].end(), position - 0.5);
      if (next != trains_[j].end() && *next < position + 0.5) continue;
      apart.push_back(position);
    }
    some = std::move(apart);
  }
  return list;
}

long SpikeSearch::improve(int most_sweeps) {
  long all = 0;
  for (int i = 0; i < most_sweeps; ++i) {
    const long changes = sweep(0, true);
    all += changes;
    if (changes == 0) break;
  }
  return all;
}

void SpikeSearch::anneal(const AnnealingOptions& options, unsigned seed) {
  random_.seed(seed);
  for (int i = 0; i < options.sweeps; ++i) {
    const double share = options.sweeps > 1 ? static_cast<double>(i) / (options.sweeps - 1) : 1;
    sweep(static_cast<float>(options.hottest * std::pow(options.coldest / options.hottest, share)), i % 4 == 0);
  }
}

void SpikeSearch::set_trains(const std::vector<SpikePositions>& trains) {
  BMISS_ASSERT(trains.size() == trains_.size());
  residual_ = correlations_.matched();
  energy_ = 0;
  for (auto& train : trains_) train.clear();
  for (std::size_t j = 0; j < trains.size(); ++j) {
    const auto unit = static_cast<Eigen::Index>(j);
    for (const double position : trains[j]) {
      const auto& train = trains_[j];
      if (position < 0 || position >= static_cast<double>(residual_.cols()) ||
          (!train.empty() && position - train.back() < prior_.refractory()))
        continue;
      look(std::llround(position));
      energy_ -= static_cast<double>(gain(unit, position));
      insert(unit, position);
      flip(unit, position, 1);
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
