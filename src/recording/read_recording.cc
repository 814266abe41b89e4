#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

#include "base/errors.h"
#include "base/output_file.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "base/units.h"
#include "recording/bids_sidecars.h"
#include "recording/edf_file.h"
#include "recording/mat_recording.h"
#include "recording/recording_file.h"

namespace bmiss {
namespace {

// Volts per unit. EDF headers are ASCII or Latin-1, tables UTF-8; micro is written in all of their ways.
double volts(std::string unit, const std::string& channel, const std::string& file) {
  for (const std::string micro : {"\xC2\xB5", "\xCE\xBC", "\xB5", "micro"})
    if (unit.rfind(micro, 0) == 0) unit = "u" + unit.substr(micro.size());
  if (unit == "V" || unit == "mV" || unit == "uV" || unit == "nV") return unit_factor(unit);
  throw InputError("EMG channel '" + channel + "' has the unit '" + unit + "'; give V, mV, uV or nV", file);
}

// EDF signal of each row of channels.tsv: in order where the counts agree, else by label.
std::vector<std::size_t> match_signals(const EdfFile& edf, BidsSidecars& sidecars, const std::string& path) {
  constexpr std::size_t label_length = 16;
  const auto& signals = edf.signals();
  std::vector<std::size_t> match;
  if (signals.size() == sidecars.channels.size()) {
    int renamed = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      if (sidecars.channels[i].channel.name.substr(0, label_length) != signals[i].label) ++renamed;
      match.push_back(i);
    }
    if (renamed == 0) return match;
    match.clear();
  }
  for (const auto& row : sidecars.channels) {
    const std::string label = row.channel.name.substr(0, label_length);
    const auto found =
        std::find_if(signals.begin(), signals.end(), [&](const EdfSignal& s) { return s.label == label; });
    if (found == signals.end()) {
      if (signals.size() != sidecars.channels.size())
        throw InputError("lists " + std::to_string(sidecars.channels.size()) + " channels, among them '" +
                             row.channel.name + "' that the recording's " + std::to_string(signals.size()) +
                             " signals lack; correct the table",
                         sidecars.channels_file);
      sidecars.warnings.push_back("the labels in " + path + " differ from channels.tsv (first: '" + row.channel.name +
                                  "'); signals were taken in the order of the table");
      match.resize(signals.size());
      for (std::size_t i = 0; i < match.size(); ++i) match[i] = i;
      return match;
    }
    match.push_back(static_cast<std::size_t>(found - signals.begin()));
  }
  return match;
}

// The header's unit scales the header's extremes, so it counts; channels.tsv speaks where the header is silent.
double channel_unit(const BidsChannel& row, const EdfSignal& signal, const std::string& path,
                    const std::string& channels_file, std::vector<std::string>& conflicts) {
  if (signal.dimension.empty()) return volts(row.unit, row.channel.name, channels_file);
  const double header = volts(signal.dimension, row.channel.name, path);
  if (!row.unit.empty() && volts(row.unit, row.channel.name, channels_file) != header)
    conflicts.push_back("'" + row.channel.name + "': channels.tsv says " + row.unit + ", the header " +
                        signal.dimension);
  return header;
}

[[noreturn]] void refuse_rates(const Channel& first, double first_rate, const Channel& other, double other_rate,
                               const std::string& path) {
  throw InputError("EMG channels '" + first.name + "' and '" + other.name + "' are sampled at " +
                       format("%.10g", first_rate) + " and " + format("%.10g", other_rate) +
                       " Hz; resample them, or keep each rate in a recording of its own",
                   path);
}

// The sidecars' rate: the header rounds the duration of a data record, so it only has to agree.
double common_rate(const BidsSidecars& sidecars, const std::vector<std::size_t>& rows,
                   const std::vector<std::size_t>& match, const EdfFile& edf, const std::string& path) {
  constexpr double tolerance = 1e-4;
  const auto told_rate = [&](std::size_t row) {
    return std::isnan(sidecars.channels[row].rate) ? sidecars.rate : sidecars.channels[row].rate;
  };
  const BidsChannel& first = sidecars.channels[rows.front()];
  const EdfSignal& first_signal = edf.signals()[match[rows.front()]];
  const double rate = told_rate(rows.front());
  for (const std::size_t row : rows) {
    const EdfSignal& signal = edf.signals()[match[row]];
    const Channel& channel = sidecars.channels[row].channel;
    const double told = told_rate(row);
    if (signal.samples_per_record != first_signal.samples_per_record)
      refuse_rates(first.channel, first_signal.rate, channel, signal.rate, path);
    if (!(std::abs(told - signal.rate) <= tolerance * signal.rate))
      throw InputError("EMG channel '" + channel.name + "' is sampled at " + format("%.10g", signal.rate) +
                           " Hz by the file but at " + format("%.10g", told) + " Hz by its sidecars; correct them",
                       path);
    if (std::abs(told - rate) > 1e-9 * rate) refuse_rates(first.channel, rate, channel, told, path);
  }
  return rate;
}

// RecordingDuration tells how much of the last data record is padding.
long true_length(const BidsSidecars& sidecars, double rate, const EdfSignal& signal,
                 std::vector<std::string>& warnings) {
  if (std::isnan(sidecars.duration)) return signal.n_samples;
  const long told = std::lround(sidecars.duration * rate);
  if (told <= signal.n_samples && signal.n_samples - told < signal.samples_per_record && told > 0) return told;
  warnings.push_back("RecordingDuration is " + format("%.6g", sidecars.duration) + " s but the file holds " +
                     format("%.6g", static_cast<double>(signal.n_samples) / rate) + " s; all of it was kept");
  return signal.n_samples;
}

Recording read_edf_recording(const std::string& path) {
  const EdfFile edf(path);
  BidsSidecars sidecars = read_bids_sidecars(path);
  const auto match = match_signals(edf, sidecars, path);
  Recording recording;
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < sidecars.channels.size(); ++row) {
    const Channel& channel = sidecars.channels[row].channel;
    if (channel.type == "EMG")
      rows.push_back(row);
    else
      recording.other_channels.push_back(channel.name + " (" + channel.type + ")");
  }
  if (rows.empty())
    throw InputError("lists no channel of type EMG; set the type column of the EMG channels", sidecars.channels_file);
  recording.source = path;
  recording.rate = common_rate(sidecars, rows, match, edf, path);
  recording.power_line = sidecars.power_line;
  recording.task = sidecars.task;
  recording.warnings = sidecars.warnings;
  const long n_samples = true_length(sidecars, recording.rate, edf.signals()[match[rows.front()]], recording.warnings);
  recording.signal.resize(static_cast<Eigen::Index>(rows.size()), n_samples);
  std::vector<std::string> conflicts;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const BidsChannel& row = sidecars.channels[rows[i]];
    const std::size_t signal = match[rows[i]];
    const double unit = channel_unit(row, edf.signals()[signal], path, sidecars.channels_file, conflicts);
    recording.channels.push_back(row.channel);
    recording.signal.row(static_cast<Eigen::Index>(i)) = edf.read(signal).head(n_samples).transpose() * unit;
  }
  if (!conflicts.empty())
    recording.warnings.push_back("the units of " + std::to_string(conflicts.size()) + " channels disagree (first " +
                                 conflicts.front() + "); the header's was used");
  return recording;
}

}  // namespace

Recording read_recording(const std::string& path) {
  require_readable(path, "recording");
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (extension == ".edf" || extension == ".bdf") return read_edf_recording(path);
  if (extension == ".mat") return read_mat_recording(path);
  throw InputError("has the extension '" + extension + "'; recordings are read from .edf, .bdf and .mat", path);
}

}  // namespace bmiss
