// Where a muscle begins and ends: at a plane that cuts the limb, or in the limb.
#pragma once

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <vector>

#include "anatomy/muscle_tets.h"

namespace bmiss {

struct MuscleEnd {
  std::vector<int> points;                           // of the piece's surface, where the potential is given
  bool is_cut = false;                               // the rest is for cuts only:
  double area = 0;                                   // [m^2]
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // [m]
  Eigen::Vector3d slope = Eigen::Vector3d::Zero();   // how far the centroid line moves sideways for each unit of depth
};

struct MuscleEnds {
  MuscleEnd proximal, distal;
  bool found = false;            // both ends have points of their own
  bool along_limb_axis = false;  // the piece is too compact to tell its ends from its shape
};

// Ends of one connected piece. A cut ends on the cut's faces, a free end is the surface of the last max(3 mm, 5 % of
// the length), measured along the centroid line. `stiffness` is that of the piece.
MuscleEnds find_ends(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                     const Eigen::Vector3d& limb_axis);

}  // namespace bmiss
