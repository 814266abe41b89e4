// Where the label map cuts the limb, and how far an insulated end there disturbs the potentials at the electrodes.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/surface_complex.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

class TissueTable;

// The plane in which the label map ends. Extruded ends lie beyond it.
struct LimbCut {
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  // of area [m]
  Eigen::Vector3d normal = Eigen::Vector3d::Zero();  // away from the limb, unit length
  double area = 0;                                   // [m^2]; 0: the limb is not cut there
  std::vector<std::array<int, 3>> triangles;         // normals away from the limb
};
struct LimbCuts {
  LimbCut proximal, distal;
};
LimbCuts limb_cuts(const TetMesh& mesh);
LimbCuts limb_cuts(const SurfaceComplex& complex, bool proximal_is_low_k);

// Tissue of the tetrahedron on which each boundary triangle lies; 0 where there is none.
std::vector<int> labels_under(const TetMesh& mesh, const std::vector<std::array<int, 3>>& triangles);

// The line along which places on a limb are counted; the same with and without extruded ends.
struct LimbFrame {
  Eigen::Vector3d axis = Eigen::Vector3d::UnitZ();     // from the proximal to the distal end, unit length
  Eigen::Vector3d proximal = Eigen::Vector3d::Zero();  // centre of the proximal end [m]
  double length = 0;                                   // along the axis [m]
};
// Between the centres of the cuts; where one or both are missing, along the principal axis of the skin.
LimbFrame limb_frame(const LimbCuts& cuts, const Surface& skin);

// Decay length [m] of the slowest field that the limb, going on as at this cut, would carry away from it: with
// -div(s_across grad f) = k^2 s_along f on the cut, insulated at its rim, fields fall like exp(-k z) and the smallest
// k > 0 counts (for a homogeneous disc k = 1.841/R sqrt(s_across/s_along)). `labels`: tissue of each triangle. Linear
// finite elements on the triangles of the cut.
double decay_length(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 3>>& triangles,
                    const std::vector<int>& labels, const TissueTable& tissues);

// Error of skin potentials by one insulated end at `distance` [m], relative: 0.68 exp(-2 distance / decay), the wave
// that the end reflects. The factor is fitted to finite insulated cylinders (R 40 mm, electrode and source mid-way):
// 22, 9.1, 3.5, 0.55, 0.09 % at lengths of 80, 120, 160, 240, 320 mm.
double truncation_error(double distance, double decay);
// Where an end must lie so that its truncation error is `error` [m from the electrode].
double distance_for_error(double error, double decay);

}  // namespace bmiss
