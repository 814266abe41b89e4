#include "anatomy/skin_interior.h"

#include <Eigen/Geometry>
#include <cmath>
#include <map>
#include <utility>

namespace bmiss {
namespace {

// van Oosterom & Strackee 1983, eq. 8; positive when the normal points away from x.
double solid_angle(const Eigen::Vector3d& x, const std::array<Eigen::Vector3d, 3>& corners) {
  const Eigen::Vector3d a = corners[0] - x, b = corners[1] - x, c = corners[2] - x;
  const double na = a.norm(), nb = b.norm(), nc = c.norm();
  return 2 * std::atan2(a.dot(b.cross(c)), na * nb * nc + a.dot(b) * nc + b.dot(c) * na + c.dot(a) * nb);
}

// The directed edges that only one triangle has, as it runs along them.
std::vector<std::array<int, 2>> directed_rim(const Surface& surface) {
  std::map<std::array<int, 2>, int> uses;
  for (const auto& t : surface.triangles)
    for (std::size_t i = 0; i < 3; ++i) ++uses[{t[i], t[(i + 1) % 3]}];
  std::vector<std::array<int, 2>> rim;
  for (const auto& [edge, count] : uses)
    if (uses.count({edge[1], edge[0]}) == 0) rim.push_back(edge);
  return rim;
}

}  // namespace

SkinInterior::SkinInterior(const Surface& skin) {
  for (const auto& t : skin.triangles)
    triangles_.push_back({skin.points.col(t[0]), skin.points.col(t[1]), skin.points.col(t[2])});
  const auto rim = directed_rim(skin);
  std::map<int, int> leader;  // union of points that edges join
  const auto find = [&](int point) {
    while (leader.at(point) != point) point = leader[point] = leader.at(leader.at(point));
    return point;
  };
  for (const auto& edge : rim) {
    leader.emplace(edge[0], edge[0]);
    leader.emplace(edge[1], edge[1]);
    leader[find(edge[0])] = find(edge[1]);
  }
  std::map<int, std::pair<Eigen::Vector3d, int>> middles;
  for (const auto& edge : rim) {
    auto& [sum, count] = middles.try_emplace(find(edge[0]), Eigen::Vector3d::Zero(), 0).first->second;
    sum += skin.points.col(edge[0]);
    ++count;
  }
  for (const auto& edge : rim) {
    const auto& [sum, count] = middles.at(find(edge[0]));
    triangles_.push_back({skin.points.col(edge[1]), skin.points.col(edge[0]), sum / count});
  }
}

bool SkinInterior::contains(const Eigen::Vector3d& x) const {
  double angle = 0;
  for (const auto& triangle : triangles_) angle += solid_angle(x, triangle);
  return angle > 2 * M_PI;
}

}  // namespace bmiss
