// What a functional of nodal values makes of a given field.
#pragma once

#include <functional>

#include "solvers/lead_field/electrode_load.h"

namespace bmiss::test {

inline double apply(const NodalFunctional& functional, const ElementNodes& nodes,
                    const std::function<double(const Eigen::Vector3d&)>& f) {
  double sum = 0;
  for (std::size_t k = 0; k < functional.nodes.size(); ++k)
    sum += functional.weights[k] * f(nodes.points.col(functional.nodes[k]));
  return sum;
}

}  // namespace bmiss::test
