#include "inversion/blind/train_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bmiss {
namespace {

int count_pairs(const std::vector<Eigen::Index>& first, const std::vector<Eigen::Index>& second, Eigen::Index shift,
                Eigen::Index tolerance) {
  int count = 0;
  for (std::size_t i = 0, j = 0; i < first.size() && j < second.size();) {
    const Eigen::Index difference = second[j] - first[i] - shift;
    if (std::abs(difference) <= tolerance)
      ++count, ++i, ++j;
    else if (difference < 0)
      ++j;
    else
      ++i;
  }
  return count;
}

}  // namespace

TrainStatistics train_statistics(const std::vector<Eigen::Index>& samples, double rate, double pause) {
  std::vector<double> intervals;
  double local = 0, n_pairs = 0;
  bool follows = false;  // the interval before is one, too
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const double interval = static_cast<double>(samples[i] - samples[i - 1]) / rate;
    if (interval <= pause) {
      if (follows) {
        const double ratio = (interval - intervals.back()) / (interval + intervals.back());
        local += 3 * ratio * ratio;
        ++n_pairs;
      }
      intervals.push_back(interval);
    }
    follows = interval <= pause;
  }
  constexpr double infinite = std::numeric_limits<double>::infinity();
  TrainStatistics result{infinite, infinite, 0, 0};
  if (n_pairs > 0) result.local_variation = local / n_pairs;
  if (intervals.size() < 3) return result;
  const double n = static_cast<double>(intervals.size());
  double mean = 0, square = 0;
  for (const double x : intervals) mean += x / n;
  for (const double x : intervals) square += (x - mean) * (x - mean) / (n - 1);
  const auto middle = intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2);
  std::nth_element(intervals.begin(), middle, intervals.end());
  const double half = *middle / 2;
  const auto n_short = std::count_if(intervals.begin(), intervals.end(), [half](double x) { return x < half; });
  result.isi_cov = std::sqrt(square) / mean;
  result.mean_rate = 1 / mean;
  result.short_share = static_cast<double>(n_short) / n;
  return result;
}

CommonSpikes common_spikes(const std::vector<Eigen::Index>& first, const std::vector<Eigen::Index>& second,
                           Eigen::Index tolerance, Eigen::Index largest_shift) {
  CommonSpikes best;
  if (first.empty() || second.empty()) return best;
  // Histogram of all differences; the shift is where most of them fall within the tolerance.
  const Eigen::Index reach = largest_shift + tolerance;
  std::vector<int> histogram(static_cast<std::size_t>(2 * reach + 1), 0);
  std::size_t from = 0;
  for (const auto t : first) {
    while (from < second.size() && second[from] < t - reach) ++from;
    for (std::size_t j = from; j < second.size() && second[j] <= t + reach; ++j)
      ++histogram[static_cast<std::size_t>(second[j] - t + reach)];
  }
  int most = -1;
  for (Eigen::Index shift = -largest_shift; shift <= largest_shift; ++shift) {
    int sum = 0;
    for (Eigen::Index d = -tolerance; d <= tolerance; ++d)
      sum += histogram[static_cast<std::size_t>(shift + d + reach)];
    if (sum > most) most = sum, best.shift = shift;
  }
  best.count = count_pairs(first, second, best.shift, tolerance);
  best.share = static_cast<double>(best.count) / static_cast<double>(std::min(first.size(), second.size()));
  return best;
}

CommonSpikes common_spikes(const std::vector<Eigen::Index>& first, const std::vector<Eigen::Index>& second,
                           double rate) {
  return common_spikes(first, second, std::lround(1e-3 * rate), std::lround(30e-3 * rate));
}

}  // namespace bmiss
