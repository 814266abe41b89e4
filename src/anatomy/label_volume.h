// The working form of a label map: voxel-aligned frame in metres whose origin is the low corner of the image.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace bmiss {

struct LabelMap;

// Voxel (or lattice point) (i, j, k) is centred at ((i + 1/2) s_x, (j + 1/2) s_y, (k + 1/2) s_z); label 0 is outside
// the body.
struct LabelVolume {
  std::array<int, 3> size{0, 0, 0};
  Eigen::Vector3d spacing = Eigen::Vector3d::Ones();  // [m]
  std::vector<std::int32_t> labels;                   // i fastest

  std::size_t n_voxels() const { return labels.size(); }
  double voxel_volume() const { return spacing.prod(); }
  std::array<std::size_t, 3> strides() const {
    return {1, static_cast<std::size_t>(size[0]),
            static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1])};
  }
  std::size_t index(int i, int j, int k) const {
    const auto stride = strides();
    return static_cast<std::size_t>(i) + stride[1] * static_cast<std::size_t>(j) +
           stride[2] * static_cast<std::size_t>(k);
  }
  std::array<int, 3> place(std::size_t voxel) const {
    const auto stride = strides();
    return {static_cast<int>(voxel % stride[1]), static_cast<int>(voxel % stride[2] / stride[1]),
            static_cast<int>(voxel / stride[2])};
  }
  std::map<std::int32_t, std::size_t> counts() const;  // label -> voxels
};

LabelVolume working_volume(const LabelMap& map);

// Calls action(neighbour) for each of the up to six face neighbours of a voxel.
template <typename Action>
void for_each_neighbour(const LabelVolume& volume, std::size_t voxel, const Action& action) {
  const auto place = volume.place(voxel);
  const auto stride = volume.strides();
  for (int axis = 0; axis < 3; ++axis) {
    if (place[axis] > 0) action(voxel - stride[axis]);
    if (place[axis] + 1 < volume.size[axis]) action(voxel + stride[axis]);
  }
}

// The 6-connected pieces of equal label, numbered in scan order of their first voxel.
struct Pieces {
  std::vector<int> of_voxel;        // [n_voxels] piece
  std::vector<std::int32_t> label;  // [n_pieces]
  std::vector<std::size_t> voxels;  // [n_pieces]
  std::vector<char> reaches_side;   // [n_pieces] touches a side of the image other than the first or last slice
};
// Two voxels that hang together, if their labels are equal, though they share no face.
using VoxelPair = std::array<std::size_t, 2>;
Pieces find_pieces(const LabelVolume& volume, const std::vector<VoxelPair>& joined = {});

// Mean thickness 2 V / S of every label but 0 [m], with the surface S from the Cauchy-Crofton formula in 13 directions;
// exact for a large plate, half the diameter for a long cylinder. The image's own sides do not count as surface.
std::map<std::int32_t, double> mean_thickness(const LabelVolume& volume);

}  // namespace bmiss
