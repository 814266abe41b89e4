// The curvature of a lead field along fibres: what a travelling action potential is weighted with.
#pragma once

#include <Eigen/Core>

#include "anatomy/fibres.h"
#include "inversion/refine/propagation.h"

namespace bmiss {

// Second derivative along the fibre of `values` [n_rows x n_points], which stand on the points of a path `step` apart,
// at the places of the grid [n_rows x grid.size] in units of values / m^2; grid place 0 is at the arc length `origin`
// of the path (it may lie beyond the path's ends). Fourth order in the step (compact differences, Lele 1992, then local
// cubics). Outside the path it is zero; fibres end evenly over the `end_scatter` before the ends of the path [m], so
// the curvature fades there. Linear in `values`. At least 5 points.
Eigen::MatrixXd path_curvature(const Eigen::MatrixXd& values, double step, double origin, const FibreGrid& grid,
                               double end_scatter);

}  // namespace bmiss
