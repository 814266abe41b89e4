// A straight fibre parallel to the axis of a cylinder, as the oracle's single-fibre cases have it.
#pragma once

#include <cmath>

#include "physiology/muscle_fibre.h"

namespace bmiss::test {

// From junction_z - length_down to junction_z + length_up, at angle 0 and distance `rho` from the axis; nodes about
// `step` apart.
inline MuscleFibre straight_fibre(double rho, double junction_z, double length_down, double length_up, double velocity,
                                  double radius, double intracellular_conductivity, double step) {
  MuscleFibre fibre;
  const double length = length_down + length_up;
  const auto intervals = static_cast<Eigen::Index>(std::lround(length / step));
  fibre.step = length / static_cast<double>(intervals);
  fibre.path.resize(3, intervals + 1);
  for (Eigen::Index i = 0; i <= intervals; ++i)
    fibre.path.col(i) = Eigen::Vector3d(rho, 0, junction_z - length_down + fibre.step * static_cast<double>(i));
  fibre.junction = length_down;
  fibre.velocity = velocity;
  fibre.radius = radius;
  fibre.intracellular_conductivity = intracellular_conductivity;
  return fibre;
}

}  // namespace bmiss::test
