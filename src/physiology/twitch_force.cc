#include "physiology/twitch_force.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double linear_range = 0.4;  // of T / interval, below which twitches keep their size

double sigmoid(double x) {
  return 1 - std::exp(-2 * x * x * x);
}

// Eq. 17: the sigmoid over x, normalised to 1 at the end of the linear range.
double gain(double x) {
  return x < linear_range ? 1.0 : (sigmoid(x) / x) / (sigmoid(linear_range) / linear_range);
}

}  // namespace

double contraction_time(const MotoneuronPool& pool, int unit, const TwitchOptions& options) {
  const double range = pool.twitch_force(pool.size() - 1);
  if (range <= 1) return options.longest_contraction;
  return options.longest_contraction *
         std::pow(pool.twitch_force(unit), -std::log(options.contraction_range) / std::log(range));
}

std::vector<double> synthesise_force(const MotoneuronPool& pool, const std::vector<SpikeTrain>& trains, double rate,
                                     int n_samples, const TwitchOptions& options) {
  BMISS_ASSERT(static_cast<int>(trains.size()) == pool.size() && rate > 0 && n_samples >= 0);
  std::vector<double> force(static_cast<std::size_t>(n_samples), 0.0);
  for (int unit = 0; unit < pool.size(); ++unit) {
    const SpikeTrain& train = trains[static_cast<std::size_t>(unit)];
    const double time = contraction_time(pool, unit, options), peak = pool.twitch_force(unit);
    double previous = -1e9;
    for (const double spike : train) {
      const double scale = peak * gain(time / (spike - previous));
      previous = spike;
      const int first = std::max(0, static_cast<int>(std::ceil(spike * rate)));
      const int last = std::min(n_samples - 1, static_cast<int>((spike + 20 * time) * rate));  // e^-19 of it is left
      for (int n = first; n <= last; ++n) {
        const double x = (n / rate - spike) / time;
        force[static_cast<std::size_t>(n)] += scale * x * std::exp(1 - x);
      }
    }
  }
  return force;
}

}  // namespace bmiss
