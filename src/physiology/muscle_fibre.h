// One muscle fibre and the current it drives through its membrane.
#pragma once

#include <Eigen/Core>

#include "physiology/action_potential.h"

namespace bmiss {

struct MuscleFibre {
  Eigen::Matrix3Xd path;                    // equidistant points from end to end [m]
  double step = 0;                          // arc length between them [m]
  double junction = 0;                      // arc length of the neuromuscular junction from path.col(0) [m]
  double velocity = 4.0;                    // of conduction [m/s]
  double radius = 27.5e-6;                  // [m]
  double intracellular_conductivity = 1.0;  // [S/m]
  double delay = 0;                         // of the junction against the unit's spike [s]
  double length() const { return step * static_cast<double>(path.cols() - 1); }
  double size() const;  // σ_in π a² [S m], what its potentials are proportional to
};

// Nodal currents i_k(t) [A], shape [n_path x n_times], such that V_e(t) = sum_k w_e(x_k) i_k(t). The source is the
// transmembrane current per length s_in pi a^2 d2/ds2 [V_m(v t - |s - s_junction|) 1(fibre)]: two fronts leave the
// junction and end at the tendons, where the sharp window makes the end-of-fibre source. The currents are its exact
// moments against the cubic spline (not-a-knot) through the lead field's nodal values, so no derivative of the field
// enters. Every column sums to zero and has no first moment along s, as the source itself, to rounding; the error is
// O(step^4), O(step^3) while a front ends. `times` [s] count from the unit's spike. Throws InputError for a path of
// fewer than 5 points, a junction outside the fibre, or a velocity, radius, conductivity or step that is not positive.
Eigen::MatrixXd fibre_currents(const MuscleFibre& fibre, const ActionPotential& action_potential,
                               const Eigen::VectorXd& times);

}  // namespace bmiss
