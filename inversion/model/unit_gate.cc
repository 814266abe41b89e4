#include "inversion/model/unit_gate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/table.h"
#include "inversion/blind/train_statistics.h"
#include "inversion/model/decompose_model.h"
#include "inversion/refine/unit_parameters.h"

namespace bmiss {
namespace {

std::string complaint(const std::vector<Eigen::Index>& samples, double energy, double rate,
                      const RegularityLimits& largest, const ModelOptions& options) {
  if (static_cast<int>(samples.size()) < options.candidates.fewest_spikes)
    return "fewer than " + std::to_string(options.candidates.fewest_spikes) + " spikes";
  const TrainStatistics statistics = train_statistics(samples, rate, options.candidates.pause);
  if (statistics.mean_rate > options.highest_rate)
    return "fires at " + format("%.0f", statistics.mean_rate) + " Hz: two units in one train";
  if (statistics.mean_rate < options.lowest_rate)
    return "fires at " + format("%.1f", statistics.mean_rate) + " Hz only";
  if (!(statistics.isi_cov <= largest.isi_cov))
    return "irregular: intervals vary by " + format("%.0f %%", 100 * statistics.isi_cov);
  if (!(statistics.local_variation <= largest.local_variation))
    return "successive intervals differ too much, as of missed or foreign spikes: local variation " +
           format("%.2f", statistics.local_variation);
  const auto n = static_cast<double>(samples.size());
  const double gain = n * (0.5 * energy - options.decoding.price);
  // A template has more numbers than a unit has parameters, but the span holds them to what these can make.
  const double cost = 0.5 * n_unit_parameters * std::log(n);
  if (gain < cost)
    return "its spikes lower the description length by " + format("%.0f", gain) + ", describing it costs " +
           format("%.0f", cost);
  return "";
}

}  // namespace

std::vector<std::string> reasons_to_reject(const std::vector<SpikePositions>& trains,
                                           const Eigen::VectorXf& separability, double rate,
                                           const RegularityLimits& largest, const ModelOptions& options) {
  std::vector<std::vector<Eigen::Index>> samples(trains.size());
  std::vector<std::string> reasons(trains.size());
  for (std::size_t j = 0; j < trains.size(); ++j) {
    samples[j] = nearest_samples(trains[j]);
    reasons[j] =
        complaint(samples[j], static_cast<double>(separability[static_cast<Eigen::Index>(j)]), rate, largest, options);
  }
  std::vector<std::size_t> order(trains.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return separability[static_cast<Eigen::Index>(a)] > separability[static_cast<Eigen::Index>(b)];
  });
  for (std::size_t a = 0; a < order.size(); ++a) {
    if (!reasons[order[a]].empty()) continue;
    for (std::size_t b = a + 1; b < order.size(); ++b) {
      if (!reasons[order[b]].empty()) continue;
      const double share = common_spikes(samples[order[a]], samples[order[b]], rate).share;
      if (share > options.duplicate_share)
        reasons[order[b]] = format("%.0f %%", 100 * share) + " of its spikes are those of a more separable unit";
    }
  }
  return reasons;
}

std::string reason_to_reject(const ModelledUnit& unit, const ModelOptions& options) {
  if (unit.explained >= options.least_explained) return "";
  const std::vector<double>& times = unit.unit.spikes.times;
  std::size_t pauses = 0;
  for (std::size_t i = 1; i < times.size(); ++i) pauses += times[i] - times[i - 1] > options.candidates.pause ? 1U : 0U;
  if (2 * pauses < times.size()) return "";
  return "the model explains " + format("%.0f %%", 100 * unit.explained) + " of its waveform, and " +
         std::to_string(pauses) + " of its intervals are longer than " +
         format("%.0f ms", 1e3 * options.candidates.pause);
}

}  // namespace bmiss
