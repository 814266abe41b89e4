#include "benchmarks/probe_fibre.h"

#include <cmath>
#include <stdexcept>

namespace bmiss::bench {
namespace {

// Are all voxels whose centres lie within `distance` of the point of this label?
bool is_inside_by(const LabelMap& map, const Eigen::Affine3d& to_voxels, const Eigen::Vector3d& x, int label,
                  double distance) {
  const Eigen::Vector3d centre = to_voxels * x;
  Eigen::Vector3i low, high;
  for (int axis = 0; axis < 3; ++axis) {
    const double reach = distance / map.spacing()[axis];
    low[axis] = static_cast<int>(std::ceil(centre[axis] - reach));
    high[axis] = static_cast<int>(std::floor(centre[axis] + reach));
    if (low[axis] < 0 || high[axis] >= map.size[static_cast<std::size_t>(axis)]) return false;
  }
  for (int k = low[2]; k <= high[2]; ++k)
    for (int j = low[1]; j <= high[1]; ++j)
      for (int i = low[0]; i <= high[0]; ++i)
        if (map.at(i, j, k) != label && (map.voxel_to_world * Eigen::Vector3d(i, j, k) - x).norm() < distance)
          return false;
  return true;
}

// First and number of points of the longest stretch inside.
std::pair<Eigen::Index, Eigen::Index> longest_stretch(const FibrePath& path, const LabelMap& map, int label,
                                                      const ProbeRule& rule) {
  const Eigen::Affine3d to_voxels = map.voxel_to_world.inverse();
  const auto ends = [&](double beyond) {
    return static_cast<Eigen::Index>(std::ceil((beyond + rule.from_ends) / path.step));
  };
  std::pair<Eigen::Index, Eigen::Index> best{0, 0};
  Eigen::Index first = ends(path.beyond_proximal);
  const Eigen::Index end = path.points.cols() - ends(path.beyond_distal);
  for (Eigen::Index i = first; i < end; ++i) {
    if (!is_inside_by(map, to_voxels, path.points.col(i), label, rule.clearance + map.spacing().maxCoeff() / 2))
      first = i + 1;
    else if (i - first + 1 > best.second)
      best = {first, i - first + 1};
  }
  return best;
}

double distance_to(const ElectrodeArray& array, const Eigen::Matrix3Xd& path) {
  double nearest = INFINITY;
  for (const Electrode& e : array.electrodes)
    nearest = std::min(nearest, (path.colwise() - e.position).colwise().norm().minCoeff());
  return nearest;
}

}  // namespace

ProbeFibre find_probe(const FibreAtlas& atlas, const LabelMap& map, const ElectrodeArray& array,
                      const std::string& muscle, int label, Depth which, const ProbeRule& rule) {
  ProbeFibre best;
  double best_score = INFINITY;
  for (const FibrePath& path : atlas.paths.at(muscle)) {
    const auto [first, n] = longest_stretch(path, map, label, rule);
    if (path.step * static_cast<double>(n - 1) < rule.shortest) continue;
    const Eigen::Matrix3Xd points = path.points.middleCols(first, n);
    const double depth = distance_to(array, points), score = which == Depth::shallowest ? depth : -depth;
    if (score >= best_score) continue;
    best_score = score;
    best.depth = depth;
    best.fibre.path = points;
    best.fibre.step = path.step;
    best.fibre.junction = best.fibre.length() / 2;
  }
  if (best.fibre.path.cols() == 0) throw std::runtime_error("no fibre of " + muscle + " keeps the rule for probes");
  return best;
}

}  // namespace bmiss::bench
