#include "inversion/blind/blind.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "inversion/blind/peel_off.h"
#include "inversion/blind/unit_list.h"

namespace bmiss {
namespace {

constexpr int samples_of_a_spike = 4;     // that stand out in a source
constexpr double spike_tolerance = 1e-3;  // [s], of a common spike
constexpr double longest_delay = 0.050;   // [s], between two trains of one unit
constexpr Eigen::Index extended_channels = 500, activity_directions = 128;
constexpr std::size_t searches_at_once = 16;

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

// Irregular trains are of use while others are searched, since they explain part of the signal, but are no result.
std::vector<DecomposedUnit> largest_first(const PeelOff& found, double rate, double largest_local_variation) {
  std::vector<std::size_t> order;
  for (std::size_t j = 0; j < found.units().size(); ++j)
    if (found.units()[j].statistics.local_variation <= largest_local_variation) order.push_back(j);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return found.power(a) > found.power(b); });
  std::vector<DecomposedUnit> units;
  for (const std::size_t j : order) {
    const Source& source = found.units()[j];
    DecomposedUnit unit;
    unit.spikes.id = static_cast<int>(units.size());
    for (const auto t : source.spikes.samples) unit.spikes.times.push_back(static_cast<double>(t) / rate);
    unit.silhouette = source.spikes.silhouette;
    unit.pulse_to_noise = source.spikes.pulse_to_noise;
    unit.isi_cov = source.statistics.isi_cov;
    unit.mean_rate = source.statistics.mean_rate;
    units.push_back(std::move(unit));
  }
  return units;
}

std::vector<std::string> rejected(const std::map<std::string, int>& rejections) {
  std::vector<std::string> sentences;
  for (const auto& [reason, count] : rejections)
    if (count > 0) sentences.push_back(std::to_string(count) + (count == 1 ? " source: " : " sources: ") + reason);
  return sentences;
}

// n_channels and n_samples of the reduced signal, each of which stands for `factor` samples of the recording.
int extension_of(const BlindOptions& options, Eigen::Index n_channels, Eigen::Index n_samples, Eigen::Index factor) {
  const Eigen::Index extension = options.extension > 0
                                     ? options.extension
                                     : std::max<Eigen::Index>(1, (extended_channels + n_channels / 2) / n_channels);
  const Eigen::Index needed = 2 * extension * n_channels;
  if (n_samples < needed)
    throw InputError("the recording has " + std::to_string(n_samples * factor) + " samples; the covariance of " +
                     std::to_string(n_channels) + " channels with " + std::to_string(extension) +
                     " delays each needs at least " + std::to_string(needed * factor) +
                     "; use a longer recording or a smaller extension");
  return static_cast<int>(extension);
}

SearchSettings search_settings(const BlindOptions& options, double rate, Eigen::Index samples) {
  SearchSettings settings;
  settings.threads = options.threads;
  settings.samples = samples;
  settings.contrast = contrast_named(options.contrast);
  settings.fixed_point_steps = options.fixed_point_steps;
  settings.rate = rate;
  settings.pause = options.longest_interval;
  settings.distance = to_samples(options.refractory, rate);
  settings.fewest_spikes = options.fewest_spikes;
  settings.outliers = samples_of_a_spike * options.fewest_spikes;
  return settings;
}

AcceptanceLimits acceptance_limits(const BlindOptions& options, double rate, Eigen::Index extension) {
  AcceptanceLimits limits;
  limits.silhouette = options.silhouette;
  limits.fewest_spikes = options.fewest_spikes;
  limits.largest_isi_cov = options.largest_isi_cov;
  limits.lowest_rate = options.lowest_rate;
  limits.highest_rate = options.highest_rate;
  limits.duplicate_share = options.duplicate_share;
  limits.tolerance = to_samples(spike_tolerance, rate);
  limits.largest_shift = std::max(2 * extension, to_samples(longest_delay, rate));
  return limits;
}

// One pass of deflation: searches from the most active samples, each orthogonal to the units that were found before it.
class Pass {
public:
  Pass(const ExtendedSignal& signal, const Whitening& whitening, const Resampling& resampling,
       const SearchSettings& settings, const BlindOptions& options, UnitList list)
      : signal_(signal),
        whitening_(whitening),
        options_(options),
        settings_(settings),
        search_(signal, whitening, resampling, settings),
        starts_(activity_index(signal.signal(), activity_directions), options.seed),
        list_(std::move(list)),
        distance_(std::max<Eigen::Index>(1, settings.distance / resampling.factor())),
        factor_(resampling.factor()) {}

  void run(Progress& progress) {
    while (true) {
      while (search_.under_way() < searches_at_once && begin_search()) continue;
      if (search_.under_way() == 0) return;
      for (Source& source : search_.advance(list_.avoided())) {
        ++since_last_;
        if (list_.offer(std::move(source))) take_last_unit();
        progress.advance();
      }
    }
  }
  const UnitList& list() const { return list_; }
  int tried() const { return tried_; }
  const SourceSearch& search() const { return search_; }

private:
  bool begin_search() {
    if (tried_ == options_.iterations || since_last_ >= options_.fruitless) return false;
    const Eigen::Index t = starts_.next();
    if (t < 0) return false;
    starts_.skip(t - distance_, t + distance_);
    search_.start(whitening_.whiten(signal_.sample(t + signal_.extension() / 2)));
    ++tried_;
    return true;
  }
  void take_last_unit() {
    since_last_ = 0;
    const Source& unit = list_.units().back();
    for (const auto spike : unit.spikes.samples) starts_.skip(spike / factor_ - signal_.extension(), spike / factor_);
    const auto reach = std::lround(options_.delayed_copies * settings_.rate / static_cast<double>(factor_));
    if (reach > 0) list_.avoid_copies(search_.delayed_copies(unit, reach));
  }

  const ExtendedSignal& signal_;
  const Whitening& whitening_;
  const BlindOptions& options_;
  SearchSettings settings_;
  SourceSearch search_;
  StartingPoints starts_;
  UnitList list_;
  Eigen::Index distance_, factor_;
  int tried_ = 0, since_last_ = 0;
};

struct Search {
  PeelOff units;
  std::map<std::string, int> rejections;
};

// Passes over what the units found so far leave, until one finds nothing new.
Search search_units(const PreparedSignal& prepared, const Resampling& resampling, const BlindOptions& options,
                    Report& report) {
  const Eigen::Index factor = resampling.factor();
  Eigen::MatrixXf reduced = resampling.reduce(prepared.signal);
  const int extension = extension_of(options, reduced.rows(), reduced.cols(), factor);
  const SearchSettings settings = search_settings(options, prepared.rate, prepared.signal.cols());
  const AcceptanceLimits limits = acceptance_limits(options, prepared.rate, extension * factor);
  Search result{PeelOff(std::move(reduced), resampling, settings, limits), {}};
  Progress progress(report, "sources", static_cast<std::size_t>(options.iterations * options.passes));
  std::vector<double> found, tried, steps;
  for (int pass = 0; pass < options.passes; ++pass) {
    const ExtendedSignal signal(result.units.residual(), extension, options.threads);
    const Whitening whitening(signal);
    result.units.improve(signal, whitening);
    Pass search(signal, whitening, resampling, settings, options, UnitList(limits, result.units.trains()));
    search.run(progress);
    for (const auto& [reason, count] : search.list().rejections()) result.rejections[reason] += count;
    if (search.search().merged() > 0) result.rejections["search met another one"] += search.search().merged();
    for (const Source& unit : search.list().units()) result.units.add(unit);
    found.push_back(static_cast<double>(search.list().units().size()));
    tried.push_back(search.tried());
    steps.push_back(static_cast<double>(search.search().fixed_point_steps()));
    report.fact("blind/whitened_directions", static_cast<double>(whitening.directions()));
    if (!result.units.units().empty()) result.units.subtract();
    if (search.list().units().empty()) break;
  }
  report.fact("blind/extension", extension);
  report.fact("blind/units_found_by_pass", found);
  report.fact("blind/sources_tried_by_pass", tried);
  report.fact("blind/fixed_point_steps_by_pass", steps);
  return result;
}

void report_result(const Decomposition& result, double seconds, Report& report) {
  Table table({"unit", "spikes", "silhouette", "pulse to noise [dB]", "rate [Hz]", "ISI CoV"});
  for (const auto& unit : result.units)
    table.add_row({std::to_string(unit.spikes.id), std::to_string(unit.spikes.times.size()),
                   format("%.3f", unit.silhouette), format("%.1f", unit.pulse_to_noise), format("%.1f", unit.mean_rate),
                   format("%.2f", unit.isi_cov)});
  if (!result.units.empty()) report.table(table);
  report.line(std::to_string(result.units.size()) + (result.units.size() == 1 ? " unit" : " units") + " in " +
              format("%.1f", seconds) + " CPU seconds; rejected:" + (result.rejected.empty() ? " none" : ""));
  for (const auto& sentence : result.rejected) report.line("  " + sentence);
  report.fact("blind/units", static_cast<double>(result.units.size()));
  report.fact("blind/cpu_seconds", seconds);
}

}  // namespace

Decomposition decompose_blind(const Recording& recording, const BlindOptions& options, Report& report) {
  const Phase phase(report, "blind decomposition");
  const double start = cpu_seconds();
  contrast_named(options.contrast);  // complain before the work
  const PreparedSignal prepared = prepare_channels(recording, options.prepare, report);
  const Resampling resampling(Resampling::factor_for(prepared.rate, options.prepare.high_cut));
  Search search = search_units(prepared, resampling, options, report);
  Decomposition result;
  result.units = largest_first(search.units, prepared.rate, options.largest_local_variation);
  search.rejections["successive intervals too different, as of a train with missed or foreign spikes"] =
      static_cast<int>(search.units.units().size() - result.units.size());
  result.rejected = rejected(search.rejections);
  report_result(result, cpu_seconds() - start, report);
  return result;
}

}  // namespace bmiss
