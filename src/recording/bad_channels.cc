#include <algorithm>
#include <cmath>

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

}  // namespace

std::vector<BadChannel> find_bad_channels(const Recording& recording, double deviations) {
  constexpr double flat = 1e-3, consistency = 1.4826, least_spread = 0.1;  // the factor of MAD to sd of a normal law
  const Eigen::MatrixXd& y = recording.signal;
  const auto n = static_cast<std::size_t>(y.rows());
  std::vector<double> rms(n), logs, spreads;
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = y.row(static_cast<Eigen::Index>(i));
    rms[i] = row.size() > 0 ? std::sqrt((row.array() - row.mean()).square().mean()) : 0;
  }
  const double middle = median(rms);
  for (const double r : rms)
    if (r > flat * middle) logs.push_back(std::log(r));
  const double centre = median(logs);
  for (const double l : logs) spreads.push_back(std::abs(l - centre));
  const double spread = std::max(least_spread, consistency * median(spreads));
  std::vector<BadChannel> bad;
  for (std::size_t i = 0; i < n; ++i) {
    const auto channel = static_cast<Eigen::Index>(i);
    const std::string name = i < recording.channels.size() ? recording.channels[i].name : std::to_string(i + 1);
    if (i < recording.channels.size() && !recording.channels[i].good) {
      bad.push_back({channel, name + " is marked bad in the recording"});
    } else if (!(rms[i] > flat * middle)) {
      bad.push_back({channel, name + " is flat: rms " + format("%.3g", rms[i] * 1e6) +
                                  " uV where the median channel has " + format("%.3g", middle * 1e6)});
    } else if (std::abs(std::log(rms[i]) - centre) > deviations * spread) {
      bad.push_back({channel, name + " has an rms of " + format("%.3g", rms[i] * 1e6) + " uV, " +
                                  format("%.1f", std::abs(std::log(rms[i]) - centre) / spread) +
                                  " robust deviations from the median " + format("%.3g", std::exp(centre) * 1e6)});
    }
  }
  return bad;
}

}  // namespace bmiss
