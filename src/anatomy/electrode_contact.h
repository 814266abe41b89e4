// How electrodes touch the skin: their model, contact impedance and current modes, as parameters and as columns of
// electrode tables.
#pragma once

#include <string>
#include <vector>

#include "anatomy/electrodes.h"

namespace bmiss {

class Parameters;
class TsvFile;

struct ContactOptions {
  ElectrodeModel model = ElectrodeModel::uniform;
  double impedance = 0;   // between metal and skin [ohm m^2]; 0: not given
  int current_modes = 6;  // of complete electrodes
  // Sets them on a patch; points stay points.
  void apply_to(Electrode& electrode) const;

  // Keys "Model", "Contact impedance" and "Current modes" of the open section. Parsing rejects complete electrodes
  // without an impedance.
  static void declare_parameters(Parameters& parameters);
  static ContactOptions parse_parameters(const Parameters& parameters);
};

// Profiles of the current density under a complete electrode. 1: uniform; 3: and linear; 6: and both crowded at the
// rim; 12, 20: quadratic and cubic likewise.
const std::vector<int>& known_numbers_of_modes();

// Cells of the columns "impedance" (of the whole contact, in kohm as in BIDS; n/a when there is none), "model",
// "current_modes" and "role" of an electrode table.
std::string impedance_cell(const Electrode& electrode);
std::string role_cell(const Electrode& electrode);
// Reads those columns that the table has onto an electrode whose shape is known; n/a leaves the electrode as it is.
// Throws InputError with file and line: an impedance that is not positive, an unknown model, number of modes or role, a
// complete electrode that has no area or no impedance.
void read_contact_cells(const TsvFile& file, std::size_t row, Electrode& electrode);

}  // namespace bmiss
