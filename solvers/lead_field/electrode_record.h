// Electrodes inside an HDF5 file: everything needed to have them back bit for bit.
#pragma once

#include <string>
#include <vector>

#include "anatomy/electrodes.h"

namespace bmiss {

class Hdf5File;

// Datasets names, group, kind, shape, position, normal, along, radius, inner_radius, length, width, row, column, model,
// current_modes, contact_impedance, passive under
// `group`. Collective.
void write_electrode_record(Hdf5File& file, const std::string& group, const std::vector<Electrode>& electrodes);
std::vector<Electrode> read_electrode_record(const Hdf5File& file, const std::string& group);

}  // namespace bmiss
