// Points from which fibre paths start: they fill the thickest cross-section of a piece of muscle.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "anatomy/muscle_tets.h"
#include "anatomy/tet_walker.h"

namespace bmiss {

struct CrossSection {
  Eigen::Vector3d centre = Eigen::Vector3d::Zero(), normal = Eigen::Vector3d::UnitZ();
  double area = 0;  // [m^2]
};

// Among planes across the fibres at stations along the piece the one with the largest section. `directions` [3 x n] are
// unit vectors of the piece's tetrahedra.
CrossSection thickest_section(const MuscleTets& piece, const Eigen::Matrix3Xd& directions);

// One random point in each square of a lattice on the section [`density` squares per m^2]; those inside the piece.
// The same for the same `seed` on every machine.
std::vector<TetPosition> seeds_on(const MuscleTets& piece, const CrossSection& section, double density, unsigned seed);

}  // namespace bmiss
