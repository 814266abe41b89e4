// A NIfTI-1/2 file as numbers: its frame and its voxels, checked. Wraps libnifti and zlib for every reader of images.
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bmiss {

// Where the voxels of an image are.
struct ImageFrame {
  std::array<int, 3> size{0, 0, 0};  // voxels along i, j, k
  // Voxel index (centre) -> RAS [m]; may be oblique or left-handed.
  Eigen::Affine3d voxel_to_world = Eigen::Affine3d::Identity();
  // "160 x 160 x 25 voxels of 3 x 3 x 6 mm, the first at (-240, -240, -75) mm, axes i (1, 0, 0), …", for sentences.
  std::string text() const;
};

class NiftiFile {
public:
  // `what` the file is to be, for sentences: "label map". Throws InputError: not readable, not NIfTI, too large.
  NiftiFile(const std::string& path, const std::string& what);
  ~NiftiFile();
  NiftiFile(const NiftiFile&) = delete;
  NiftiFile& operator=(const NiftiFile&) = delete;

  const std::array<int, 3>& size() const { return size_; }
  std::int64_t volumes() const { return volumes_; }  // product of the dimensions from the fourth on
  std::string sizes() const;                         // "160 x 160 x 25 x 6"
  bool has_orientation() const;                      // by sform or qform, not by voxel sizes alone
  // sform, else qform, else voxel sizes. Throws InputError: no voxel size, degenerate, implausible (outside 0.02 … 20
  // mm).
  Eigen::Affine3d voxel_to_world() const;
  // A sentence when sform and voxel sizes (which the qform shares) differ by more than 1 %, else empty.
  std::string doubt() const;

  // Reads the voxels in the order of the file, one row (along i) after the other, scaled by the header. Throws
  // InputError: voxels of a type that is no number, truncated, damaged. finish() checks what follows the last row.
  void read_row(std::vector<double>& row);
  void finish();

private:
  struct State;
  std::unique_ptr<State> state_;
  std::array<int, 3> size_{0, 0, 0};
  std::int64_t volumes_ = 1;
};

}  // namespace bmiss
