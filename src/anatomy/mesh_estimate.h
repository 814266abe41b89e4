// How large a mesh will be, from the label map and the edge lengths, before anything is computed.
#pragma once

#include <cstddef>
#include <vector>

#include "anatomy/contour.h"
#include "anatomy/volume_mesh.h"

namespace bmiss {

struct MeshEstimate {
  double triangles = 0;  // of all interfaces, before refinement at electrodes
  double tets = 0;       // skin and extruded ends included
  double bytes = 0;      // highest memory of the mesh stage
};

// `dropped_labels` (the skin) count as outside. Right within a factor of two where the edge length does not exceed the
// structures: interfaces have 2 triangles for each area of edge length squared that the faces of the voxels have, and
// tetrahedra as many as the volume holds of the size that the distance to the nearest interface allows.
MeshEstimate estimate_mesh(const LabelMap& map, const std::vector<int>& dropped_labels, const ContourOptions& contour,
                           const VolumeMeshOptions& volume, std::size_t electrodes);

// Memory that a process here can still have [bytes]: what the machine has free, or its control group if that is less.
// Infinite where the system does not tell.
double available_memory();

// Parameter 'Mesh/Memory' [bytes]; 0: available_memory().
void declare_memory_limit(Parameters& parameters);
double parse_memory_limit(const Parameters& parameters);

// Tells the estimate. Throws InputError when it exceeds `limit`, with the edge length that would fit.
MeshEstimate require_memory(const LabelMap& map, const std::vector<int>& dropped_labels, const ContourOptions& contour,
                            const VolumeMeshOptions& volume, std::size_t electrodes, double limit, Report& report);

}  // namespace bmiss
