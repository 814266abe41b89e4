// Motion of a point through the tetrahedra of a muscle: straight ahead from face to face, along the wall where it meets
// it.
#pragma once

#include <Eigen/Core>

#include "anatomy/muscle_tets.h"

namespace bmiss {

struct TetPosition {
  int tet = -1;
  Eigen::Vector3d x = Eigen::Vector3d::Zero();  // inside `tet` [m]
};

// How far a straight move came.
struct TetMove {
  TetPosition reached;
  int wall_corner = -1;  // face (opposite to this corner of reached.tet) where the muscle stopped it; -1: it arrived
};

// Moves from `start` straight to `target`; the whole way lies inside the muscle.
TetMove move_straight(const MuscleTets& muscle, const TetPosition& start, const Eigen::Vector3d& target);

// `x` moved into `tet` when rounding has put it a hair outside.
Eigen::Vector3d clamp_into(const MuscleTets& muscle, int tet, const Eigen::Vector3d& x);

}  // namespace bmiss
