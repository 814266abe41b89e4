// The limb that a recording is explained with.
#pragma once

#include <string>
#include <vector>

#include "anatomy/fibres.h"
#include "anatomy/surface_locator.h"
#include "forward/lead_field.h"
#include "physiology/action_potential.h"

namespace bmiss {

// What the limb is made of, as far as the decomposition needs it; all must outlive the call.
struct LimbModel {
  const FibreAtlas& atlas;
  std::vector<std::string> muscles;
  const LeadField& lead_field;
  const ActionPotential& action_potential;
  const SurfaceLocator& skin;
};

}  // namespace bmiss
