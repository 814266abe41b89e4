// The fields that a lead-field file holds, one a row: of every electrode the field of a uniform current, and of
// complete electrodes those of the further modes of their current density.
#pragma once

#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/tet_mesh.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss {

struct LeadFieldRow {
  std::string name;           // of the electrode; "E12 mode 1" for a further mode
  std::size_t electrode = 0;  // in the array; the number of electrodes stands for the reference
  int mode = 0;               // 0: uniform, 1 A that returns through the reference
};

// The rows of an array: mode 0 of the electrodes in their order, then the further modes electrode by electrode, the
// reference's last. The same on every rank, needs no mesh.
std::vector<LeadFieldRow> lead_field_rows(const ElectrodeArray& array);

// What the mesh says about the rows. A functional reads its row's component of the potential on its patch: the average
// for mode 0. Zero of the potential is the average over the reference.
struct RowFunctionals {
  std::vector<NodalFunctional> rows;
  NodalFunctional reference;
  std::vector<double> areas;  // of the electrodes and the reference, as integrated [m^2]; 0 for points
  double longest_edge = 0;    // of the tetrahedra around contacts inside the limb [m]
  std::vector<std::string> warnings;
};
// Throws InputError as electrode_modes() and require_apart() (of the reference too) do.
RowFunctionals row_functionals(const TetMesh& mesh, const ElementNodes& nodes, const ElectrodeArray& array);

// The load [A] whose field is the row, balanced: mode 0 returns through the reference, further modes have no net
// current.
NodalFunctional balanced_load(const LeadFieldRow& row, const NodalFunctional& functional,
                              const NodalFunctional& reference);

}  // namespace bmiss
