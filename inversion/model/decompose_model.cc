#include "inversion/model/decompose_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "inversion/blind/train_statistics.h"
#include "inversion/model/alignment.h"
#include "inversion/model/field_fit.h"
#include "inversion/model/matched_electrodes.h"
#include "inversion/model/train_repair.h"
#include "inversion/model/unit_fits.h"
#include "inversion/model/unit_gate.h"

namespace bmiss {
namespace {

constexpr double before_spike = 15.6e-3, after_spike = 39.1e-3;  // of a template [s]
constexpr double lowest_sampling = 1000;                         // [Hz]
constexpr double clearer = 0.6;                                  // of what a candidate may lack to be taken, at first

TemplateWindow template_window(double rate) {
  TemplateWindow window;
  window.before = std::lround(before_spike * rate);
  window.lags = window.before + std::lround(after_spike * rate);
  return window;
}

// For a model in the units, channels and filters of a prepared recording.
MuapModelOptions muap_options(const PreparedSignal& prepared, const Eigen::MatrixXd& selection,
                              const TemplateWindow& window) {
  MuapModelOptions options;
  options.rate = prepared.rate;
  options.first_lag = -static_cast<int>(window.before);
  options.n_lags = static_cast<int>(window.lags);
  options.channel_operator = selection / prepared.scale;
  options.lag_operator = prepared.waveform_filter(window.lags);
  return options;
}

// The search itself, on combinations of channels.
class ModelSearch {
public:
  ModelSearch(Eigen::MatrixXf signal, const TemplateSpan& span, const TemplateWindow& window, double rate,
              const ModelOptions& options, DecodingTeam& team)
      : signal_(std::move(signal)), span_(span), window_(window), rate_(rate), options_(options), team_(team) {}

  // Units to begin with.
  void start(std::vector<SpikePositions> trains) {
    trains_ = aligned_trains(signal_, std::move(trains), window_, span_, 0.5);
    decode(options_.decoding.rebuilds);
  }
  void run(Report& report) {
    Progress progress(report, "rounds", static_cast<std::size_t>(options_.rounds));
    // Clear candidates first: what they explain makes others clearer.
    bool clear_only = true;
    int fruitless = 0;
    for (int round = 0; round < options_.rounds && fruitless < options_.fruitless; ++round, progress.advance()) {
      const std::size_t before = trains_.size();
      search(round, clear_only);
      decode(0);
      const std::string repaired = repair();
      decode(options_.decoding.rebuilds);
      reject(round, {options_.provisional_isi_cov, std::numeric_limits<double>::infinity()});
      report.line("  round " + std::to_string(round + 1) + ": " + std::to_string(trains_.size()) +
                  " units, unexplained " + format("%.1f %%", 100 * unexplained()) + repaired);
      const bool found = trains_.size() > before;
      if (!found && !clear_only) ++fruitless;
      if (found) fruitless = 0;
      if (trains_.size() < before + 2) clear_only = false;
    }
    if (trains_.empty()) return;
    decode(options_.decoding.rebuilds);
    reject(options_.rounds, {options_.largest_isi_cov, options_.largest_local_variation});
    state_ = explained_by(trains_);
  }

  const std::vector<SpikePositions>& trains() const { return trains_; }
  const JointState& state() const { return state_; }
  const DecodedSpikes& decoded() const { return decoded_; }
  const std::vector<RejectedUnit>& rejected() const { return rejected_; }
  double unexplained() const { return static_cast<double>(state_.residual.squaredNorm() / signal_.squaredNorm()); }

private:
  JointState explained_by(const std::vector<SpikePositions>& trains) const {
    // What the units of the round before leave is the noise that averages over spikes still hold.
    const Eigen::MatrixXf& left = state_.residual.size() > 0 ? state_.residual : signal_;
    const double power = static_cast<double>(left.squaredNorm()) / static_cast<double>(left.size());
    return explain(
        signal_, trains, window_,
        [&](const Eigen::MatrixXf& waveform, std::size_t n_spikes) {
          return span_.shrink(waveform, power / static_cast<double>(std::max<std::size_t>(n_spikes, 1)));
        },
        state_.templates.waveforms);
  }
  void search(int round, bool clear_only) {
    state_ = explained_by(trains_);
    const NoiseWhitener whitener(state_.residual);
    CandidateOptions wanted = options_.candidates;
    if (clear_only) {
      wanted.silhouette = 1 - clearer * (1 - wanted.silhouette);
      wanted.isi_cov *= clearer;
    }
    const CandidateSearch search(state_.residual, whitener, span_, window_, rate_, wanted);
    for (const Candidate& candidate : search.search(trains_, static_cast<unsigned>(round) + 1))
      trains_.emplace_back(candidate.spikes.begin(), candidate.spikes.end());
  }
  void decode(int rebuilds) {
    if (trains_.empty()) return;
    DecodingOptions wanted = options_.decoding;
    wanted.rebuilds = rebuilds;
    state_ = explained_by(trains_);
    decoded_ = decode_jointly(signal_, state_, rate_, DecodingStart::trains, wanted, team_);
    trains_ = decoded_.trains;
    state_.trains = trains_;
  }
  // Returns in words what was done; empty: nothing.
  std::string repair() {
    if (trains_.empty()) return "";
    state_ = explained_by(trains_);
    RepairOptions repair;
    repair.rate = rate_;
    repair.pause = options_.candidates.pause;
    repair.fewest_spikes = options_.candidates.fewest_spikes;
    RepairedTrains repaired = repair_trains(state_, span_, repair);
    trains_ = std::move(repaired.trains);
    state_.templates.waveforms = std::move(repaired.waveforms);
    std::string told;
    if (repaired.n_split > 0) told += ", trains split in two: " + std::to_string(repaired.n_split);
    if (repaired.n_joined > 0) told += ", pairs joined: " + std::to_string(repaired.n_joined);
    if (repaired.n_left_out > 0) told += ", spikes left out: " + std::to_string(repaired.n_left_out);
    return told;
  }
  void reject(int round, const RegularityLimits& largest) {
    const std::vector<std::string> reasons =
        reasons_to_reject(trains_, decoded_.separability, rate_, largest, options_);
    DecodedSpikes kept;
    std::vector<Eigen::MatrixXf> waveforms;
    std::vector<float> separability;
    for (std::size_t j = 0; j < trains_.size(); ++j) {
      if (!reasons[j].empty()) {
        rejected_.push_back({static_cast<int>(trains_[j].size()), round + 1, reasons[j]});
        continue;
      }
      kept.trains.push_back(trains_[j]);
      waveforms.push_back(std::move(state_.templates.waveforms[j]));
      kept.silhouettes.push_back(decoded_.silhouettes[j]);
      separability.push_back(decoded_.separability[static_cast<Eigen::Index>(j)]);
    }
    kept.separability =
        Eigen::Map<Eigen::VectorXf>(separability.data(), static_cast<Eigen::Index>(separability.size()));
    decoded_ = std::move(kept);
    trains_ = decoded_.trains;
    state_.templates.waveforms = std::move(waveforms);
  }

  Eigen::MatrixXf signal_;
  const TemplateSpan& span_;
  TemplateWindow window_;
  double rate_;
  const ModelOptions& options_;
  DecodingTeam& team_;
  std::vector<SpikePositions> trains_;
  JointState state_;
  DecodedSpikes decoded_;
  std::vector<RejectedUnit> rejected_;
};

std::vector<ModelledUnit> describe(const ModelSearch& search, double rate, const ModelOptions& options) {
  std::vector<std::size_t> order(search.trains().size());
  std::iota(order.begin(), order.end(), 0U);
  const auto& energy = search.decoded().separability;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return energy[static_cast<Eigen::Index>(a)] > energy[static_cast<Eigen::Index>(b)];
  });
  std::vector<ModelledUnit> units;
  for (const std::size_t j : order) {
    ModelledUnit described;
    DecomposedUnit& unit = described.unit;
    unit.spikes.id = static_cast<int>(units.size());
    for (const double position : search.trains()[j]) unit.spikes.times.push_back(position / rate);
    const TrainStatistics statistics =
        train_statistics(nearest_samples(search.trains()[j]), rate, options.candidates.pause);
    unit.isi_cov = statistics.isi_cov;
    unit.mean_rate = statistics.mean_rate;
    unit.silhouette = search.decoded().silhouettes[j];
    described.separability = std::sqrt(static_cast<double>(energy[static_cast<Eigen::Index>(j)]));
    units.push_back(std::move(described));
  }
  return units;
}

double median_explained(const std::vector<ModelledUnit>& units) {
  std::vector<double> shares;
  for (const auto& unit : units) shares.push_back(unit.explained);
  if (shares.empty()) return 0;
  std::nth_element(shares.begin(), shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2), shares.end());
  return shares[shares.size() / 2];
}

void reject_unexplained(ModelDecomposition& result, const ModelOptions& options) {
  std::vector<ModelledUnit> kept;
  for (ModelledUnit& unit : result.units) {
    const std::string reason = reason_to_reject(unit, options);
    if (!reason.empty()) {
      result.rejected.push_back({static_cast<int>(unit.unit.spikes.times.size()), options.rounds + 1, reason});
      continue;
    }
    unit.unit.spikes.id = static_cast<int>(kept.size());
    kept.push_back(std::move(unit));
  }
  result.units = std::move(kept);
}

void report_result(const ModelDecomposition& result, double seconds, Report& report) {
  Table table({"unit", "spikes", "rate [Hz]", "ISI CoV", "silhouette", "d'", "explained [%]"});
  for (const auto& unit : result.units)
    table.add_row({std::to_string(unit.unit.spikes.id), std::to_string(unit.unit.spikes.times.size()),
                   format("%.1f", unit.unit.mean_rate), format("%.2f", unit.unit.isi_cov),
                   format("%.3f", unit.unit.silhouette), format("%.1f", unit.separability),
                   format("%.1f", 100 * unit.explained)});
  if (!result.units.empty()) report.table(table);
  report.line(std::to_string(result.units.size()) + (result.units.size() == 1 ? " unit" : " units") + " in " +
              format("%.1f", seconds) + " CPU seconds; rejected:" + (result.rejected.empty() ? " none" : ""));
  for (const auto& unit : result.rejected)
    report.line("  " + std::to_string(unit.n_spikes) + " spikes in round " + std::to_string(unit.round) + ": " +
                unit.reason);
  report.fact("model/units", static_cast<double>(result.units.size()));
  report.fact("model/cpu_seconds", seconds);
}

}  // namespace

ModelDecomposition without_model(const Decomposition& decomposition) {
  ModelDecomposition result;
  for (const DecomposedUnit& unit : decomposition.units) {
    result.units.emplace_back();
    result.units.back().unit = unit;
  }
  return result;
}

ModelDecomposition decompose_with_model(const Recording& recording, const LimbModel& limb, const ModelOptions& options,
                                        DecodingTeam& team, Report& report) {
  const Phase phase(report, "decomposition with the model");
  if (recording.rate < lowest_sampling)
    throw InputError("the recording has " + format("%.0f", recording.rate) +
                     " samples per second; the model's action potentials need at least " +
                     format("%.0f", lowest_sampling) + "; use a recording with a higher rate or --method blind");
  const PreparedSignal prepared = prepare_channels(recording, options.prepare, report);
  const Eigen::MatrixXd selection =
      matched_electrodes(recording, prepared.channels, limb.lead_field.electrodes(), options.largest_distance);
  const TemplateWindow window = template_window(recording.rate);
  const MuapModelOptions muaps = muap_options(prepared, selection, window);
  MuapModel model(limb.atlas, limb.muscles, limb.lead_field, limb.action_potential, muaps, report);
  if (options.before_search) options.before_search(model, prepared);
  const double start = cpu_seconds();
  const TemplateSpan span(model, options.span);
  report.line("  templates: " + std::to_string(span.dimension()) + " dimensions, " +
              std::to_string(span.channels().cols()) + " combinations of " + std::to_string(prepared.signal.rows()) +
              " channels");
  ModelSearch search(span.channels().transpose() * prepared.signal, span, window, recording.rate, options, team);
  Decomposition blind;
  if (options.start_blind) {
    blind = decompose_blind(recording, options.blind, report);
    std::vector<SpikePositions> trains;
    for (const auto& unit : blind.units) trains.push_back(positions_of(unit.spikes.times, recording.rate));
    search.start(std::move(trains));
  }
  search.run(report);
  ModelDecomposition result;
  result.rejected = search.rejected();
  result.units = describe(search, recording.rate, options);
  if (!result.units.empty()) {
    result.explained = 1 - search.unexplained();
    std::vector<SpikePositions> trains;
    for (const auto& unit : result.units) trains.push_back(positions_of(unit.unit.spikes.times, prepared.rate));
    const std::vector<UnitEstimate> estimates = unit_estimates(prepared, trains, window, model, span);
    if (options.fit_field) result.field = fit_field(limb, muaps, estimates, model, report);
    fit_units(model, estimates, limb.skin, result.units, report);
  }
  const double share = median_explained(result.units);
  if (result.units.empty() || share < options.least_explained) {
    result.warning = result.units.empty() ? "the model finds no unit in this recording"
                                          : "the model explains " + format("%.0f %%", 100 * share) +
                                                " of the units' waveforms, less than " +
                                                format("%.0f %%", 100 * options.least_explained);
    result.warning += "; the units are those found blind: check electrodes, muscles and anatomy";
    report.warn(result.warning);
    if (!options.start_blind) blind = decompose_blind(recording, options.blind, report);
    result.units = without_model(blind).units;
    result.field = {};
    return result;
  }
  reject_unexplained(result, options);
  report_result(result, cpu_seconds() - start, report);
  return result;
}

}  // namespace bmiss
