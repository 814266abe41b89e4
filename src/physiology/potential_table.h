// The twice-integrated action potential, tabulated so that sources cost no exponentials.
#pragma once

#include <vector>

#include "physiology/action_potential.h"

namespace bmiss {

class PotentialTable {
public:
  explicit PotentialTable(const ActionPotential& action_potential);

  // Integral from 0 to z of action_potential.integral() [V m^2]; zero for z <= 0.
  double second_integral(double z) const;

private:
  struct Node {
    double value, slope, curvature;  // of the second integral
  };
  double spacing_, extent_, final_slope_;
  std::vector<Node> nodes_;
};

}  // namespace bmiss
