// Directions in one connected piece of muscle between its ends.
#pragma once

#include <Eigen/Core>
#include <Eigen/SparseCore>

#include "anatomy/muscle_ends.h"
#include "anatomy/muscle_tets.h"

namespace bmiss {

struct PieceDirections {
  Eigen::Matrix3Xd directions;  // [3 x n], unit, proximal to distal
  int filled = 0;               // tetrahedra whose own gradient was too weak: they took that of the nearest other
};

// Along the gradient of the harmonic field that is 0 at the proximal and 1 at the distal end, smoothed along the fibres
// with this `wavelength` (direction_smoothing.h) [m]. `ends` must be found.
PieceDirections directions_between(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                                   const MuscleEnds& ends, double wavelength);

// Inclines unit directions of a muscle's tetrahedra by its pennation; `centroid` is the muscle's [m].
void incline(const MuscleTets& piece, const FibreMuscle& muscle, const Eigen::Vector3d& centroid,
             Eigen::Matrix3Xd& directions);

}  // namespace bmiss
