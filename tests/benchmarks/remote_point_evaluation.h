// Locating points by deal.II, to compare with.
#pragma once

#include <Eigen/Core>

#include "anatomy/tet_mesh.h"

namespace bmiss::bench {

struct RemoteLocation {
  double seconds = 0;  // wall time of locating, without building the triangulation
  std::size_t found = 0;
};

// dealii::Utilities::MPI::RemotePointEvaluation::reinit() on this process alone.
RemoteLocation locate_by_dealii(const TetMesh& mesh, const Eigen::Matrix3Xd& points);

}  // namespace bmiss::bench
