// Places the motor units of a pool in a muscle's fibre paths.
#pragma once

#include <string>
#include <vector>

#include "anatomy/fibres.h"
#include "physiology/motor_unit.h"

namespace bmiss {

class Parameters;

struct PlacementOptions {
  int n_units = 60;                 // set by the caller, from the pool's size; not a parameter of its own
  double size_range = 30;           // fibres of the largest over the smallest unit
  double fibre_density = 200e6;     // fibres in the muscle's cross-section [1/m^2]
  double territory_density = 20e6;  // fibres of one unit in its territory [1/m^2]: sets the radius
  int fibres_per_unit = 150;        // fibres that stand for a unit's
  double smallest_territory = 1e-3, largest_territory = 6e-3;  // bounds of the radius [m]
  double innervation_zone = 0.5, innervation_scatter = 0.05;   // fraction of the fibre length: mean, sd between units
  double junction_scatter = 3e-3;                              // sd within a unit [m]
  double velocity = 4.0, velocity_scatter = 0.3;  // mean and sd between units; larger units are faster [m/s]
  double fibre_velocity_scatter = 0.1;            // sd within a unit [m/s]
  double tendon_scatter = 3e-3;                   // fibres end up to about this far before the muscle's ends [m]
  double fibre_radius = 27.5e-6, intracellular_conductivity = 1.0;
  static void declare_parameters(Parameters& parameters);  // "Motor units/…"
  static PlacementOptions parse_parameters(const Parameters& parameters);
};

// Cross-section that the paths fill [m^2], from their mid-points: what lies within 0.8 mean spacings of one, seen along
// `axis`.
double cross_section(const std::vector<FibrePath>& paths, const Eigen::Vector3d& axis);

// Units from small (id 0) to large; sizes are exponential and add up to the muscle's fibres. A territory is a disc
// across the fibres around a path chosen at random; it conforms to the muscle because only paths that exist are used.
// When it holds fewer paths than fibres, paths are used several times with different junctions, velocities and ends.
// Fractions along the fibre count from the first point of the first path: paths that run the other way are recognised.
// Deterministic for a seed. Throws InputError when the muscle has no path or one too short to innervate.
std::vector<MotorUnit> place_motor_units(const std::string& muscle, const std::vector<FibrePath>& paths,
                                         const PlacementOptions& options, unsigned seed);
// The same with middles of territories on the paths of these numbers only; the sizes add up to the fibres of the part
// of the muscle that these fill, and territories may reach beyond it.
std::vector<MotorUnit> place_motor_units(const std::string& muscle, const std::vector<FibrePath>& paths,
                                         const std::vector<int>& sites, const PlacementOptions& options, unsigned seed);

}  // namespace bmiss
