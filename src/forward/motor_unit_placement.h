// Places the motor units of a pool in a muscle's fibre paths.
#pragma once

#include <vector>

#include "anatomy/fibres.h"
#include "physiology/motor_unit.h"

namespace bmiss {

class Parameters;

struct PlacementOptions {
  int n_units = 60;
  double size_range = 30;                      // fibres of the largest over the smallest unit
  double fibre_density = 200e6;                // fibres in the muscle's cross-section [1/m^2]
  int fibres_per_unit = 30;                    // paths that stand for a unit's fibres
  double smallest_territory = 1e-3, largest_territory = 6e-3;   // radius [m]
  double innervation_zone = 0.5, innervation_scatter = 0.05;    // fraction of the fibre length: mean, sd between units
  double junction_scatter = 3e-3;              // sd within a unit [m]
  double velocity = 4.0, velocity_scatter = 0.3;                // between units; larger units are faster [m/s]
  double fibre_velocity_scatter = 0.1;         // within a unit [m/s]
  double tendon_scatter = 3e-3;                // fibres end up to about this far before the muscle's ends [m]
  double fibre_radius = 27.5e-6, intracellular_conductivity = 1.0;
  static void declare_parameters(Parameters& parameters);
  static PlacementOptions parse_parameters(const Parameters& parameters);
};

// Units from small (id 0) to large; territories conform to the muscle (only paths inside it are used). Deterministic for a seed.
std::vector<MotorUnit> place_motor_units(const std::string& muscle, const std::vector<FibrePath>& paths,
                                         const PlacementOptions& options, unsigned seed);

}  // namespace bmiss
