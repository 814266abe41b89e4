#include "inversion/blind/blind.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <random>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "inversion/blind/prepare.h"
#include "inversion/blind/unit_list.h"

namespace bmiss {
namespace {

constexpr int samples_of_a_spike = 4;     // that stand out in a source
constexpr double spike_tolerance = 1e-3;  // [s], of a common spike
constexpr double longest_delay = 0.030;   // [s], between two trains of one unit
constexpr Eigen::Index extended_channels = 1000, activity_directions = 256;

Eigen::Index to_samples(double seconds, double rate) {
  return std::max<Eigen::Index>(1, std::lround(seconds * rate));
}

// Where the next search starts: the most active sample that was not used yet.
class StartingPoints {
public:
  // `seed` changes the order: each sample's activity is multiplied by a random factor of 0.5 to 1.5.
  StartingPoints(Eigen::VectorXf activity, unsigned seed) : activity_(std::move(activity)) {
    std::mt19937 random(seed);
    for (Eigen::Index t = 0; t < activity_.size(); ++t)
      activity_[t] *= 0.5F + static_cast<float>(random()) / 4294967296.0F;
  }
  Eigen::Index next() const {
    Eigen::Index t = 0;
    return activity_.maxCoeff(&t) > 0 ? t : -1;
  }
  void skip(Eigen::Index first, Eigen::Index last) {
    first = std::max<Eigen::Index>(first, 0);
    last = std::min(last, activity_.size() - 1);
    if (first <= last) activity_.segment(first, last - first + 1).setZero();
  }

private:
  Eigen::VectorXf activity_;
};

// Σ_i of the squared average waveform around the spikes at each lag −reach … reach.
Eigen::VectorXd waveform_power(const Eigen::MatrixXf& signal, const std::vector<Eigen::Index>& spikes,
                               Eigen::Index reach) {
  Eigen::MatrixXf mean = Eigen::MatrixXf::Zero(signal.rows(), 2 * reach + 1);
  float count = 0;
  for (const auto t : spikes) {
    if (t < reach || t + reach >= signal.cols()) continue;
    mean += signal.middleCols(t - reach, 2 * reach + 1);
    ++count;
  }
  return (mean / std::max(count, 1.0F)).colwise().squaredNorm().cast<double>();
}

struct SizedUnit {
  DecomposedUnit unit;
  double power = 0;
};

SizedUnit to_unit(const Source& source, const ExtendedSignal& signal, double rate) {
  SizedUnit sized;
  const Eigen::Index reach = 2 * signal.extension();
  Eigen::Index peak = 0;
  sized.power = waveform_power(signal.signal(), source.spikes.samples, reach).maxCoeff(&peak);
  for (const auto t : source.spikes.samples) {
    const Eigen::Index at = std::clamp<Eigen::Index>(t + peak - reach, 0, signal.samples() - 1);
    sized.unit.spikes.times.push_back(static_cast<double>(at) / rate);
  }
  sized.unit.silhouette = source.spikes.silhouette;
  sized.unit.pulse_to_noise = source.spikes.pulse_to_noise;
  sized.unit.isi_cov = source.statistics.isi_cov;
  sized.unit.mean_rate = source.statistics.mean_rate;
  return sized;
}

std::vector<DecomposedUnit> largest_first(const UnitList& list, const ExtendedSignal& signal, double rate) {
  std::vector<SizedUnit> sized;
  for (const auto& source : list.units()) sized.push_back(to_unit(source, signal, rate));
  std::stable_sort(sized.begin(), sized.end(), [](const auto& a, const auto& b) { return a.power > b.power; });
  std::vector<DecomposedUnit> units;
  for (auto& entry : sized) {
    entry.unit.spikes.id = static_cast<int>(units.size());
    units.push_back(std::move(entry.unit));
  }
  return units;
}

int extension_of(const BlindOptions& options, Eigen::Index channels, Eigen::Index samples) {
  const Eigen::Index extension = options.extension > 0
                                     ? options.extension
                                     : std::max<Eigen::Index>(1, (extended_channels + channels / 2) / channels);
  if (samples < 2 * extension * channels)
    throw InputError("the recording has " + std::to_string(samples) + " samples, fewer than twice its " +
                     std::to_string(extension * channels) + " extended channels (" + std::to_string(channels) +
                     " channels, extension " + std::to_string(extension) +
                     "); use a longer recording or a smaller extension");
  return static_cast<int>(extension);
}

SearchSettings search_settings(const BlindOptions& options, double rate) {
  SearchSettings settings;
  settings.contrast = contrast_named(options.contrast);
  settings.fixed_point_steps = options.fixed_point_steps;
  settings.rate = rate;
  settings.pause = options.longest_interval;
  settings.distance = to_samples(options.refractory, rate);
  settings.fewest_spikes = options.fewest_spikes;
  settings.outliers = samples_of_a_spike * options.fewest_spikes;
  return settings;
}

AcceptanceLimits acceptance_limits(const BlindOptions& options, double rate, int extension) {
  AcceptanceLimits limits;
  limits.silhouette = options.silhouette;
  limits.fewest_spikes = options.fewest_spikes;
  limits.largest_isi_cov = options.largest_isi_cov;
  limits.lowest_rate = options.lowest_rate;
  limits.highest_rate = options.highest_rate;
  limits.duplicate_share = options.duplicate_share;
  limits.tolerance = to_samples(spike_tolerance, rate);
  limits.largest_shift = std::max<Eigen::Index>(2 * extension, to_samples(longest_delay, rate));
  return limits;
}

// Deflation: one source at a time, each orthogonal to the units accepted before it.
UnitList search_units(const ExtendedSignal& signal, StartingPoints starts, const BlindOptions& options, double rate,
                      Report& report) {
  const Whitening whitening(signal);
  const SearchSettings settings = search_settings(options, rate);
  const SourceSearch search(signal, whitening, settings);
  const Eigen::Index half_window = signal.extension() / 2, reach = to_samples(options.delayed_copies, rate);
  UnitList list(acceptance_limits(options, rate, signal.extension()));
  Progress progress(report, "sources", static_cast<std::size_t>(options.iterations));
  long all_steps = 0, tried = 0;
  for (; tried < options.iterations; ++tried) {
    const Eigen::Index t = starts.next();
    if (t < 0) break;
    starts.skip(t - settings.distance, t + settings.distance);
    int steps = 0;
    const auto direction = search.fixed_point(whitening.whiten(signal.sample(t + half_window)), list.avoided(), &steps);
    all_steps += steps;
    if (list.offer(search.refine(search.describe(direction)))) {
      const Source& unit = list.units().back();
      for (const auto spike : unit.spikes.samples) starts.skip(spike - signal.extension(), spike);
      if (options.delayed_copies > 0) list.avoid_copies(search.delayed_copies(unit, reach));
    }
    progress.advance();
  }
  report.fact("blind/extension", signal.extension());
  report.fact("blind/whitened_directions", static_cast<double>(whitening.directions()));
  report.fact("blind/sources_tried", static_cast<double>(tried));
  report.fact("blind/fixed_point_steps", static_cast<double>(all_steps));
  return list;
}

void report_result(const Decomposition& result, double cpu_seconds, Report& report) {
  Table table({"unit", "spikes", "silhouette", "pulse to noise [dB]", "rate [Hz]", "ISI CoV"});
  for (const auto& unit : result.units)
    table.add_row({std::to_string(unit.spikes.id), std::to_string(unit.spikes.times.size()),
                   format("%.3f", unit.silhouette), format("%.1f", unit.pulse_to_noise), format("%.1f", unit.mean_rate),
                   format("%.2f", unit.isi_cov)});
  if (!result.units.empty()) report.table(table);
  report.line(std::to_string(result.units.size()) + (result.units.size() == 1 ? " unit" : " units") + " in " +
              format("%.1f", cpu_seconds) + " CPU seconds; rejected:" + (result.rejected.empty() ? " none" : ""));
  for (const auto& sentence : result.rejected) report.line("  " + sentence);
  report.fact("blind/units", static_cast<double>(result.units.size()));
  report.fact("blind/cpu_seconds", cpu_seconds);
}

}  // namespace

Decomposition decompose_blind(const Recording& recording, const BlindOptions& options, Report& report) {
  const Phase phase(report, "blind decomposition");
  const std::clock_t start = std::clock();
  contrast_named(options.contrast);  // complain before the work
  Eigen::MatrixXf channels = prepare_channels(recording, options, report);
  const int extension = extension_of(options, channels.rows(), channels.cols());
  StartingPoints starts(activity_index(channels, activity_directions), options.seed);
  const ExtendedSignal signal(std::move(channels), extension);
  const UnitList list = search_units(signal, std::move(starts), options, recording.rate, report);
  Decomposition result;
  result.units = largest_first(list, signal, recording.rate);
  result.rejected = list.rejected();
  report_result(result, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, report);
  return result;
}

}  // namespace bmiss
