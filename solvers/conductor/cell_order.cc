#include "solvers/conductor/cell_order.h"

#include <algorithm>
#include <cstdint>

namespace bmiss {
namespace {

// Spreads the lowest 10 bits of x to every third bit.
std::uint32_t spread(std::uint32_t x) {
  std::uint32_t result = 0;
  for (int bit = 0; bit < 10; ++bit) result |= ((x >> bit) & 1U) << (3 * bit);
  return result;
}

}  // namespace

std::vector<int> cells_along_a_curve(const TetMesh& mesh) {
  const Eigen::Vector3d lowest = mesh.points.rowwise().minCoeff();
  const double extent = (mesh.points.rowwise().maxCoeff() - lowest).maxCoeff();
  std::vector<std::pair<std::uint32_t, int>> keys;
  keys.reserve(mesh.n_tets());
  for (const auto& tet : mesh.tets) {
    Eigen::Vector3d centre = Eigen::Vector3d::Zero();
    for (const int v : tet) centre += 0.25 * mesh.points.col(v);
    std::uint32_t key = 0;
    for (int d = 0; d < 3; ++d)
      key |= spread(static_cast<std::uint32_t>(1023.0 * std::min(1.0, (centre[d] - lowest[d]) / extent))) << d;
    keys.emplace_back(key, static_cast<int>(keys.size()));
  }
  std::sort(keys.begin(), keys.end());
  std::vector<int> order;
  for (const auto& entry : keys) order.push_back(entry.second);
  return order;
}

}  // namespace bmiss
