// The point of a triangle nearest to a given point.
#pragma once

#include <Eigen/Core>
#include <array>

namespace bmiss {

Eigen::Vector3d closest_point_on_triangle(const Eigen::Vector3d& p, const std::array<Eigen::Vector3d, 3>& triangle);

}  // namespace bmiss
