#include "benchmarks/decomposition/decoding_methods.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "base/report.h"
#include "forward/muap.h"
#include "inversion/model/joint_decoding.h"
#include "inversion/prepare/prepare.h"
#include "recording/recording_file.h"
#include "recording/spike_events.h"

namespace bmiss::bench {
namespace {

// A blind spike is where the average waveform has most power.
constexpr double before_peak = 20e-3, after_peak = 25e-3;  // of a template [s]
constexpr double room = 15.6e-3;                           // for what the filters spread, on both sides [s]

class Stopwatch {
public:
  double cpu() const { return cpu_seconds() - cpu_; }
  double wall() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count(); }

private:
  double cpu_ = cpu_seconds();
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
};

PreparedSignal prepared_signal(const Recording& recording) {
  std::ostringstream log;
  Report report(log, 0);
  return prepare_channels(recording, PrepareOptions(), report);
}

std::vector<SpikePositions> trains_of(const std::vector<UnitSpikes>& units, double rate) {
  std::vector<SpikePositions> trains;
  for (const UnitSpikes& unit : units) trains.push_back(positions_of(unit.times, rate));
  return trains;
}

// Trains that have lost all their spikes are no units.
std::string write_trains(const std::vector<UnitSpikes>& units, const std::vector<SpikePositions>& trains, double rate,
                         const std::string& folder) {
  std::vector<UnitSpikes> found;
  for (std::size_t j = 0; j < units.size(); ++j) {
    if (trains[j].empty()) continue;
    found.push_back({units[j].id, {}});
    for (const double position : trains[j]) found.back().times.push_back(std::max(0.0, position / rate));
  }
  const std::string path = folder + "/decomposed_events.tsv";
  write_spike_events(found, rate, path);
  return path;
}

const Muap& muap_of(const MuapFile& file, int unit) {
  for (const Muap& muap : file.muaps)
    if (muap.unit == unit) return muap;
  throw std::runtime_error("there is no action potential of unit " + std::to_string(unit));
}

// As they look in the prepared signal.
Templates true_templates(const MuapFile& file, const std::vector<UnitSpikes>& units, const Recording& recording,
                         const PreparedSignal& prepared) {
  for (std::size_t i = 0; i < recording.channels.size(); ++i)
    if (i >= file.electrodes.size() || recording.channels[i].name != file.electrodes[i])
      throw std::runtime_error("channel " + recording.channels[i].name + " is not that of the action potentials");
  const Eigen::Index before = std::lround(room * prepared.rate);
  Templates templates;
  templates.window = {before, file.muaps.front().waveform.cols() + 2 * before};
  for (const UnitSpikes& unit : units) {
    const Eigen::MatrixXd& muap = muap_of(file, unit.id).waveform;
    Eigen::MatrixXd padded = Eigen::MatrixXd::Zero(muap.rows(), templates.window.lags);
    padded.middleCols(before, muap.cols()) = muap;
    templates.waveforms.push_back(prepared.apply(padded));
  }
  return templates;
}

}  // namespace

MethodResult decode_blind_units(const SimulatedCase& given, const MethodResult& blind, const std::string& folder) {
  const Stopwatch watch;
  DecodingTeam team;
  const auto units = read_spike_events(blind.spikes);
  const PreparedSignal prepared = prepared_signal(read_recording(given.signal));
  TemplateWindow window;
  window.before = std::lround(before_peak * prepared.rate);
  window.lags = window.before + std::lround(after_peak * prepared.rate);
  const TemplateRule free = [](const Eigen::MatrixXf& waveform, std::size_t) { return waveform; };
  std::vector<SpikePositions> trains = trains_of(units, prepared.rate);
  for (int round = 0; round < 2 && !trains.empty(); ++round) {
    const JointState state = explain(prepared.signal, trains, window, free);
    trains = decode_jointly(prepared.signal, state, prepared.rate, DecodingStart::relaxed_and_trains, DecodingOptions(),
                            team)
                 .trains;
  }
  MethodResult result;
  result.spikes = write_trains(units, trains, prepared.rate, folder);
  result.cpu = blind.cpu + watch.cpu();
  result.wall = blind.wall + watch.wall();
  return result;
}

MethodResult decode_with_true_muaps(const SimulatedCase& given, const std::string& folder) {
  const Stopwatch watch;
  DecodingTeam team;
  const auto units = read_spike_events(given.true_spikes);
  const Recording recording = read_recording(given.signal);
  const PreparedSignal prepared = prepared_signal(recording);
  JointState state;
  state.templates = true_templates(read_muaps(given.muaps), units, recording, prepared);
  state.residual = prepared.signal;
  add_spikes(state.templates, trains_of(units, prepared.rate), -1, state.residual);
  state.trains.resize(units.size());
  // The second time with what the first has learnt about how regularly units fire.
  for (int round = 0; round < 2; ++round)
    state.trains = decode_jointly(prepared.signal, state, prepared.rate, DecodingStart::relaxed_and_trains,
                                  DecodingOptions(), team)
                       .trains;
  MethodResult result;
  result.spikes = write_trains(units, state.trains, prepared.rate, folder);
  result.cpu = watch.cpu();
  result.wall = watch.wall();
  return result;
}

}  // namespace bmiss::bench
