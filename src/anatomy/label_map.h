// A segmented image: one integer label per voxel, placed in millimetre-RAS patient space (kept in metres inside).
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bmiss {

struct LabelMap {
  std::array<int, 3> size{0, 0, 0};  // voxels along i, j, k
  std::vector<std::int32_t> labels;  // i fastest; 0 is outside the body
  // Voxel index (centre) -> RAS [m]; may be oblique or left-handed.
  Eigen::Affine3d voxel_to_world = Eigen::Affine3d::Identity();
  std::string doubt = "";  // a sentence where the header of its file contradicts itself, else empty

  std::size_t index(int i, int j, int k) const {
    return static_cast<std::size_t>(i) +
           static_cast<std::size_t>(size[0]) *
               (static_cast<std::size_t>(j) + static_cast<std::size_t>(size[1]) * static_cast<std::size_t>(k));
  }
  std::int32_t at(int i, int j, int k) const { return labels[index(i, j, k)]; }
  Eigen::Vector3d spacing() const;                           // edge lengths of a voxel [m]
  double voxel_volume() const;                               // [m^3]
  std::map<std::int32_t, std::size_t> voxel_counts() const;  // label -> voxels, 0 included
  LabelMap without(const std::vector<int>& dropped) const;   // these labels become 0
};

// Reads NIfTI-1/2 (.nii, .nii.gz; any integer or float type; scl_slope; sform, else qform, else voxel sizes; units m,
// mm or um). Throws InputError: not NIfTI, truncated or damaged, not 3-D (trailing dimensions of 1 are accepted),
// labels not whole numbers from 0 on, more than 1000 labels, implausible voxel size (outside 0.02 … 20 mm), degenerate
// orientation, empty image.
LabelMap read_label_map(const std::string& path);

// Writes NIfTI-1 (.nii or .nii.gz; uint8, int16 or int32 as the labels need) in millimetres with sform and, unless the
// axes are sheared, qform; whole or not at all. Throws InputError: another ending, more than 32767 voxels in a
// direction, cannot be written.
void write_label_map(const LabelMap& map, const std::string& path);

}  // namespace bmiss
