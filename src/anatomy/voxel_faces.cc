#include "anatomy/voxel_faces.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bmiss {

namespace {

constexpr int searched_shells = 8;  // of voxels around a point, before all faces are tried

std::array<int, 2> pair_of(int a, int b) {
  return {std::max(a, b), std::min(a, b)};
}

// From a point to the face across `axis` with its centre in `centre` [voxels], lengths in metres.
double squared_distance_to_face(const Eigen::Vector3d& local, Eigen::Vector3d centre, int axis,
                                const Eigen::Vector3d& spacing) {
  Eigen::Vector3d gap = (local - centre).cwiseAbs();
  for (int other = 0; other < 3; ++other)
    if (other != axis) gap[other] = std::max(gap[other] - 0.5, 0.0);
  return gap.cwiseProduct(spacing).squaredNorm();
}

}  // namespace

VoxelFaces::VoxelFaces(const LabelMap& map)
    : map_(map),
      world_to_voxel_(map.voxel_to_world.inverse()),
      spacing_(map.spacing()),
      has_face_(map.labels.size(), 0) {
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i) {
        const int here = std::max(map.at(i, j, k), 0);
        for (int axis = 0; axis < 3; ++axis) {
          std::array<int, 3> next{i, j, k};
          if (++next[static_cast<std::size_t>(axis)] >= map.size[static_cast<std::size_t>(axis)]) continue;
          const int there = label(next);
          if (here == there) continue;
          has_face_[map.index(i, j, k)] |= static_cast<unsigned char>(1 << axis);
          const Eigen::Vector3d centre = Eigen::Vector3d(i, j, k) + 0.5 * Eigen::Vector3d::Unit(axis);
          centres_[pair_of(here, there)].push_back(map.voxel_to_world * centre);
        }
      }
}

int VoxelFaces::label(const std::array<int, 3>& voxel) const {
  return std::max(map_.at(voxel[0], voxel[1], voxel[2]), 0);
}

const std::vector<Eigen::Vector3d>& VoxelFaces::between(int a, int b) const {
  static const std::vector<Eigen::Vector3d> none;
  const auto found = centres_.find(pair_of(a, b));
  return found == centres_.end() ? none : found->second;
}

std::vector<std::array<int, 2>> VoxelFaces::pairs() const {
  std::vector<std::array<int, 2>> result;
  for (const auto& [pair, centres] : centres_) result.push_back(pair);
  return result;
}

bool VoxelFaces::has_boundary(int label) const {
  return std::any_of(centres_.begin(), centres_.end(),
                     [label](const auto& pair) { return pair.first[0] == label || pair.first[1] == label; });
}

// Squared, over the faces of one voxel towards larger indices.
double VoxelFaces::distance_within(const Eigen::Vector3d& local, const std::array<int, 3>& voxel, int wanted) const {
  double nearest = std::numeric_limits<double>::infinity();
  const unsigned faces = has_face_[map_.index(voxel[0], voxel[1], voxel[2])];
  if (faces == 0) return nearest;
  const bool here = label(voxel) == wanted;
  for (int axis = 0; axis < 3; ++axis) {
    if ((faces >> axis & 1U) == 0) continue;
    std::array<int, 3> next = voxel;
    ++next[static_cast<std::size_t>(axis)];
    if ((label(next) == wanted) == here) continue;
    const Eigen::Vector3d centre = Eigen::Vector3d(voxel[0], voxel[1], voxel[2]) + 0.5 * Eigen::Vector3d::Unit(axis);
    nearest = std::min(nearest, squared_distance_to_face(local, centre, axis, spacing_));
  }
  return nearest;
}

double VoxelFaces::distance(const Eigen::Vector3d& x, int wanted) const {
  double nearest = std::numeric_limits<double>::infinity();
  const Eigen::Vector3d local = world_to_voxel_ * x;
  std::array<int, 3> home;
  for (std::size_t axis = 0; axis < 3; ++axis)
    home[axis] =
        std::clamp(static_cast<int>(std::lround(local[static_cast<Eigen::Index>(axis)])), 0, map_.size[axis] - 1);
  for (int shell = 0; shell <= searched_shells; ++shell) {
    // A face not seen yet belongs to a voxel of this shell or a farther one.
    const double reach = (shell - 1) * spacing_.minCoeff();
    if (shell > 0 && nearest <= reach * reach) return std::sqrt(nearest);
    std::array<int, 3> low, high, v;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::max(home[axis] - shell, 0);
      high[axis] = std::min(home[axis] + shell, map_.size[axis] - 1);
    }
    for (v[2] = low[2]; v[2] <= high[2]; ++v[2])
      for (v[1] = low[1]; v[1] <= high[1]; ++v[1]) {
        const bool inner_row = std::abs(v[2] - home[2]) < shell && std::abs(v[1] - home[1]) < shell;
        const int step = inner_row && shell > 0 ? 2 * shell : 1;
        for (v[0] = inner_row ? home[0] - shell : low[0]; v[0] <= high[0]; v[0] += step)
          if (v[0] >= 0) nearest = std::min(nearest, distance_within(local, v, wanted));
      }
  }
  for (const auto& [pair, centres] : centres_) {
    if (pair[0] != wanted && pair[1] != wanted) continue;
    for (const Eigen::Vector3d& centre_in_world : centres) {
      const Eigen::Vector3d centre = world_to_voxel_ * centre_in_world;
      int axis = 0;  // the coordinate half way between two voxels
      for (int other = 1; other < 3; ++other)
        if (std::abs(centre[other] - std::round(centre[other])) > std::abs(centre[axis] - std::round(centre[axis])))
          axis = other;
      nearest = std::min(nearest, squared_distance_to_face(local, centre, axis, spacing_));
    }
  }
  return std::sqrt(nearest);
}

}  // namespace bmiss
