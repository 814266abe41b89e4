// How well the estimated properties of motor units agree with the true ones.
#pragma once

#include <string>
#include <vector>

#include "inversion/score/score.h"

namespace bmiss {

class Table;
class TsvFile;

// A property of units in true_units.tsv and units.tsv: the column `name_unit` and, in the estimate, its standard
// deviation `name_sd_unit` ("depth_mm" and "depth_sd_mm"; without a unit "n_fibres" and "n_fibres_sd").
struct UnitProperty {
  std::string name, unit, title;
  std::string column() const { return unit.empty() ? name : name + "_" + unit; }
  std::string sd_column() const { return unit.empty() ? name + "_sd" : name + "_sd_" + unit; }
};
// x, y, z (where the unit passes under the middle of the electrodes), depth, territory radius, innervation zone and the
// fibres' ends (along the muscle from there), velocity, size, fibres, recruitment threshold.
const std::vector<UnitProperty>& unit_properties();

struct PropertyScore {
  UnitProperty property;
  int n_units = 0;  // matched units in which both sides have the property
  double bias = 0;  // mean of estimate - truth
  double mean_absolute = 0, root_mean_square = 0;
  double r_squared = 0;  // 1 - sum of squares / that of the truth about its mean; NaN when the truth does not vary
  int n_intervals = 0;   // of these units those with a standard deviation
  double coverage = 0;   // share of these whose truth lies within 1.645 sd, 90 % of a Gaussian; NaN without any
};

// One for each property that both tables have, over the matched units. "n/a" is left out. Throws InputError (file and
// line) for a table without the column unit_id, a unit that occurs twice, a cell that is no number or a negative
// standard deviation.
std::vector<PropertyScore> score_properties(const TsvFile& truth, const TsvFile& estimate,
                                            const std::vector<UnitMatch>& matches);

Table property_table(const std::vector<PropertyScore>& scores);

}  // namespace bmiss
