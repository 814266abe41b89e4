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

// The section of a plane: its area and centroid (area 0: the plane misses the piece).
CrossSection section_at(const MuscleTets& piece, const Eigen::Vector3d& point, const Eigen::Vector3d& normal);

// Sections across the fibres at stations along the piece, each where most of its tetrahedra lie. `directions` [3 x n]
// are unit vectors of the piece's tetrahedra; only those marked as `eligible` [n] count. The thickest comes first (of
// nearly equal ones the most central), then the others by their distance from it.
std::vector<CrossSection> sections_along(const MuscleTets& piece, const Eigen::Matrix3Xd& directions,
                                         const std::vector<char>& eligible);

// One random point in each square of a lattice on the section [`density` squares per m^2]; those inside
// eligible tetrahedra of the piece. The same for the same `seed` on every machine.
std::vector<TetPosition> seeds_on(const MuscleTets& piece, const CrossSection& section,
                                  const std::vector<char>& eligible, double density, unsigned seed);

}  // namespace bmiss
