#include <algorithm>
#include <cmath>
#include <utility>

#include "base/errors.h"
#include "base/table.h"
#include "recording/filters.h"

namespace bmiss {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Whether of the eight electrodes next to it at least two that work are no more than twice as loud; false where places
// are not known.
bool is_among_quiet_ones(std::size_t i, const std::vector<Channel>& channels, const std::vector<double>& rms,
                         double flat) {
  constexpr std::size_t n_neighbours = 8, n_alike = 2;
  std::vector<std::pair<double, double>> others;  // distance and rms
  for (std::size_t j = 0; j < channels.size(); ++j) {
    const double distance = (channels[j].position - channels[i].position).norm();
    if (j != i && rms[j] > flat && channels[j].coordinate_system == channels[i].coordinate_system &&
        std::isfinite(distance))
      others.emplace_back(distance, rms[j]);
  }
  std::sort(others.begin(), others.end());
  others.resize(std::min(others.size(), n_neighbours));
  return std::count_if(others.begin(), others.end(), [&](const auto& o) { return o.second <= 2 * rms[i]; }) >=
         static_cast<std::ptrdiff_t>(n_alike);
}

}  // namespace

std::vector<BadChannel> find_bad_channels(const Recording& recording, double deviations) {
  constexpr double consistency = 1.4826, least_spread = 0.1;  // the factor of MAD to sd of a normal law
  const Eigen::MatrixXd& y = recording.signal;
  const auto n = static_cast<std::size_t>(y.rows());
  BMISS_ASSERT(recording.channels.size() == n);
  std::vector<double> rms(n), logs, spreads;
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = y.row(static_cast<Eigen::Index>(i));
    rms[i] = row.size() > 0 ? std::sqrt((row.array() - row.mean()).square().mean()) : 0;
  }
  const double middle = median(rms), flat = 1e-3 * middle;
  for (const double r : rms)
    if (r > flat) logs.push_back(std::log(r));
  const double centre = median(logs);
  for (const double l : logs) spreads.push_back(std::abs(l - centre));
  const double spread = std::max(least_spread, consistency * median(spreads));
  std::vector<BadChannel> bad;
  for (std::size_t i = 0; i < n; ++i) {
    const auto channel = static_cast<Eigen::Index>(i);
    const std::string& name = recording.channels[i].name;
    const double away = (std::log(rms[i]) - centre) / spread;
    if (!recording.channels[i].good) {
      bad.push_back({channel, name + " is marked bad in the recording"});
    } else if (!(rms[i] > flat)) {
      bad.push_back({channel, name + " is flat: rms " + format("%.3g", rms[i] * 1e6) +
                                  " uV where the median channel has " + format("%.3g", middle * 1e6)});
    } else if (away > deviations || (away < -deviations && !is_among_quiet_ones(i, recording.channels, rms, flat))) {
      bad.push_back({channel, name + " has an rms of " + format("%.3g", rms[i] * 1e6) + " uV, " +
                                  format("%.1f", std::abs(away)) + " robust deviations from the median " +
                                  format("%.3g", std::exp(centre) * 1e6)});
    }
  }
  return bad;
}

}  // namespace bmiss
