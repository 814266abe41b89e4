#include "recording/spike_events.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <tuple>

#include "base/errors.h"
#include "base/output_file.h"
#include "base/table.h"
#include "base/tsv_file.h"

namespace bmiss {
namespace {

const std::string spike = "motor-unit-spike";

struct Spike {
  double onset = 0;
  long sample = 0, unit = 0;
  int line = 0;
};

[[noreturn]] void refuse(const TsvFile& table, std::size_t row, const std::string& column, const std::string& rule) {
  throw InputError("column '" + column + "' holds '" + table.text(row, column) + "'; " + rule, table.path(),
                   table.line(row));
}

// The last row lost its end: no newline, and its event_type is the beginning of the word.
bool breaks_off(const TsvFile& table) {
  const std::string& type = table.text(table.n_rows() - 1, "event_type");
  if (table.columns().back() != "event_type" || type.size() >= spike.size() || spike.rfind(type, 0) != 0) return false;
  std::ifstream stream(table.path(), std::ios::binary);
  stream.seekg(-1, std::ios::end);
  return stream.get() != '\n';
}

Spike read_row(const TsvFile& table, std::size_t row) {
  if (table.text(row, "event_type") != spike) refuse(table, row, "event_type", "a row with a unit_id is a " + spike);
  const Spike s{table.real(row, "onset"), table.integer(row, "sample"), table.integer(row, "unit_id"), table.line(row)};
  if (!(s.onset >= 0) || std::isinf(s.onset)) refuse(table, row, "onset", "give the time in seconds, 0 or later");
  if (table.real(row, "duration") != 0) refuse(table, row, "duration", "the duration of a spike is 0");
  if (s.sample < 0) refuse(table, row, "sample", "samples count from 0");
  if (s.unit < 0 || s.unit > 1000000000) refuse(table, row, "unit_id", "units count from 0");
  return s;
}

// sample = onset × rate with one rate for the file. The onsets may be rounded (0.1 ms in published files), and samples
// may count from 1: a difference of a sample beyond the rounding is accepted.
void require_one_rate(const std::vector<Spike>& spikes, const TsvFile& table) {
  double last = 0;
  for (const Spike& s : spikes) last = std::max(last, s.onset);
  std::vector<double> rates;  // from the later half, where rounded onsets tell it best
  for (const Spike& s : spikes)
    if (s.onset > 0 && s.onset >= last / 2 && s.sample > 0) rates.push_back(static_cast<double>(s.sample) / s.onset);
  if (rates.empty()) return;
  std::nth_element(rates.begin(), rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2), rates.end());
  const double rate = rates[rates.size() / 2];
  constexpr double rounding = 1e-4, drift = 1e-5;  // [s]; relative, of the median rate from rounded onsets
  for (const Spike& s : spikes) {
    const double from_sample = static_cast<double>(s.sample) / rate;
    if (std::abs(s.onset - from_sample) > 1 / rate + rounding + drift * s.onset)
      throw InputError("onset " + format("%.10g", s.onset) + " s and sample " + std::to_string(s.sample) +
                           " do not fit the sampling rate of the other rows, " + format("%.6g", rate) +
                           " Hz; sample = onset x rate",
                       table.path(), s.line);
  }
}

}  // namespace

std::vector<UnitSpikes> read_spike_events(const std::string& path, std::vector<std::string>* warnings) {
  const TsvFile table(path);
  for (const std::string column : {"onset", "duration", "sample", "unit_id", "event_type"})
    if (!table.has_column(column))
      throw InputError("column '" + column + "' is missing; spikes have onset, duration, sample, unit_id, event_type" +
                           (column == "unit_id" ? " (events of the task alone are no decomposition)" : ""),
                       path, 1);
  std::size_t n_rows = table.n_rows();
  if (n_rows > 0 && breaks_off(table)) {
    --n_rows;
    if (warnings != nullptr)
      warnings->push_back(path + ", line " + std::to_string(table.line(n_rows)) +
                          ": the file breaks off inside the last row ('" + table.text(n_rows, "event_type") +
                          "'); the row was dropped, and later ones may be lost");
  }
  std::vector<Spike> spikes;
  for (std::size_t row = 0; row < n_rows; ++row) {
    const bool of_task = table.text(row, "unit_id") == "n/a" && table.text(row, "event_type") != spike;
    if (!of_task) spikes.push_back(read_row(table, row));
  }
  require_one_rate(spikes, table);
  std::sort(spikes.begin(), spikes.end(),
            [](const Spike& a, const Spike& b) { return std::tie(a.unit, a.sample) < std::tie(b.unit, b.sample); });
  std::vector<UnitSpikes> units;
  for (std::size_t i = 0; i < spikes.size(); ++i) {
    const Spike& s = spikes[i];
    if (i > 0 && spikes[i - 1].unit == s.unit && spikes[i - 1].sample == s.sample)
      throw InputError("unit " + std::to_string(s.unit) + " fires twice at sample " + std::to_string(s.sample) +
                           " (also in line " + std::to_string(std::min(s.line, spikes[i - 1].line)) + "); keep one",
                       path, std::max(s.line, spikes[i - 1].line));
    if (units.empty() || units.back().id != s.unit) units.push_back({static_cast<int>(s.unit), {}});
    units.back().times.push_back(s.onset);
  }
  for (auto& unit : units) std::sort(unit.times.begin(), unit.times.end());
  return units;
}

void write_spike_events(const std::vector<UnitSpikes>& units, double rate, const std::string& path) {
  BMISS_ASSERT(rate > 0);
  std::vector<std::pair<double, int>> spikes;
  for (const auto& unit : units)
    for (const double time : unit.times) {
      BMISS_ASSERT(time >= 0 && unit.id >= 0);
      spikes.emplace_back(time, unit.id);
    }
  std::sort(spikes.begin(), spikes.end());
  TsvFile table;
  table.set_columns({"onset", "duration", "sample", "unit_id", "event_type"});
  for (const auto& [time, id] : spikes)
    table.add_row({format_real(time), "0", std::to_string(std::lround(time * rate)), std::to_string(id), spike});
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) prepare_output_folder(folder.string());
  table.write(path);
}

}  // namespace bmiss
