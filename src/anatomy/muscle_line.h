// The course of a muscle, or of a limb, as the line through the centroids of its sections.
#pragma once

#include <Eigen/Core>

#include "anatomy/tet_mesh.h"

namespace bmiss {

// Direction of the line through the centroids of the sections across `axis`, for the part within `window` of the height
// `station` along the axis [m] (widened while it holds too little): the centroid as a linear function of the height, by
// weighted least squares. Unit, pointing along `axis`. Throws InputError when there are no points.
Eigen::Vector3d line_of_action(const TissuePoints& tissue, const Eigen::Vector3d& axis, double station, double window);

// Of a muscle: the station is that of `over`, kept within the muscle, and the window a fifth of its length.
Eigen::Vector3d line_of_action(const TissuePoints& muscle, const Eigen::Vector3d& axis, const Eigen::Vector3d& over);

}  // namespace bmiss
