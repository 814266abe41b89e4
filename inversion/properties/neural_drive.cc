#include "inversion/properties/neural_drive.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/tsv_file.h"

namespace bmiss {

NeuralDrive neural_drive(const std::vector<UnitSpikes>& units, double duration, double step) {
  BMISS_ASSERT(duration > 0 && step > 0);
  constexpr double half_width = 0.2;  // of the window [s]
  const double pi = std::acos(-1.0);
  NeuralDrive drive;
  drive.step = step;
  const auto n = static_cast<std::size_t>(std::ceil(duration / step));
  drive.rate.assign(n, 0);
  std::vector<int> active(n, 0);
  for (const UnitSpikes& unit : units) {
    for (const double t : unit.times) {
      const auto first = static_cast<std::size_t>(std::max(0.0, std::ceil((t - half_width) / step)));
      for (std::size_t k = first; k < n && static_cast<double>(k) * step < t + half_width; ++k)
        drive.rate[k] += (1 + std::cos(pi * (static_cast<double>(k) * step - t) / half_width)) / (2 * half_width);
    }
    for (std::size_t k = 0; k < n && !unit.times.empty(); ++k) {
      const double t = static_cast<double>(k) * step;
      if (t >= unit.times.front() && t <= unit.times.back()) ++active[k];
    }
  }
  for (std::size_t k = 0; k < n; ++k) drive.mean.push_back(active[k] > 0 ? drive.rate[k] / active[k] : 0);
  for (const UnitSpikes& unit : units) {
    const double t = unit.times.empty() ? 0 : unit.times.front();
    const std::size_t k = std::min(n - 1, static_cast<std::size_t>(std::max(0.0, t / step)));
    drive.at_recruitment.push_back(unit.times.empty() ? 0 : drive.mean[k]);
  }
  return drive;
}

void write_neural_drive(const NeuralDrive& drive, const std::string& path) {
  TsvFile table;
  table.set_columns({"time_s", "spikes_per_s", "mean_rate_Hz"});
  for (std::size_t k = 0; k < drive.rate.size(); ++k)
    table.add_row(
        {format_real(static_cast<double>(k) * drive.step), format_real(drive.rate[k]), format_real(drive.mean[k])});
  table.write(path);
}

}  // namespace bmiss
