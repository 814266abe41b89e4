// Edge lengths that spread an error evenly over the elements of a mesh.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/size_field.h"

namespace bmiss {

// `indicator` [n_tets]: what each tetrahedron adds to the error, taken to fall as the fourth power of its size
// (quadratic elements, a product of two energy errors). For a mesh of `growth` (>= 1) times as many tetrahedra the sum
// is least with edges times min(1, (threshold / indicator)^(1/7)), at least a half; nowhere are they made longer. ->
// the wanted edges at the centroids of tetrahedra that are to become smaller.
WantedEdges equidistributed_edges(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 4>>& tets,
                                  const std::vector<float>& indicator, double growth);

}  // namespace bmiss
