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
  // Relative rms difference between its action potentials with the field smoothed along the fibre as it always is and
  // twice as widely, worst of the electrodes that see a third of the most. On two layered cylinders, two meshes each, 7
  // to 25 mm deep, the error against the exact field was 0.3 to 1.1 times that; on a forearm, 4 to 13 mm deep, against
  // edges of 1.2 instead of 2 mm inside the muscle, 0.2 to 2.4 times. It sees what changes from element to element, not
  // a field that is smoothly wrong, as over layers that the mesh does not resolve; 0 without smoothing.
  double error = 0;
};

// The shallowest, the middle and the deepest fibre of each muscle, as far as they are long enough for a travelling
// action potential; the shallowest muscles first, `most_muscles` of them. Standard fibres: 4 m/s, radius 27.5 um,
// junction in the middle.
std::vector<ProbeFibre> examine_probe_fibres(const FibreAtlas& atlas, const std::vector<std::string>& muscles,
                                             const LeadField& lead_field, std::size_t most_muscles);

}  // namespace bmiss
