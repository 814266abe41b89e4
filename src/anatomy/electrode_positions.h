// Digitised electrode positions: electrodes.tsv of EMG-BIDS as people record them.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "anatomy/electrode_grid.h"

namespace bmiss {

struct DigitisedPositions {
  std::vector<Electrode> electrodes;   // position as digitised; normal and tangent not set
  std::optional<Electrode> reference;  // of type REF, in the coordinate system of the others
};

// Reads options.positions_file: name, x, y, z are needed; type (needle, wire: inside the limb; REF: the reference;
// anything else: on the skin), group, coordinate_system, row, column and the shape columns that bmiss writes are used
// where they are, else the shape is that of the options (a reference without shape is a point). Units: as the options
// say, else EMGCoordinateUnits of the coordsystem.json of that system beside the table, else millimetres. Throws
// InputError with file and line: unreadable, no position, not a finite number, a name given twice, two places that are
// the same, two references, a group that is not there (naming those that are), rows in several coordinate systems, a
// unit that is no length, a coordinate system that is a local one (it has a parent), a shape without size.
DigitisedPositions read_positions(const GridOptions& options);

}  // namespace bmiss
