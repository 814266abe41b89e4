// Potentials along a muscle fibre without the noise of a mesh.
#pragma once

#include <Eigen/Core>

#include "forward/lead_field.h"

namespace bmiss {

// `values` [n_electrodes x n_points] at points `step` [m] apart along a fibre, each replaced by that of a cubic
// polynomial in the arc length, fitted with Gaussian weights of standard deviation `widths` [n_points, m] there (a
// local regression, Cleveland & Devlin 1988; one-sided near the ends). Cubics are kept, the error is O(width^4). Where
// the width is below the step, or has fewer than 5 points within its reach, values stay.
//
// Why: in a muscle the exact potential is smooth, the error of finite elements changes from one element to the next. It
// hardly counts in the potential itself, but action potentials are made of second derivatives along the fibre.
Eigen::MatrixXd smoothed_along(const Eigen::MatrixXd& values, double step, const Eigen::VectorXd& widths);

// The lead field at the points of a path [n_electrodes x n_points], smoothed as it asks.
Eigen::MatrixXd potential_along(const LeadField& lead_field, const Eigen::Matrix3Xd& path, double step);

}  // namespace bmiss
