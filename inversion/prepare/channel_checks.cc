#include "inversion/prepare/channel_checks.h"

#include <algorithm>
#include <vector>

#include "base/table.h"

namespace bmiss {
namespace {

// Samples in runs of three or more at exactly `value`.
Eigen::Index samples_held(const Eigen::Ref<const Eigen::RowVectorXd>& values, double value) {
  constexpr Eigen::Index shortest_run = 3;
  Eigen::Index held = 0, run = 0;
  for (const double x : values) {
    if (x == value) {
      ++run;
    } else {
      if (run >= shortest_run) held += run;
      run = 0;
    }
  }
  return run >= shortest_run ? held + run : held;
}

}  // namespace

std::string complaint_about_values(const Eigen::Ref<const Eigen::RowVectorXd>& values, double share) {
  const double lowest = values.minCoeff(), highest = values.maxCoeff();
  if (!(highest > lowest)) return "it is constant";
  const Eigen::Index held = samples_held(values, lowest) + samples_held(values, highest);
  const double of_all = static_cast<double>(held) / static_cast<double>(values.size());
  if (of_all <= share) return "";
  return "it is saturated: " + format("%.1f", 100 * of_all) + " % of its samples stay at its largest or smallest value";
}

double LinePower::share(Eigen::Index channel) const {
  const double all = before[channel] * before[channel];
  return all > 0 ? 1 - after[channel] * after[channel] / all : 0;
}

bool LinePower::line_only(Eigen::Index channel) const {
  if (share(channel) < 0.9) return false;
  std::vector<double> rest(after.data(), after.data() + after.size());
  const auto best = rest.begin() + static_cast<std::ptrdiff_t>(3 * rest.size() / 4);
  std::nth_element(rest.begin(), best, rest.end());
  return after[channel] < 0.5 * *best;
}

}  // namespace bmiss
