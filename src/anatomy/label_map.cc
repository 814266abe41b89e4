#include "anatomy/label_map.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

namespace bmiss {

Eigen::Vector3d LabelMap::spacing() const {
  return voxel_to_world.linear().colwise().norm().transpose();
}

double LabelMap::voxel_volume() const {
  return std::abs(voxel_to_world.linear().determinant());
}

std::map<std::int32_t, std::size_t> LabelMap::voxel_counts() const {
  std::map<std::int32_t, std::size_t> counts;
  // Labels come in runs: look the map up once a run.
  for (std::size_t first = 0; first < labels.size();) {
    std::size_t last = first;
    while (last < labels.size() && labels[last] == labels[first]) ++last;
    counts[labels[first]] += last - first;
    first = last;
  }
  return counts;
}

LabelMap LabelMap::without(const std::vector<int>& dropped) const {
  LabelMap result = *this;
  for (std::int32_t& label : result.labels)
    if (std::find(dropped.begin(), dropped.end(), label) != dropped.end()) label = 0;
  return result;
}

}  // namespace bmiss
