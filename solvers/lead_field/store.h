// The lead-field file, and the LeadField that reads it. Layout of lead_field.h5 (readable with h5py):
//   /                       attributes: format "bmiss lead field 3", bmiss_version, library_versions, content_hash,
//                           mesh_hash, conductivity_laws (names), conductivities_hash, directions_hash,
//                           electrodes_hash, degree, tolerance, reference (its name), units, order
//   /mesh/points            [n_nodes x 3] m; nodes of the elements: vertices, then (degree 2) mid-points of edges
//                           sorted by vertex pair
//   /mesh/elements          [n_tets x 4 or 10] node numbers; order: vertices 0-3, edges 01 12 02 03 13 23
//   /mesh/labels            [n_tets]
//   /tissues/               labels and names of the tissues
//   /electrodes/            names, group, kind, shape, position, normal, along, radius, inner_radius, length, width,
//                           row, column, model, current_modes, contact_impedance, passive
//   /reference/             the same, one row
//   /electrode_block/       name, electrode, mode [n_rows]; area [n_electrodes + 1] of the patches, the reference's
//                           last; resistance [n_rows x n_rows] V/A, what each row reads of the field of each: the small
//                           system that contact impedances, passive metal and amplifiers enter (electrode_block.h)
//   /lead_field/potential   [n_rows x n_nodes] V/A, in pieces of a row, all of them in place before the first is
//                           written: a kill or a full disk while rows are written cannot damage the file's structure
//   /lead_field/potential_imaginary  the same shape, only where a conductivity law is complex: the potential at the
//                           law's frequency is potential + i potential_imaginary. LeadField gives the real part
//   /lead_field/            status, iterations, residual, seconds, delivered_current  [n_rows]
//   /lead_field/error_estimate  [n_rows] estimated energy norm of the row's error in the muscles, relative
//   /mesh/error_indicator   [n_tets] what each tetrahedron adds to that of potentials in the muscles, up to a factor
//   /checks/                reciprocity, delivered_current, symmetry  [1] relative errors found after the run
#pragma once

#include <memory>
#include <string>

#include "forward/lead_field.h"

namespace bmiss {

// Opens a finished lead field, with derivatives when those of this lead field lie beside it (derivative_file.h); at()
// is then its linearisation (forward/linearised_lead_field.h). Points are located once (and, when there are many, kept
// in a file sampling-….h5 beside the lead field, or in the folder of the study); rows are streamed in one pass, never
// all in memory. Throws InputError when the file is not a finished lead field.
std::unique_ptr<LeadField> open_lead_field(const std::string& path);

// Adds "finite elements" and "layered cylinder" to lead_fields().
void register_lead_fields();

}  // namespace bmiss
