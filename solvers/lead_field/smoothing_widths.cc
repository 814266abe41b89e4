#include "solvers/lead_field/smoothing_widths.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bmiss {

Eigen::VectorXd widths_along_fibres(const Eigen::VectorXd& edges, const Eigen::Matrix3Xd& places,
                                    const ElectrodeArray& electrodes) {
  constexpr Eigen::Index at_a_time = 1024;  // points that stay in the cache while the electrodes pass by
  Eigen::VectorXd widths(edges.size());
  Eigen::RowVectorXd nearest;
  for (Eigen::Index first = 0; first < edges.size(); first += at_a_time) {
    const Eigen::Index n = std::min(at_a_time, edges.size() - first);
    nearest.setConstant(n, std::numeric_limits<double>::infinity());
    for (const Electrode& electrode : electrodes.electrodes)
      nearest = nearest.cwiseMin((places.middleCols(first, n).colwise() - electrode.position).colwise().squaredNorm());
    for (Eigen::Index k = 0; k < n; ++k) {
      const double edge = edges[first + k], distance = std::sqrt(nearest[k]);
      widths[first + k] = std::min(0.5 * distance, std::clamp(0.2 * distance, edge, 1.5 * edge));
    }
  }
  return widths;
}

}  // namespace bmiss
