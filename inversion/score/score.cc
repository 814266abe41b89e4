#include "inversion/score/score.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "inversion/score/assignment.h"

namespace bmiss {
namespace {

constexpr double slack = 1e-9;  // [s]; times are multiples of a sample, in binary

// All differences estimate - reference within the searched shifts, ascending.
std::vector<double> differences(const std::vector<double>& reference, const std::vector<double>& estimate,
                                double reach) {
  std::vector<double> found;
  std::size_t first = 0;
  for (const double time : reference) {
    while (first < estimate.size() && estimate[first] < time - reach) ++first;
    for (std::size_t i = first; i < estimate.size() && estimate[i] <= time + reach; ++i)
      found.push_back(estimate[i] - time);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The window of ±tolerance that holds most differences; its median is the shift.
double best_shift(const std::vector<double>& sorted, const ScoreOptions& options) {
  std::size_t most = 0, begin = 0;
  double shift = 0;
  for (std::size_t end = 0; end < sorted.size(); ++end) {
    while (sorted[end] - sorted[begin] > 2 * options.tolerance + slack) ++begin;
    const std::size_t count = end - begin + 1;
    const double middle = sorted[begin + count / 2];
    if (std::abs(middle) > options.largest_shift + slack) continue;
    if (count > most || (count == most && std::abs(middle) < std::abs(shift))) {
      most = count;
      shift = middle;
    }
  }
  return shift;
}

int count_common(const std::vector<double>& reference, const std::vector<double>& estimate, double shift,
                 double tolerance) {
  int common = 0;
  for (std::size_t i = 0, j = 0; i < reference.size() && j < estimate.size();) {
    const double difference = estimate[j] - shift - reference[i];
    if (std::abs(difference) <= tolerance + slack) {
      ++common;
      ++i;
      ++j;
    } else if (difference < 0) {
      ++j;
    } else {
      ++i;
    }
  }
  return common;
}

std::vector<UnitSpikes> without_duplicates(const std::vector<UnitSpikes>& units, const ScoreOptions& options,
                                           std::vector<DuplicateUnit>& duplicates) {
  std::vector<UnitSpikes> kept;
  for (const UnitSpikes& unit : units) {
    bool duplicate = false;
    for (const UnitSpikes& earlier : kept) {
      const auto longer = std::max(unit.times.size(), earlier.times.size());
      if (unit.times.empty() || earlier.times.empty()) continue;
      const double share = match_units(earlier, unit, options).common / static_cast<double>(longer);
      if (share < options.duplicate_share) continue;
      duplicates.push_back({earlier.id, unit.id, share});
      duplicate = true;
      break;
    }
    if (!duplicate) kept.push_back(unit);
  }
  return kept;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

void require_ascending(const std::vector<UnitSpikes>& units) {
  for (const auto& unit : units) BMISS_ASSERT(std::is_sorted(unit.times.begin(), unit.times.end()));
}

void summarise(Score& score, const std::vector<UnitSpikes>& reference) {
  std::vector<double> agreements;
  double common = 0, all = 0;
  for (const UnitMatch& match : score.matches) {
    agreements.push_back(match.rate_of_agreement);
    score.sum_f1 += match.f1;
    score.units_at_90 += match.rate_of_agreement >= 0.9 ? 1 : 0;
    common += match.common;
  }
  for (const UnitSpikes& unit : reference) all += static_cast<double>(unit.times.size());
  score.median_rate_of_agreement = median(agreements);
  score.share_of_spikes_found = all > 0 ? common / all : 0;
}

}  // namespace

UnitMatch match_units(const UnitSpikes& reference, const UnitSpikes& estimate, const ScoreOptions& options) {
  UnitMatch match;
  match.reference = reference.id;
  match.estimate = estimate.id;
  const double reach = options.largest_shift + 2 * options.tolerance + slack;
  match.shift = best_shift(differences(reference.times, estimate.times, reach), options);
  match.common = count_common(reference.times, estimate.times, match.shift, options.tolerance);
  match.missed = static_cast<int>(reference.times.size()) - match.common;
  match.added = static_cast<int>(estimate.times.size()) - match.common;
  const double common = match.common;
  if (match.common == 0) return match;
  match.rate_of_agreement = common / (match.common + match.missed + match.added);
  match.precision = common / (match.common + match.added);
  match.recall = common / (match.common + match.missed);
  match.f1 = 2 * common / (2 * match.common + match.missed + match.added);
  return match;
}

Score score_spikes(const std::vector<UnitSpikes>& reference, const std::vector<UnitSpikes>& estimate,
                   const ScoreOptions& options) {
  require_ascending(reference);
  require_ascending(estimate);
  Score score;
  const std::vector<UnitSpikes> units = without_duplicates(estimate, options, score.duplicates);
  std::vector<std::vector<UnitMatch>> pairs(reference.size());
  // A pair below the threshold can never be accepted, so it costs as much as no pair: it must not displace a good one.
  Eigen::MatrixXd cost =
      Eigen::MatrixXd::Ones(static_cast<Eigen::Index>(reference.size()), static_cast<Eigen::Index>(units.size()));
  for (std::size_t i = 0; i < reference.size(); ++i)
    for (std::size_t j = 0; j < units.size(); ++j) {
      pairs[i].push_back(match_units(reference[i], units[j], options));
      const double f1 = pairs[i][j].f1;
      if (f1 >= options.lowest_f1) cost(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = 1 - f1;
    }
  const std::vector<int> columns = assign(cost);
  std::vector<char> taken(units.size(), 0);
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const int column = columns[i];
    const UnitMatch* match = column >= 0 ? &pairs[i][static_cast<std::size_t>(column)] : nullptr;
    if (match != nullptr && match->common > 0 && match->f1 >= options.lowest_f1) {
      score.matches.push_back(*match);
      taken[static_cast<std::size_t>(column)] = 1;
    } else {
      score.unmatched_reference.push_back(reference[i].id);
    }
  }
  for (std::size_t j = 0; j < units.size(); ++j)
    if (!taken[j]) score.unmatched_estimate.push_back(units[j].id);
  summarise(score, reference);
  return score;
}

}  // namespace bmiss
