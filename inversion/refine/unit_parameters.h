// What describes one motor unit in the model that is fitted to recordings.
#pragma once

#include <Eigen/Core>
#include <array>
#include <string>

namespace bmiss {

// Places in the vector of a unit's parameters. Across: coordinates of the territory's centre in the plane across the
// muscle's line of action at mid-grid, the second one towards the electrodes. The zone is where the unit's fibres are
// innervated, an arc length along them from that plane, distal positive. Proximal and distal: from the zone to the end
// of the fibres, which end earlier where their paths do. Junction scatter: standard deviation within the unit, along
// the fibres. Delay: of the arrival at the junctions against the spike time. Log size: of the sum over fibres of
// intracellular conductivity times cross-section [S m].
enum UnitParameter : int {
  across_1 = 0,          // [m]
  across_2 = 1,          // [m]
  territory_radius = 2,  // [m]
  innervation_zone = 3,  // [m]
  proximal_length = 4,   // [m]
  distal_length = 5,     // [m]
  velocity = 6,          // [m/s]
  junction_scatter = 7,  // [m]
  delay = 8,             // [s]
  log_size = 9,
  n_unit_parameters = 10
};

using UnitVector = Eigen::Matrix<double, n_unit_parameters, 1>;
using UnitMatrix = Eigen::Matrix<double, n_unit_parameters, n_unit_parameters>;

struct UnitParameters {
  int muscle = 0;  // number among those of the model
  UnitVector values = UnitVector::Zero();
  double operator[](UnitParameter which) const { return values[which]; }
  double& operator[](UnitParameter which) { return values[which]; }
};

// Name, unit and a change that alters an action potential noticeably: the scale of steps.
struct UnitParameterKind {
  std::string name, unit;
  double scale;
};
const std::array<UnitParameterKind, n_unit_parameters>& unit_parameter_kinds();

struct UnitBounds {
  UnitVector lower, upper;
};

}  // namespace bmiss
