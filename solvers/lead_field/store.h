// The lead-field file, and the LeadField that reads it. Layout of lead_field.h5 (readable with h5py):
//   /                       attributes: format "bmiss lead field 2", bmiss_version, content_hash, mesh_hash,
//                           conductivities_hash, directions_hash, electrodes_hash, degree, tolerance,
//                           reference (its name), units
//   /mesh/points            [n_nodes x 3] m; nodes of the elements: vertices, then (degree 2) mid-points of edges
//                           sorted by vertex pair
//   /mesh/elements          [n_tets x 4 or 10] node numbers; order: vertices 0-3, edges 01 12 02 03 13 23
//   /mesh/labels            [n_tets]
//   /electrodes/            names, group, shape, position, normal, along, radius, length, width, row, column
//   /reference/             the same, one row
//   /lead_field/potential   [n_electrodes x n_nodes] V/A, contiguous: a kill while a row is written cannot damage
//                           the file's structure
//   /lead_field/            status, iterations, residual, seconds, delivered_current  [n_electrodes]
//   /checks/                reciprocity, delivered_current, symmetry  [1] relative errors found after the run
#pragma once

#include <memory>
#include <string>

#include "forward/lead_field.h"

namespace bmiss {

// Opens a finished lead field. Points are located once per call through a bin grid; rows are streamed, never all in
// memory. Throws InputError when the file is not a finished lead field.
std::unique_ptr<LeadField> open_lead_field(const std::string& path);

// Adds "finite elements" and "layered cylinder" to lead_fields().
void register_lead_fields();

}  // namespace bmiss
