// How far the potentials of a mesh are smoothed along fibres.
#pragma once

#include <Eigen/Core>

#include "anatomy/electrodes.h"

namespace bmiss {

// One mean edge of the tetrahedra up to five edges from an electrode, where the potential itself varies fast, one and a
// half from 7.5 edges on; no more than half the distance to a contact inside the muscle. On two meshes each of two
// layered cylinders, against the exact field and 7 to 25 mm deep, action potentials are then wrong by 0.5 to 1 times
// (rms) what one edge everywhere leaves. `edges` [n_points] are means around the points [m]; result [n_points, m].
Eigen::VectorXd widths_along_fibres(const Eigen::VectorXd& edges, const Eigen::Matrix3Xd& places,
                                    const ElectrodeArray& electrodes);

}  // namespace bmiss
