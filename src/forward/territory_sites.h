// Which fibre paths of a muscle may lie in the middle of a motor unit's territory.
#pragma once

#include <string>
#include <vector>

#include "anatomy/fibres.h"
#include "forward/unit_place.h"

namespace bmiss {

class Parameters;

struct SiteOptions {
  double shallowest = 0, deepest = 0;  // depth below the skin under the electrodes' middle [m]; both 0: any
  double reach = 0;                    // largest distance of the skin above from the nearest electrode [m]; 0: any
  bool everywhere() const { return deepest == 0 && reach == 0; }
  static void declare_parameters(Parameters& parameters);  // "Motor units/Depths, Reach"
  static SiteOptions parse_parameters(const Parameters& parameters);
};

// Numbers of the paths whose place in the plane of the electrodes' middle is as deep and as near to an electrode as
// asked. Throws InputError when there is none, telling how deep the muscle's fibres are.
std::vector<int> territory_sites(const std::string& muscle, const std::vector<FibrePath>& paths,
                                 const std::vector<Electrode>& electrodes, const MuscleFrame& frame,
                                 const SurfaceLocator& skin, const SiteOptions& options);

}  // namespace bmiss
