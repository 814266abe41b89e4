// Shape of single triangles in a plane.
#pragma once

#include <Eigen/Core>
#include <array>

namespace bmiss {

using PlaneTriangle = std::array<Eigen::Vector2d, 3>;

double doubled_area(const PlaneTriangle& triangle);  // negative: clockwise
// Of the three; negative when clockwise.
double smallest_angle_sine(const PlaneTriangle& triangle);
double smallest_altitude(const PlaneTriangle& triangle);
double altitude(const PlaneTriangle& triangle, std::size_t corner);

}  // namespace bmiss
