#include "recording/bids_sidecars.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/output_file.h"
#include "base/tsv_file.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace bmiss {
namespace {

json read_json(const std::string& path) {
  require_readable(path, "sidecar");
  std::ifstream stream(path);
  try {
    const json value = json::parse(stream);
    if (value.is_object()) return value;
  } catch (const json::exception& error) {
    throw InputError(std::string("is not valid JSON (") + error.what() + "); correct it", path);
  }
  throw InputError("holds no JSON object; start it with '{'", path);
}

// A number, or NaN where the key is absent or "n/a".
double number_at(const json& object, const std::string& key, const std::string& file) {
  const auto found = object.find(key);
  if (found == object.end() || *found == "n/a") return std::nan("");
  if (!found->is_number())
    throw InputError("'" + key + "' is " + found->dump() + ", which is not a number; give it without quotes", file);
  return found->get<double>();
}

std::string cell(const TsvFile& table, std::size_t row, const std::vector<std::string>& columns) {
  for (const auto& column : columns)
    if (table.has_column(column)) return table.text(row, column) == "n/a" ? "" : table.text(row, column);
  return "";
}

// Sidecar of a kind, or the name that was expected, into `missing`.
std::string nearest_sidecar(const std::string& recording, const std::string& suffix, const std::string& extension,
                            const std::string& expected, std::vector<std::string>& missing) {
  const auto found = applicable_sidecars(recording, suffix, extension);
  if (found.empty()) missing.push_back(expected);
  return found.empty() ? "" : found.front();
}

struct Electrode {
  std::string name, group, system, type;
  Eigen::Vector3d coordinates;  // in the unit of its system
};

// electrodes.tsv may be split by space; the files that tie for the nearest place belong together.
std::vector<Electrode> read_electrodes(const std::string& recording) {
  std::vector<Electrode> electrodes;
  const auto files = applicable_sidecars(recording, "electrodes", ".tsv");
  const auto rank = [](const std::string& file) {
    auto entities = parse_bids_name(file).entities;
    entities.erase("space");
    return std::pair(fs::path(file).parent_path(), entities);
  };
  for (const std::string& file : files) {
    if (rank(file) != rank(files.front())) continue;
    const TsvFile table(file);
    const auto entities = parse_bids_name(file).entities;
    const auto space = entities.find("space");
    for (std::size_t row = 0; row < table.n_rows(); ++row) {
      Electrode e{table.text(row, "name"),
                  cell(table, row, {"group"}),
                  cell(table, row, {"coordinate_system"}),
                  cell(table, row, {"type"}),
                  {}};
      if (e.system.empty() && space != entities.end()) e.system = space->second;
      const double z = table.has_column("z") ? table.real(row, "z") : 0;
      e.coordinates << table.real(row, "x"), table.real(row, "y"),
          std::isnan(z) ? 0 : z;  // n/a: in the plane of the grid
      electrodes.push_back(e);
    }
  }
  return electrodes;
}

// Metres per unit of each coordinate system by its label ("" for the only one without label); NaN: not a length.
std::map<std::string, double> read_coordinate_units(const std::string& recording) {
  std::map<std::string, double> units;
  const auto add = [&](const std::string& label, const json& system, const std::string& file) {
    const auto key = system.contains("EMGCoordinateUnits") ? "EMGCoordinateUnits" : "EMGCoordinateSystemUnits";
    static const std::map<std::string, double> metres = {
        {"m", 1.0}, {"cm", 1e-2}, {"mm", 1e-3}, {"percent", std::nan("")}, {"n/a", std::nan("")}};
    const std::string unit = system.contains(key) && system[key].is_string() ? system[key].get<std::string>() : "";
    const auto found = metres.find(unit);
    if (found == metres.end())
      throw InputError("EMGCoordinateUnits is '" + unit + "'; give one of m, cm, mm, percent", file);
    units.emplace(label, found->second);  // the nearest file comes first and stays
  };
  for (const std::string& file : applicable_sidecars(recording, "coordsystem", ".json")) {
    const json content = read_json(file);
    const auto entities = parse_bids_name(file).entities;
    const auto space = entities.find("space");
    bool nested = false;  // one file with an object for each system
    for (const auto& [label, value] : content.items())
      if (value.is_object() && value.contains("EMGCoordinateSystem")) {
        add(label, value, file);
        nested = true;
      }
    if (!nested) add(space == entities.end() ? "" : space->second, content, file);
  }
  return units;
}

// Names that BIDS expects for a file shared by all recordings of a session.
std::string session_stem(const std::string& recording) {
  const auto entities = parse_bids_name(recording).entities;
  std::string stem;
  for (const std::string key : {"sub", "ses"})
    if (entities.count(key) > 0) stem += key + "-" + entities.at(key) + "_";
  return stem;
}

const Electrode& electrode_of(const Channel& channel, const std::vector<Electrode>& electrodes, const TsvFile& table,
                              std::size_t row) {
  const Electrode* by_name = nullptr;
  int n_named = 0;
  std::vector<std::string> names;
  for (const Electrode& e : electrodes) {
    names.push_back(e.name);
    if (e.name != channel.electrode) continue;
    if (e.group == channel.group) return e;  // names may repeat between grids
    by_name = &e;
    ++n_named;
  }
  if (n_named == 1) return *by_name;
  if (n_named > 1)
    throw InputError("channel '" + channel.name + "' has electrode '" + channel.electrode + "', which is listed " +
                         std::to_string(n_named) + " times, none in its group '" + channel.group +
                         "'; correct the group",
                     table.path(), table.line(row));
  throw InputError("channel '" + channel.name + "' has electrode '" + channel.electrode +
                       "', which is not in electrodes.tsv" + known_names(channel.electrode, names),
                   table.path(), table.line(row));
}

BidsChannel read_channel(const TsvFile& table, std::size_t row) {
  BidsChannel entry;
  Channel& channel = entry.channel;
  channel.name = table.text(row, "name");
  channel.type = table.text(row, "type");
  entry.unit = cell(table, row, {"units"});
  if (table.has_column("sampling_frequency")) entry.rate = table.real(row, "sampling_frequency");
  channel.electrode = table.has_column("signal_electrode") ? cell(table, row, {"signal_electrode"}) : channel.name;
  channel.reference = cell(table, row, {"reference", "reference_electrode"});
  channel.group = cell(table, row, {"group"});
  const std::string status = cell(table, row, {"status"});
  if (status != "" && status != "good" && status != "bad")
    throw InputError("status is '" + status + "'; give good, bad or n/a", table.path(), table.line(row));
  channel.good = status != "bad";
  return entry;
}

// Positions of the EMG channels; a coordinate system without description goes into `missing`.
void place_channels(const std::string& recording, const TsvFile& table, BidsSidecars& sidecars,
                    std::vector<std::string>& missing) {
  const auto electrodes = read_electrodes(recording);
  const auto units = read_coordinate_units(recording);
  std::vector<std::string> unplaced;
  for (std::size_t row = 0; row < sidecars.channels.size(); ++row) {
    Channel& channel = sidecars.channels[row].channel;
    if (channel.type != "EMG") continue;
    if (channel.electrode.empty()) {
      unplaced.push_back(channel.name);
      continue;
    }
    const Electrode& electrode = electrode_of(channel, electrodes, table, row);
    channel.coordinate_system = electrode.system;
    if (!electrode.type.empty()) channel.electrode_type = electrode.type;
    auto unit = units.find(electrode.system);
    if (unit == units.end() && units.size() == 1 && (electrode.system.empty() || units.begin()->first.empty()))
      unit = units.begin();
    if (unit == units.end()) {
      const std::string label = electrode.system.empty() ? "" : "space-" + electrode.system + "_";
      missing.push_back(session_stem(recording) + label + "coordsystem.json");
      continue;
    }
    channel.position = electrode.coordinates * unit->second;
    if (channel.position.hasNaN()) unplaced.push_back(channel.name);
  }
  if (!unplaced.empty())
    sidecars.warnings.push_back(std::to_string(unplaced.size()) +
                                " EMG channels have no position in metres (first: " + unplaced.front() + ")");
}

}  // namespace

BidsSidecars read_bids_sidecars(const std::string& recording) {
  std::string stem = fs::path(recording).stem().string();
  const std::size_t suffix = stem.rfind("_emg");
  stem = suffix == std::string::npos ? "" : stem.substr(0, suffix) + "_";
  std::vector<std::string> missing;
  BidsSidecars sidecars;
  sidecars.channels_file = nearest_sidecar(recording, "channels", ".tsv", stem + "channels.tsv", missing);
  nearest_sidecar(recording, "electrodes", ".tsv", session_stem(recording) + "electrodes.tsv", missing);
  nearest_sidecar(recording, "emg", ".json", stem + "emg.json", missing);
  const auto require_all = [&] {
    std::sort(missing.begin(), missing.end());
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    std::string list;
    for (const auto& name : missing) list += (list.empty() ? "" : " and no ") + name;
    if (!missing.empty())
      throw InputError(
          "has no " + list + "; EMG-BIDS keeps such sidecars beside the recording or in the folders above it",
          recording);
  };
  if (sidecars.channels_file.empty() || applicable_sidecars(recording, "electrodes", ".tsv").empty()) {
    if (applicable_sidecars(recording, "coordsystem", ".json").empty())
      missing.push_back(session_stem(recording) + "space-<label>_coordsystem.json");
    require_all();
  }

  json merged = json::object();  // the nearest file has the last word
  auto files = applicable_sidecars(recording, "emg", ".json");
  std::reverse(files.begin(), files.end());
  for (const auto& file : files) merged.update(read_json(file));
  const std::string json_file = files.empty() ? "" : files.back();
  sidecars.rate = number_at(merged, "SamplingFrequency", json_file);
  sidecars.power_line = number_at(merged, "PowerLineFrequency", json_file);
  sidecars.duration = number_at(merged, "RecordingDuration", json_file);
  if (merged.contains("TaskName") && merged["TaskName"].is_string()) sidecars.task = merged["TaskName"];

  const TsvFile table(sidecars.channels_file);
  for (std::size_t row = 0; row < table.n_rows(); ++row) sidecars.channels.push_back(read_channel(table, row));
  place_channels(recording, table, sidecars, missing);
  require_all();
  if (!(sidecars.rate > 0)) throw InputError("SamplingFrequency is missing or not positive; give it in Hz", json_file);
  return sidecars;
}

}  // namespace bmiss
