#include "inversion/decode/firing_prior.h"

#include <algorithm>
#include <cmath>

namespace bmiss {
namespace {

constexpr std::size_t fewest_intervals = 20;         // from which a train's own regularity is believed
constexpr double unexplained = 0.1;                  // share of intervals that are not the unit's own
constexpr double longest = 10;                       // of these, in medians
constexpr double least_spread = 0.15, safety = 1.5;  // of a median; on the spread that is seen

double quantile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

}  // namespace

FiringPrior FiringPrior::indifferent(Eigen::Index n_units, double price, double refractory) {
  FiringPrior prior;
  prior.refractory_ = refractory;
  prior.units_.assign(static_cast<std::size_t>(n_units), prior.unit(0, 0, price));
  return prior;
}

FiringPrior FiringPrior::regular(const std::vector<SpikePositions>& trains, double price, double refractory) {
  FiringPrior prior;
  prior.refractory_ = refractory;
  for (const auto& train : trains) {
    std::vector<double> intervals;
    for (std::size_t k = 1; k < train.size(); ++k) intervals.push_back(train[k] - train[k - 1]);
    if (intervals.size() < fewest_intervals) {
      prior.units_.push_back(prior.unit(0, 0, price));
      continue;
    }
    // The quartiles of a normal density lie 0.674 standard deviations from its middle.
    const double median = quantile(intervals, 0.5);
    const double spread = (quantile(intervals, 0.75) - quantile(intervals, 0.25)) / (2 * 0.674);
    prior.units_.push_back(prior.unit(median, std::max(safety * spread, least_spread * median), price));
  }
  return prior;
}

FiringPrior::Unit FiringPrior::unit(double median, double spread, double price) const {
  Unit result;
  const auto too_short = static_cast<std::size_t>(std::ceil(refractory_));
  result.open = -static_cast<float>(price);
  if (median <= 0) {
    result.log_density.assign(too_short, impossible);
    result.longer = result.highest = result.open;
    return result;
  }
  const double rest = unexplained / (longest * median), pi = std::acos(-1.0);
  result.log_density.assign(std::max(too_short + 1, static_cast<std::size_t>(median + 6 * spread)), impossible);
  for (std::size_t i = too_short; i < result.log_density.size(); ++i) {
    const double z = (static_cast<double>(i) - median) / spread;
    result.log_density[i] =
        static_cast<float>(std::log((1 - unexplained) * std::exp(-0.5 * z * z) / (spread * std::sqrt(2 * pi)) + rest));
  }
  result.longer = static_cast<float>(std::log(rest));
  const float best = *std::max_element(result.log_density.begin(), result.log_density.end());
  result.highest = std::max(best, 2 * best - result.longer);
  return result;
}

}  // namespace bmiss
