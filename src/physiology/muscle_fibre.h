// One muscle fibre and the current it drives through its membrane.
#pragma once

#include <Eigen/Core>

#include "physiology/action_potential.h"

namespace bmiss {

struct MuscleFibre {
  Eigen::Matrix3Xd path;       // equidistant points from end to end [m]
  double step = 0;             // arc length between them [m]
  double junction = 0;         // arc length of the neuromuscular junction from path.col(0) [m]
  double velocity = 4.0;       // of conduction [m/s]
  double radius = 27.5e-6;     // [m]
  double intracellular_conductivity = 1.0;  // [S/m]
  double delay = 0;            // of the junction against the unit's spike [s]
  double length() const { return step * static_cast<double>(path.cols() - 1); }
};

// Nodal currents i_k(t) [A], shape [n_path x n_times], such that V_e(t) = sum_k w_e(x_k) i_k(t). They are the exact moments of
// the transmembrane current s_in pi a^2 d2/ds2 [V_m 1(fibre)] against w linear between nodes: two fronts leave the junction and
// end at the tendons. Every column sums to zero, and its first moment equals the source's, to rounding.
Eigen::MatrixXd fibre_currents(const MuscleFibre& fibre, const ActionPotential& action_potential,
                               const Eigen::VectorXd& times);

}  // namespace bmiss
