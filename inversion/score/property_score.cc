#include "inversion/score/property_score.h"

#include <cmath>
#include <map>

#include "base/errors.h"
#include "base/table.h"
#include "base/tsv_file.h"

namespace bmiss {
namespace {

constexpr double quantile = 1.6448536269514722;  // of the standard Gaussian at 95 %

// Row of each unit.
std::map<int, std::size_t> rows_by_unit(const TsvFile& table) {
  std::map<int, std::size_t> rows;
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    const auto id = static_cast<int>(table.integer(row, "unit_id"));
    if (!rows.emplace(id, row).second)
      throw InputError("unit " + std::to_string(id) + " stands there a second time; keep one row for each unit",
                       table.path(), table.line(row));
  }
  return rows;
}

struct Pair {
  double truth = 0, estimate = 0, deviation = 0;  // deviation NaN: not told
};

double deviation_at(const TsvFile& table, std::size_t row, const std::string& column) {
  if (!table.has_column(column)) return std::nan("");
  const double deviation = table.real(row, column);
  if (deviation < 0)
    throw InputError("column '" + column + "' holds " + format_real(deviation) +
                         ", but a standard deviation is not negative; write n/a where there is none",
                     table.path(), table.line(row));
  return deviation;
}

PropertyScore score_pairs(const UnitProperty& property, const std::vector<Pair>& pairs) {
  PropertyScore score;
  score.property = property;
  score.n_units = static_cast<int>(pairs.size());
  const double n = score.n_units;
  double mean = 0, squares = 0, spread = 0;
  int covered = 0;
  for (const Pair& pair : pairs) mean += pair.truth / n;
  for (const Pair& pair : pairs) {
    const double error = pair.estimate - pair.truth;
    score.bias += error / n;
    score.mean_absolute += std::abs(error) / n;
    squares += error * error;
    spread += (pair.truth - mean) * (pair.truth - mean);
    if (std::isnan(pair.deviation)) continue;
    ++score.n_intervals;
    covered += std::abs(error) <= quantile * pair.deviation ? 1 : 0;
  }
  const double none = std::nan("");
  score.root_mean_square = std::sqrt(squares / n);
  score.r_squared = spread > 0 ? 1 - squares / spread : none;
  score.coverage = score.n_intervals > 0 ? covered / static_cast<double>(score.n_intervals) : none;
  return score;
}

}  // namespace

const std::vector<UnitProperty>& unit_properties() {
  static const std::vector<UnitProperty> properties = {{"x", "mm", "x"},
                                                       {"y", "mm", "y"},
                                                       {"z", "mm", "z"},
                                                       {"depth", "mm", "depth"},
                                                       {"territory_radius", "mm", "territory radius"},
                                                       {"innervation_zone", "mm", "innervation zone"},
                                                       {"proximal_end", "mm", "proximal end"},
                                                       {"distal_end", "mm", "distal end"},
                                                       {"velocity", "m_per_s", "velocity"},
                                                       {"size", "S_um", "size"},
                                                       {"n_fibres", "", "fibres"},
                                                       {"recruitment_threshold", "", "recruitment threshold"}};
  return properties;
}

std::vector<PropertyScore> score_properties(const TsvFile& truth, const TsvFile& estimate,
                                            const std::vector<UnitMatch>& matches) {
  const auto true_rows = rows_by_unit(truth), estimated_rows = rows_by_unit(estimate);
  std::vector<PropertyScore> scores;
  for (const UnitProperty& property : unit_properties()) {
    if (!truth.has_column(property.column()) || !estimate.has_column(property.column())) continue;
    std::vector<Pair> pairs;
    for (const UnitMatch& match : matches) {
      const auto t = true_rows.find(match.reference), e = estimated_rows.find(match.estimate);
      if (t == true_rows.end() || e == estimated_rows.end()) continue;
      const Pair pair{truth.real(t->second, property.column()), estimate.real(e->second, property.column()),
                      deviation_at(estimate, e->second, property.sd_column())};
      if (!std::isnan(pair.truth) && !std::isnan(pair.estimate)) pairs.push_back(pair);
    }
    if (!pairs.empty()) scores.push_back(score_pairs(property, pairs));
  }
  return scores;
}

Table property_table(const std::vector<PropertyScore>& scores) {
  Table table({"property", "unit", "units", "bias", "mean abs. error", "RMSE", "R²", "90 % intervals", "cover"});
  const auto cell = [](const char* pattern, double value) {
    return std::isnan(value) ? std::string("-") : format(pattern, value);
  };
  for (const PropertyScore& s : scores) {
    std::string unit = s.property.unit.empty() ? "1" : s.property.unit;
    if (unit == "m_per_s") unit = "m/s";
    table.add_row({s.property.title, unit, std::to_string(s.n_units), cell("%+.3g", s.bias),
                   cell("%.3g", s.mean_absolute), cell("%.3g", s.root_mean_square), cell("%.2f", s.r_squared),
                   std::to_string(s.n_intervals), std::isnan(s.coverage) ? "-" : format("%.0f %%", 100 * s.coverage)});
  }
  return table;
}

}  // namespace bmiss
