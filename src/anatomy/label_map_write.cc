#include <nifti2_io.h>
#include <zlib.h>

#include <Eigen/LU>
#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>

#include "anatomy/label_map.h"
#include "base/errors.h"
#include "base/output_file.h"

namespace bmiss {
namespace {

// Axes at right angles: only then can a quaternion (qform) describe the image.
bool rectangular(const Eigen::Matrix3d& axes) {
  const Eigen::Matrix3d unit = axes.colwise().normalized();
  return (unit.transpose() * unit - Eigen::Matrix3d::Identity()).cwiseAbs().maxCoeff() < 1e-6;
}

nifti_1_header make_header(const LabelMap& map, int datatype, int bits) {
  nifti_1_header header;
  std::memset(&header, 0, sizeof header);
  header.sizeof_hdr = static_cast<int>(sizeof header);
  header.regular = 'r';
  header.dim[0] = 3;
  const Eigen::Vector3d spacing = map.spacing() * 1e3;
  for (int d = 0; d < 3; ++d) {
    header.dim[d + 1] = static_cast<short>(map.size[static_cast<std::size_t>(d)]);
    header.pixdim[d + 1] = static_cast<float>(spacing[d]);
  }
  for (int d = 4; d < 8; ++d) header.dim[d] = 1;
  header.datatype = static_cast<short>(datatype);
  header.bitpix = static_cast<short>(bits);
  header.vox_offset = 352;
  header.scl_slope = 1;
  header.xyzt_units = NIFTI_UNITS_MM;
  header.intent_code = NIFTI_INTENT_LABEL;
  std::strcpy(header.descrip, "bmiss label map");
  std::memcpy(header.magic, "n+1", 4);

  header.sform_code = NIFTI_XFORM_SCANNER_ANAT;
  float* rows[3] = {header.srow_x, header.srow_y, header.srow_z};
  nifti_dmat44 matrix{};
  matrix.m[3][3] = 1;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 4; ++c) {
      matrix.m[r][c] = map.voxel_to_world(r, c) * 1e3;
      rows[r][c] = static_cast<float>(matrix.m[r][c]);
    }
  header.pixdim[0] = map.voxel_to_world.linear().determinant() < 0 ? -1.0F : 1.0F;
  if (rectangular(map.voxel_to_world.linear())) {
    double b, c, d, x, y, z, dx, dy, dz, handedness;
    nifti_dmat44_to_quatern(matrix, &b, &c, &d, &x, &y, &z, &dx, &dy, &dz, &handedness);
    header.qform_code = NIFTI_XFORM_SCANNER_ANAT;
    header.quatern_b = static_cast<float>(b);
    header.quatern_c = static_cast<float>(c);
    header.quatern_d = static_cast<float>(d);
    header.qoffset_x = static_cast<float>(x);
    header.qoffset_y = static_cast<float>(y);
    header.qoffset_z = static_cast<float>(z);
    header.pixdim[0] = static_cast<float>(handedness);
  }
  return header;
}

template <typename T>
std::vector<char> packed(const std::vector<std::int32_t>& labels) {
  std::vector<char> bytes(labels.size() * sizeof(T));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const T value = static_cast<T>(labels[i]);
    std::memcpy(&bytes[i * sizeof(T)], &value, sizeof(T));
  }
  return bytes;
}

// Plain ("T") or compressed; the file appears under its name only when complete.
void write_bytes(const std::string& path, bool compressed, const nifti_1_header& header,
                 const std::vector<char>& voxels) {
  const std::string temporary = temporary_name(path);
  gzFile file = gzopen(temporary.c_str(), compressed ? "wb6" : "wbT");
  if (file == nullptr)
    throw InputError("cannot be written (" + std::string(std::strerror(errno)) + "); choose another output folder",
                     path);
  const char no_extension[4] = {0, 0, 0, 0};
  bool good =
      gzwrite(file, &header, sizeof header) == static_cast<int>(sizeof header) && gzwrite(file, no_extension, 4) == 4;
  constexpr std::size_t chunk = 1U << 24U;  // gzwrite counts in unsigned int
  for (std::size_t begin = 0; good && begin < voxels.size(); begin += chunk) {
    const auto count = static_cast<unsigned>(std::min(chunk, voxels.size() - begin));
    good = gzwrite(file, &voxels[begin], count) == static_cast<int>(count);
  }
  good = gzclose(file) == Z_OK && good;
  if (!good) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw InputError("could not be written completely; free space or choose another output folder", path);
  }
  publish(path);
}

}  // namespace

void write_label_map(const LabelMap& map, const std::string& path) {
  const bool compressed = boost::algorithm::ends_with(path, ".nii.gz");
  if (!compressed && !boost::algorithm::ends_with(path, ".nii"))
    throw InputError("a label map is written as .nii or .nii.gz; give the file one of these endings", path);
  const int longest = *std::max_element(map.size.begin(), map.size.end());
  if (longest > std::numeric_limits<short>::max())
    throw InputError(
        "NIfTI-1 holds at most 32767 voxels in a direction, not " + std::to_string(longest) + "; use larger voxels",
        path);
  BMISS_ASSERT(*std::min_element(map.size.begin(), map.size.end()) > 0);
  BMISS_ASSERT(map.labels.size() == map.index(0, 0, map.size[2]));
  const auto [low, high] = std::minmax_element(map.labels.begin(), map.labels.end());
  BMISS_ASSERT(*low >= 0);
  if (*high <= 255)
    write_bytes(path, compressed, make_header(map, NIFTI_TYPE_UINT8, 8), packed<std::uint8_t>(map.labels));
  else if (*high <= std::numeric_limits<std::int16_t>::max())
    write_bytes(path, compressed, make_header(map, NIFTI_TYPE_INT16, 16), packed<std::int16_t>(map.labels));
  else
    write_bytes(path, compressed, make_header(map, NIFTI_TYPE_INT32, 32), packed<std::int32_t>(map.labels));
}

}  // namespace bmiss
