// How well a lead field serves the fibres it was made for, shown on a few of them.
#pragma once

#include <string>
#include <vector>

#include "anatomy/fibres.h"
#include "forward/lead_field.h"

namespace bmiss {

struct ProbeFibre {
  std::string muscle;
  double depth = 0;         // least distance to an electrode [m]
  double peak_to_peak = 0;  // of its action potential at the electrode that sees most of it [V]
  // Relative rms difference between its action potentials with the field smoothed along the fibre and as it is, worst
  // of the electrodes that see a third of the most. On layered cylinders against the exact field the error of the
  // smoothed one was 0.1 to 1.6 times that. It sees what changes from element to element, not a field that is smoothly
  // wrong, as over layers that the mesh does not resolve; 0 for models without a mesh.
  double error = 0;
};

// The shallowest, the middle and the deepest fibre of each muscle, as far as they are long enough for a travelling
// action potential; the shallowest muscles first, `most_muscles` of them. Standard fibres: 4 m/s, radius 27.5 um,
// junction in the middle.
std::vector<ProbeFibre> examine_probe_fibres(const FibreAtlas& atlas, const std::vector<std::string>& muscles,
                                             const LeadField& lead_field, std::size_t most_muscles);

}  // namespace bmiss
