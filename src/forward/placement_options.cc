// Parameters of the placement of motor units.
#include "base/parameters.h"
#include "base/tsv_file.h"
#include "forward/motor_unit_placement.h"

namespace bmiss {
namespace {
const std::string section_name = "Motor units";
}

void PlacementOptions::declare_parameters(Parameters& p) {
  const PlacementOptions o;
  const Parameters::Section section(p, section_name);
  p.declare_real("Size range", o.size_range, "", {1, 1e4}, "fibres of the largest unit over those of the smallest");
  p.declare_real("Fibre density", o.fibre_density * 1e-6, "1/mm2", {0.1, 1e4}, "fibres in the muscle's cross-section");
  p.declare_real("Territory density", o.territory_density * 1e-6, "1/mm2", {0.01, 1e4},
                 "fibres of one unit in its territory; sets the territory's radius");
  p.declare_integer("Fibres per unit", o.fibres_per_unit, 1, 100000,
                    "fibres computed for each unit, weighted for all it has");
  p.declare_real("Smallest territory", o.smallest_territory * 1e3, "mm", {0, 100}, "radius of a territory at least");
  p.declare_real("Largest territory", o.largest_territory * 1e3, "mm", {0, 100}, "radius of a territory at most");
  p.declare_real("Innervation zone", o.innervation_zone * 100, "%", {0, 100},
                 "of the fibre length, from the proximal end");
  p.declare_real("Innervation scatter", o.innervation_scatter * 100, "%", {0, 50},
                 "sd between units, of the fibre length");
  p.declare_real("Junction scatter", o.junction_scatter * 1e3, "mm", {0, 100}, "sd within a unit");
  p.declare_real("Velocity", o.velocity, "m/s", {1, 20}, "of conduction, mean of the units");
  p.declare_real("Velocity scatter", o.velocity_scatter, "m/s", {0, 5}, "sd between units; larger units are faster");
  p.declare_real("Fibre velocity scatter", o.fibre_velocity_scatter, "m/s", {0, 5}, "sd within a unit");
  p.declare_real("Tendon scatter", o.tendon_scatter * 1e3, "mm", {0, 100},
                 "fibres end up to this far before the path does");
  p.declare_real("Fibre radius", o.fibre_radius * 1e6, "um", {1, 200}, "of a muscle fibre");
  p.declare_real("Intracellular conductivity", o.intracellular_conductivity, "S/m", {1e-3, 100}, "of a muscle fibre");
}

PlacementOptions PlacementOptions::parse_parameters(const Parameters& p) {
  const Parameters::Section section(p, section_name);
  PlacementOptions o;
  o.size_range = p.real("Size range");
  o.fibre_density = p.real("Fibre density");
  o.territory_density = p.real("Territory density");
  o.fibres_per_unit = static_cast<int>(p.integer("Fibres per unit"));
  o.smallest_territory = p.real("Smallest territory");
  o.largest_territory = p.real("Largest territory");
  o.innervation_zone = p.real("Innervation zone");
  o.innervation_scatter = p.real("Innervation scatter");
  o.junction_scatter = p.real("Junction scatter");
  o.velocity = p.real("Velocity");
  o.velocity_scatter = p.real("Velocity scatter");
  o.fibre_velocity_scatter = p.real("Fibre velocity scatter");
  o.tendon_scatter = p.real("Tendon scatter");
  o.fibre_radius = p.real("Fibre radius");
  o.intracellular_conductivity = p.real("Intracellular conductivity");
  if (o.smallest_territory > o.largest_territory)
    p.reject("Smallest territory", "exceeds the largest of " + format_real(o.largest_territory * 1e3) + " mm");
  return o;
}

}  // namespace bmiss
