#include "anatomy/label_extension.h"

#include <limits>
#include <utility>

namespace bmiss {

// Layer after layer; a new voxel takes the nearest of the body voxels that its neighbours come from, which differs
// little from the nearest of all (Danielsson 1980).
LabelVolume extend_labels(const LabelVolume& volume, int layers) {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  LabelVolume extended = volume;
  std::vector<std::size_t> source(volume.n_voxels(), none);
  std::vector<std::size_t> front;
  for (std::size_t voxel = 0; voxel < volume.n_voxels(); ++voxel) {
    if (volume.labels[voxel] == 0) continue;
    source[voxel] = voxel;
    bool at_surface = false;
    for_each_neighbour(volume, voxel,
                       [&](std::size_t neighbour) { at_surface = at_surface || volume.labels[neighbour] == 0; });
    if (at_surface) front.push_back(voxel);
  }
  const auto distance2 = [&](std::size_t a, std::size_t b) {
    const auto p = volume.place(a), q = volume.place(b);
    return Eigen::Vector3d((p[0] - q[0]) * volume.spacing[0], (p[1] - q[1]) * volume.spacing[1],
                           (p[2] - q[2]) * volume.spacing[2])
        .squaredNorm();
  };
  for (int layer = 0; layer < layers && !front.empty(); ++layer) {
    std::vector<std::size_t> next;
    for (const std::size_t voxel : front)
      for_each_neighbour(volume, voxel, [&](std::size_t neighbour) {
        if (source[neighbour] == none) {
          next.push_back(neighbour);
          source[neighbour] = source[voxel];
          return;
        }
        // Either of this layer, or nearer to the body, where its own source is at least as near.
        const double here = distance2(neighbour, source[neighbour]), other = distance2(neighbour, source[voxel]);
        if (other < here) source[neighbour] = source[voxel];
      });
    for (const std::size_t voxel : next) extended.labels[voxel] = volume.labels[source[voxel]];
    front = std::move(next);
  }
  return extended;
}

}  // namespace bmiss
