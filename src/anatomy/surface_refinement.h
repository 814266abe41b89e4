// Refinement that remembers where new points came from.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "anatomy/surface_complex.h"

namespace bmiss {

struct RefinedSurface {
  SurfaceComplex complex;                   // the old points first
  std::vector<std::array<int, 2>> parents;  // of each new point: the ends of the edge it halved, in order of creation
};
// As refine_surface().
RefinedSurface refine_with_parents(const SurfaceComplex& complex, const Eigen::Matrix3Xd& centres, double radius,
                                   double edge);
// The same bisection of every triangle, those of interfaces included, until no longest edge exceeds `edge_at` its
// middle [m] by more than a third.
RefinedSurface refine_to(const SurfaceComplex& complex, const std::function<double(const Eigen::Vector3d&)>& edge_at);

// Continues a field given at the old points to the new ones, by the mean of the parents.
Eigen::Matrix3Xd continued_to_new_points(const Eigen::Matrix3Xd& at_old_points,
                                         const std::vector<std::array<int, 2>>& parents);

}  // namespace bmiss
