// Where a motor unit lies under the electrodes: the properties that a decomposition can tell and is judged by.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/surface_locator.h"
#include "physiology/motor_unit.h"

namespace bmiss {

// Coordinates along a muscle count from the plane across its line of action through the middle of the electrodes.
struct MuscleFrame {
  Eigen::Vector3d origin = Eigen::Vector3d::Zero();  // mean position of the recording electrodes [m]
  Eigen::Vector3d along = Eigen::Vector3d::UnitZ();  // line of action, unit, proximal to distal
  double coordinate(const Eigen::Vector3d& point) const { return along.dot(point - origin); }
  // Where a path [3 x n] passes the plane through the origin; its end nearest to the plane when it does not.
  Eigen::Vector3d crossing(const Eigen::Matrix3Xd& path) const;
};
MuscleFrame muscle_frame(const std::vector<Electrode>& electrodes, const Eigen::Vector3d& line_of_action);

struct UnitPlace {
  Eigen::Vector3d position = Eigen::Vector3d::Zero();  // mean of its fibres in the plane of the electrodes' middle [m]
  double depth = 0;                                    // of that position below the skin [m]
  double innervation_zone = 0;                         // mean of the junctions, along the muscle [m]
  double proximal_end = 0, distal_end = 0;             // means of the fibres' ends, along the muscle [m]
  double velocity = 0;                                 // mean of the fibres [m/s]
  double size = 0;                                     // sum over all its fibres of σ_in π a² [S m]
};
// Throws InputError when the unit has no fibres.
UnitPlace place_of(const MotorUnit& unit, const MuscleFrame& frame, const SurfaceLocator& skin);

}  // namespace bmiss
