// What a fitted unit is in the limb, each number with its standard deviation.
#pragma once

#include <string>

#include "anatomy/surface_locator.h"
#include "inversion/refine/unit_fit.h"

namespace bmiss {

struct Measured {
  double value = 0, deviation = 0;
};

struct UnitProperties {
  std::string muscle;
  Measured x, y, z;           // of the territory's centre, under the middle of the electrodes [m]
  Measured depth;             // of that place below the skin [m]
  Measured territory_radius;  // [m]
  // Along the muscle's line of action, from the plane through the middle of the electrodes, distal positive [m].
  Measured innervation_zone, proximal_end, distal_end;
  Measured velocity;  // [m/s]
  Measured size;      // sum over fibres of intracellular conductivity times cross-section [S m]
};

// Deviations of first order in those of the fitted parameters (derivatives of places by differences).
UnitProperties describe_unit(const MuapModel& model, const UnitFit& fit, const SurfaceLocator& skin);

}  // namespace bmiss
