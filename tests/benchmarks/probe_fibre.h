// Fibres of a traced limb that lie well inside their muscle, by which meshes are compared.
#pragma once

#include <string>

#include "anatomy/electrodes.h"
#include "anatomy/fibres.h"
#include "anatomy/label_map.h"
#include "physiology/muscle_fibre.h"

namespace bmiss::bench {

struct ProbeRule {
  double clearance = 3e-3;   // from everything that is not the muscle, all along the fibre [m]
  double from_ends = 10e-3;  // of the traced path, which ends at the cuts of the limb [m]
  double shortest = 80e-3;   // [m]
};

struct ProbeFibre {
  MuscleFibre fibre;  // with its junction in the middle
  double depth = 0;   // least distance to an electrode [m]
};

enum class Depth { shallowest, deepest };

// Of the longest stretches of the muscle's paths that fulfil the rule, the one nearest to or farthest from the
// electrodes. Throws std::runtime_error when there is none.
ProbeFibre find_probe(const FibreAtlas& atlas, const LabelMap& map, const ElectrodeArray& array,
                      const std::string& muscle, int label, Depth which, const ProbeRule& rule);

}  // namespace bmiss::bench
