// Where a muscle begins and ends: at a plane that cuts the limb, or in the limb.
#pragma once

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <vector>

#include "anatomy/muscle_tets.h"

namespace bmiss {

struct MuscleEnd {
  std::vector<int> points;  // of the piece, where the potential is given
  bool is_cut = false;      // by a plane: of the image, or a given one; the rest is for cuts only:
  double area = 0;          // [m^2]
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // [m]
  // In which the muscle goes on through the cut, proximal to distal; its part normal to the cut has length 1.
  Eigen::Vector3d onward = Eigen::Vector3d::Zero();
};

struct MuscleEnds {
  MuscleEnd proximal, distal;
  bool found = false;            // both ends have points of their own
  bool along_limb_axis = false;  // the piece is too compact to tell its ends from its shape
};

// Ends of one connected piece, each by the first of these that there is: the walls marked as origin or insertion; all
// points beyond a given plane; the faces of a cut of the image that the muscle crosses; the surface of the last max(3
// mm, 5 % of the length), measured along the centroid line. `stiffness` is that of the piece.
MuscleEnds find_ends(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                     const Eigen::Vector3d& limb_axis, const FibreMuscle& asked);

// Throws InputError when a label that `asked` gives shares no surface with the muscle (naming those that do), or a
// plane has the whole muscle on one side.
void require_attachments(const MuscleTets& muscle, const FibreMuscle& asked, const TetMesh& mesh);

// Principal axis of the muscle's volume inside the limb, from proximal to distal; of one about as wide as long the
// limb's axis.
Eigen::Vector3d line_of_action(const TetMesh& mesh, int label);

}  // namespace bmiss
