#include "anatomy/tet_walker.h"

#include <algorithm>

namespace bmiss {

Eigen::Vector3d clamp_into(const MuscleTets& muscle, int tet, const Eigen::Vector3d& x) {
  Eigen::Vector4d l = muscle.barycentric(tet, x);
  if (l.minCoeff() >= 0) return x;
  l = l.cwiseMax(0);
  l /= l.sum();
  const auto& t = muscle.tets[static_cast<std::size_t>(tet)];
  return l[0] * muscle.points.col(t[0]) + l[1] * muscle.points.col(t[1]) + l[2] * muscle.points.col(t[2]) +
         l[3] * muscle.points.col(t[3]);
}

TetMove move_straight(const MuscleTets& muscle, const TetPosition& start, const Eigen::Vector3d& target) {
  int tet = start.tet;
  // A step crosses a few tetrahedra; the limit only stops circling around an edge that the way touches exactly.
  for (int crossed = 0; crossed < 200; ++crossed) {
    const Eigen::Vector4d here = muscle.barycentric(tet, start.x), there = muscle.barycentric(tet, target);
    int exit = -1;
    double earliest = 2;
    for (int corner = 0; corner < 4; ++corner) {
      if (there[corner] >= 0 || there[corner] >= here[corner]) continue;
      const double part = std::max(0.0, here[corner]) / (std::max(0.0, here[corner]) - there[corner]);
      if (part < earliest) {
        earliest = part;
        exit = corner;
      }
    }
    if (exit < 0) return {{tet, clamp_into(muscle, tet, target)}, -1};
    const int next = muscle.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(exit)];
    if (next < 0) return {{tet, clamp_into(muscle, tet, start.x + earliest * (target - start.x))}, exit};
    tet = next;
  }
  return {start, 0};  // stuck: the caller sees no progress
}

}  // namespace bmiss
