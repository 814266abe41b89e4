// Layered cylinders whose lead field is known exactly, as problems for the finite elements: that of the oracle and one
// that is different in everything.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "solvers/analytic/cylinder_lead_field.h"
#include "solvers/lead_field/engine.h"
#include "solvers/verification/cylinder_mesh.h"

namespace bmiss::bench {

struct CylinderCase {
  std::string name;
  std::vector<CylinderLayer> layers;  // inside out; the second is the muscle
  double length = 0;                  // [m]
  std::vector<Electrode> electrodes;
  Electrode reference;
  double junction = 0, down = 0, up = 0;  // of the fibres along z [m]
  double radius() const { return layers.back().outer_radius; }
};

// One electrode over the junction, one half way to the far tendon, one before it.
CylinderCase oracle_cylinder();
inline const std::vector<double> depth_law_radii = {0.5e-3, 2.5e-3, 5e-3};  // of discs [m]
// How much further along z than 20 mm from the junction the electrode of that radius is [m].
inline double depth_law_shift(std::size_t r) {
  return 0.015 * (static_cast<double>(r) - 1);
}
// The oracle's, so long that its ends hardly count, with an electrode of each radius near the junction of a long fibre;
// the reference is far away and at a right angle, where the slowest of the modes that fade along a limb is zero.
CylinderCase long_cylinder();
// Thin fat, small rectangular electrodes, other conductivities, a longer limb.
CylinderCase other_cylinder();

// The law of sizes: `finest` under the electrodes, growing to `muscle_edge` inside the muscle as 'Mesh/Muscle edge' has
// it and to twice that elsewhere.
struct MeshLaw {
  double finest = 0.8e-3, muscle_edge = 3.5e-3;  // [m]
  double growth = 0.12;                          // edge length gained per length of distance from an electrode
};
LeadFieldProblem problem_of(const CylinderCase& cylinder, const MeshLaw& law);
std::unique_ptr<LeadField> exact_field(const CylinderCase& cylinder);

}  // namespace bmiss::bench
