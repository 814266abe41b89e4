#include "anatomy/label_volume.h"

#include <algorithm>
#include <cmath>

#include "anatomy/label_map.h"

namespace bmiss {

LabelVolume working_volume(const LabelMap& map) {
  return {map.size, map.spacing(), map.labels};
}

std::map<std::int32_t, std::size_t> LabelVolume::counts() const {
  std::map<std::int32_t, std::size_t> result;
  std::int32_t run_label = 0;
  std::size_t run = 0;
  for (const std::int32_t label : labels) {
    if (label != run_label) {
      if (run > 0) result[run_label] += run;
      run_label = label;
      run = 0;
    }
    ++run;
  }
  if (run > 0) result[run_label] += run;
  return result;
}

Pieces find_pieces(const LabelVolume& volume, const std::vector<VoxelPair>& joined) {
  std::vector<VoxelPair> partners;  // both ways
  for (const auto& [one, other] : joined) {
    partners.push_back({one, other});
    partners.push_back({other, one});
  }
  std::sort(partners.begin(), partners.end());
  Pieces pieces;
  pieces.of_voxel.assign(volume.n_voxels(), -1);
  std::vector<std::size_t> front;
  for (std::size_t seed = 0; seed < volume.n_voxels(); ++seed) {
    if (pieces.of_voxel[seed] >= 0) continue;
    const int piece = static_cast<int>(pieces.label.size());
    const std::int32_t label = volume.labels[seed];
    std::size_t voxels = 0;
    bool side = false;
    pieces.of_voxel[seed] = piece;
    front.assign(1, seed);
    while (!front.empty()) {
      const std::size_t voxel = front.back();
      front.pop_back();
      ++voxels;
      const auto place = volume.place(voxel);
      for (int axis = 0; axis < 2; ++axis) side = side || place[axis] == 0 || place[axis] + 1 == volume.size[axis];
      const auto reach = [&](std::size_t neighbour) {
        if (pieces.of_voxel[neighbour] >= 0 || volume.labels[neighbour] != label) return;
        pieces.of_voxel[neighbour] = piece;
        front.push_back(neighbour);
      };
      for_each_neighbour(volume, voxel, reach);
      for (auto pair = std::lower_bound(partners.begin(), partners.end(), VoxelPair{voxel, 0});
           pair != partners.end() && (*pair)[0] == voxel; ++pair)
        reach((*pair)[1]);
    }
    pieces.label.push_back(label);
    pieces.voxels.push_back(voxels);
    pieces.reaches_side.push_back(side ? 1 : 0);
  }
  return pieces;
}

std::map<std::int32_t, double> mean_thickness(const LabelVolume& volume) {
  // Directions to the 26 neighbours (opposite ones as one) and the share of the sphere that is nearest to each: Ohser &
  // Muecklich 2000, "Statistical Analysis of Microstructures in Materials Science". Meant for nearly cubic voxels.
  struct Direction {
    std::array<int, 3> step;
    double share;
  };
  static const double axis_share = 0.0915556, edge_share = 0.0739612, corner_share = 0.0703912;
  std::vector<Direction> directions;
  for (int z = 0; z <= 1; ++z)
    for (int y = z == 0 ? 0 : -1; y <= 1; ++y)
      for (int x = z == 0 && y == 0 ? 1 : -1; x <= 1; ++x) {
        const int axes = (x != 0) + (y != 0) + (z != 0);
        directions.push_back({{x, y, z}, axes == 1 ? axis_share : axes == 2 ? edge_share : corner_share});
      }
  std::map<std::int32_t, double> surface;
  for (const auto& [label, voxels] : volume.counts())
    if (label != 0) surface[label] = 0;
  for (const Direction& direction : directions) {
    std::array<int, 3> low{}, high{};
    double length2 = 0;
    std::ptrdiff_t offset = 0;
    for (int axis = 0; axis < 3; ++axis) {
      const int step = direction.step[axis];
      low[axis] = step < 0 ? 1 : 0;
      high[axis] = volume.size[axis] - (step > 0 ? 1 : 0);
      length2 += std::pow(step * volume.spacing[axis], 2);
      offset += step * static_cast<std::ptrdiff_t>(volume.strides()[axis]);
    }
    // A line of this direction passes each area V/|step|; S = 2 <projected crossings> over all directions.
    const double weight = 2 * direction.share * volume.voxel_volume() / std::sqrt(length2);
    for (int k = low[2]; k < high[2]; ++k)
      for (int j = low[1]; j < high[1]; ++j) {
        const std::int32_t* row = &volume.labels[volume.index(0, j, k)];
        for (int i = low[0]; i < high[0]; ++i) {
          const std::int32_t a = row[i], b = row[i + offset];
          if (a == b) continue;
          if (a != 0) surface[a] += weight;
          if (b != 0) surface[b] += weight;
        }
      }
  }
  std::map<std::int32_t, double> thickness;
  const auto counts = volume.counts();
  for (const auto& [label, area] : surface)
    if (area > 0) thickness[label] = 2 * static_cast<double>(counts.at(label)) * volume.voxel_volume() / area;
  return thickness;
}

}  // namespace bmiss
