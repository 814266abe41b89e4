// What a decomposition itself tells about its units: the measures of the field where nobody knows the truth.
#pragma once

#include <vector>

namespace bmiss {

class Table;
class TsvFile;

struct UnitQuality {
  int id = 0, n_spikes = 0;
  double silhouette = 0;      // Negro et al. 2016
  double pulse_to_noise = 0;  // [dB], Holobar et al. 2014
  double dispersion = 0;      // coefficient of variation of the inter-spike intervals
};

// From the columns unit_id, n_spikes, silhouette, pulse_to_noise_dB and isi_cov of units.tsv; "n/a" is NaN. Throws
// InputError when one is missing.
std::vector<UnitQuality> read_unit_quality(const TsvFile& units);

// One row for each unit, and the medians.
Table quality_table(const std::vector<UnitQuality>& units);

}  // namespace bmiss
