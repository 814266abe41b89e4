#include "inversion/score/unit_quality.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/table.h"
#include "base/tsv_file.h"

namespace bmiss {
namespace {

std::string cell(const char* pattern, double value) {
  return std::isnan(value) ? "-" : format(pattern, value);
}

double median(const std::vector<UnitQuality>& units, double UnitQuality::*measure) {
  std::vector<double> values;
  for (const UnitQuality& unit : units)
    if (!std::isnan(unit.*measure)) values.push_back(unit.*measure);
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

}  // namespace

std::vector<UnitQuality> read_unit_quality(const TsvFile& table) {
  std::vector<UnitQuality> units;
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    // Trains that a method has given up are listed for their reason, not to be judged.
    if (table.has_column("status") && table.text(row, "status").rfind("rejected", 0) == 0) continue;
    units.push_back({static_cast<int>(table.integer(row, "unit_id")), static_cast<int>(table.integer(row, "n_spikes")),
                     table.real(row, "silhouette"), table.real(row, "pulse_to_noise_dB"), table.real(row, "isi_cov")});
  }
  return units;
}

Table quality_table(const std::vector<UnitQuality>& units) {
  Table table({"unit", "spikes", "silhouette", "pulse to noise [dB]", "dispersion of intervals"});
  for (const UnitQuality& u : units)
    table.add_row({std::to_string(u.id), std::to_string(u.n_spikes), cell("%.3f", u.silhouette),
                   cell("%.1f", u.pulse_to_noise), cell("%.3f", u.dispersion)});
  if (!units.empty())
    table.add_row({"median", "-", cell("%.3f", median(units, &UnitQuality::silhouette)),
                   cell("%.1f", median(units, &UnitQuality::pulse_to_noise)),
                   cell("%.3f", median(units, &UnitQuality::dispersion))});
  return table;
}

}  // namespace bmiss
