// The single-fibre action potential of an oracle case, from the analytic conductor.
#pragma once

#include "physiology/action_potential.h"
#include "support/oracle_cases.h"
#include "support/straight_fibre.h"

namespace bmiss::test {

// `step` between the nodes of the fibre [m]. One value for each of the case's times [V].
inline Eigen::VectorXd single_fibre_potential(const OracleCase& c, double step) {
  const MuscleFibre fibre = straight_fibre(c.fibre_radius_from_axis, c.junction_z, c.length_down, c.length_up,
                                           c.velocity, c.fibre_radius, c.intracellular_conductivity, step);
  std::vector<CylinderPoint> points;
  for (Eigen::Index i = 0; i < fibre.path.cols(); ++i) points.push_back({fibre.path(0, i), 0, fibre.path(2, i)});
  const Eigen::MatrixXd field =
      LayeredCylinder(c.layers).lead_field({{0, c.electrode_z, c.disc_radius, 0, 0}}, points, c.length);
  return (field * fibre_currents(fibre, *action_potentials().create("rosenfalck"), c.times)).transpose();
}

}  // namespace bmiss::test
