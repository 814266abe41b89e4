// The mesh of a lead-field file, as far as points are located in it.
#pragma once

#include <map>
#include <string>

#include "base/hdf5_file.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/lead_field/point_locator.h"

namespace bmiss {

class TissueTable;

struct StoredMesh {
  ElementNodes nodes;  // without its edges
  PointLocator locator;
  std::map<int, std::string> tissue_names;  // by label; empty in files that do not say
};

StoredMesh read_stored_mesh(const Hdf5File& file);
// By one process.
void write_tissue_names(Hdf5File& file, const TissueTable& tissues);

}  // namespace bmiss
