// Which triangles of a surface pass through each other.
#pragma once

#include <Eigen/Core>
#include <Eigen/Geometry>
#include <array>
#include <vector>

namespace bmiss {

// Pairs of triangles that cross, or share an edge and fold onto each other. Triangles in one plane that merely touch do
// not count.
std::vector<std::array<int, 2>> find_self_intersections(const std::vector<Eigen::Vector3d>& points,
                                                        const std::vector<std::array<int, 3>>& triangles);

}  // namespace bmiss
