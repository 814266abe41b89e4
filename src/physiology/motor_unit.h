// A motor unit: fibres scattered in a territory of one muscle.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "physiology/muscle_fibre.h"

namespace bmiss {

struct MotorUnit {
  int id = 0;
  std::string muscle;
  int label = 0;  // of the muscle's tissue in the mesh, in which its fibres must lie; 0: not known
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // of its territory [m]
  double territory_radius = 3e-3;                    // [m]
  double innervation_zone = 0.5;    // fraction of the fibre's length in the limb, from its proximal end
  double velocity = 4.0;            // [m/s]
  int n_fibres = 0;                 // fibres that the unit has
  std::vector<MuscleFibre> fibres;  // those that stand for them
  double weight_per_fibre = 1.0;    // n_fibres / fibres.size()
};

}  // namespace bmiss
