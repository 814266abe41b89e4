// The tetrahedra of one tissue as a mesh of their own: local points, neighbours across faces, pieces, walls.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/fibre_muscle.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

struct MuscleTets {
  // What lies behind a face instead of a neighbour.
  static constexpr int wall = -1;          // other tissue, or the skin
  static constexpr int proximal_cut = -2;  // the muscle goes on beyond these tetrahedra
  static constexpr int distal_cut = -3;
  static constexpr int side_cut = -4;   // another face of the image
  static constexpr int origin = -5;     // tissue on which the muscle originates (mark_attachments)
  static constexpr int insertion = -6;  // and inserts

  std::vector<std::size_t> source;       // [n] tetrahedron in the limb's mesh
  std::vector<std::array<int, 4>> tets;  // [n] points of this mesh
  std::vector<int> source_points;        // [n_points] point in the limb's mesh
  Eigen::Matrix3Xd points;               // [m]
  std::vector<std::array<int, 4>>
      neighbours;              // [n] tet behind the face opposite to corner i, or one of the codes above
  std::vector<int> pieces;     // [n] connected piece, the largest (by volume) is 0
  Eigen::VectorXd volumes;     // [n] m^3
  std::vector<char> extruded;  // [n] 1: in an extruded end of the limb
  int n_pieces = 0;

  int size() const { return static_cast<int>(tets.size()); }
  Eigen::Vector3d centroid(int tet) const;
  // Points of the face opposite to `corner`, seen counter-clockwise from outside.
  std::array<int, 3> face(int tet, int corner) const;
  // Outward, as long as the area of the face [m^2].
  Eigen::Vector3d face_normal(int tet, int corner) const;
  // Barycentric coordinates of `x` in `tet`; they sum to 1.
  Eigen::Vector4d barycentric(int tet, const Eigen::Vector3d& x) const;
  // Gradients of the four corner functions [1/m].
  Eigen::Matrix<double, 3, 4> gradients(int tet) const;
  // One piece as a mesh of its own; `source` still refers to the limb's mesh.
  MuscleTets piece(int number) const;
};

// Extruded ends lie beyond the label map; without them the muscle is cut where they begin.
enum class LimbPart { whole, limb, proximal_extension, distal_extension };

// All tetrahedra with this label in that part (none: an empty mesh).
MuscleTets muscle_tets(const TetMesh& mesh, int label, LimbPart part = LimbPart::whole);

// Walls behind which a tissue lies on which the muscle originates or inserts become `origin` and `insertion`.
void mark_attachments(const TetMesh& mesh, const FibreMuscle& asked, MuscleTets& muscle);

}  // namespace bmiss
