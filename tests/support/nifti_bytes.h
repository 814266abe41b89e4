// Writes NIfTI-1 and NIfTI-2 files byte by byte from the published header layout (nifti.nimh.nih.gov), so that reading
// is not tested against the library that reads.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace bmiss::test {

struct NiftiBytes {
  int version = 1;
  std::vector<std::int64_t> size{4, 3, 2};  // voxels; more than three entries: more dimensions
  int datatype = 2;            // 2 uint8, 4 int16, 8 int32, 16 float, 64 double, 128 rgb, 256 int8, 512 uint16, …
  std::vector<double> voxels;  // i fastest
  std::array<double, 3> spacing{1, 1, 1};
  int units = 2;  // 1 m, 2 mm, 3 um, 0 not said
  int sform_code = 0, qform_code = 0;
  std::array<double, 12> sform{};                    // three rows
  std::array<double, 7> qform{0, 0, 0, 0, 0, 0, 1};  // b, c, d, x, y, z, handedness
  double slope = 0, intercept = 0;
  bool big_endian = false;
  int extension = 0;  // bytes of a header extension, multiple of 16

  int bytes_per_voxel() const {
    switch (datatype) {
      case 2:
      case 256:
        return 1;
      case 4:
      case 512:
        return 2;
      case 128:
        return 3;
      case 64:
      case 1024:
      case 1280:
        return 8;
      default:
        return 4;
    }
  }
  std::string bytes() const {
    const int header = version == 1 ? 348 : 540;
    std::string out(static_cast<std::size_t>(header), '\0');
    const int offset = header + 4 + extension;
    if (version == 1) {
      put<std::int32_t>(out, 0, 348);
      out.replace(344, 3, "n+1");
      put<std::int16_t>(out, 40, static_cast<std::int16_t>(size.size()));
      for (std::size_t d = 0; d < 7; ++d)
        put<std::int16_t>(out, 42 + 2 * d, d < size.size() ? static_cast<std::int16_t>(size[d]) : 1);
      put<std::int16_t>(out, 70, static_cast<std::int16_t>(datatype));
      put<std::int16_t>(out, 72, static_cast<std::int16_t>(8 * bytes_per_voxel()));
      put<float>(out, 76, static_cast<float>(qform[6]));
      for (std::size_t d = 0; d < 3; ++d) put<float>(out, 80 + 4 * d, static_cast<float>(spacing[d]));
      put<float>(out, 108, static_cast<float>(offset));
      put<float>(out, 112, static_cast<float>(slope));
      put<float>(out, 116, static_cast<float>(intercept));
      out[123] = static_cast<char>(units);
      put<std::int16_t>(out, 252, static_cast<std::int16_t>(qform_code));
      put<std::int16_t>(out, 254, static_cast<std::int16_t>(sform_code));
      for (std::size_t i = 0; i < 6; ++i) put<float>(out, 256 + 4 * i, static_cast<float>(qform[i]));
      for (std::size_t i = 0; i < 12; ++i) put<float>(out, 280 + 4 * i, static_cast<float>(sform[i]));
    } else {
      put<std::int32_t>(out, 0, 540);
      out.replace(4, 8, std::string("n+2\0\r\n\032\n", 8));
      put<std::int16_t>(out, 12, static_cast<std::int16_t>(datatype));
      put<std::int16_t>(out, 14, static_cast<std::int16_t>(8 * bytes_per_voxel()));
      put<std::int64_t>(out, 16, static_cast<std::int64_t>(size.size()));
      for (std::size_t d = 0; d < 7; ++d) put<std::int64_t>(out, 24 + 8 * d, d < size.size() ? size[d] : 1);
      put<double>(out, 104, qform[6]);
      for (std::size_t d = 0; d < 3; ++d) put<double>(out, 112 + 8 * d, spacing[d]);
      put<std::int64_t>(out, 168, offset);
      put<double>(out, 176, slope);
      put<double>(out, 184, intercept);
      put<std::int32_t>(out, 344, qform_code);
      put<std::int32_t>(out, 348, sform_code);
      for (std::size_t i = 0; i < 6; ++i) put<double>(out, 352 + 8 * i, qform[i]);
      for (std::size_t i = 0; i < 12; ++i) put<double>(out, 400 + 8 * i, sform[i]);
      put<std::int32_t>(out, 500, units);
    }
    std::string extender(static_cast<std::size_t>(4 + extension), '\0');
    if (extension > 0) {
      extender[0] = 1;
      put<std::int32_t>(extender, 4, extension);
      put<std::int32_t>(extender, 8, 6);  // a comment
    }
    return out + extender + voxel_bytes();
  }
  void write(const std::string& path) const { std::ofstream(path, std::ios::binary) << bytes(); }

private:
  template <typename T>
  void put(std::string& out, std::size_t at, T value) const {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    for (std::size_t i = 0; i < sizeof(T); ++i) out[at + i] = raw[big_endian ? sizeof(T) - 1 - i : i];
  }
  std::string voxel_bytes() const {
    const auto width = static_cast<std::size_t>(bytes_per_voxel());
    std::string out(voxels.size() * width, '\0');
    for (std::size_t v = 0; v < voxels.size(); ++v) {
      const double x = voxels[v];
      switch (datatype) {
        case 2:
          put(out, v, static_cast<std::uint8_t>(x));
          break;
        case 256:
          put(out, v, static_cast<std::int8_t>(x));
          break;
        case 4:
          put(out, v * 2, static_cast<std::int16_t>(x));
          break;
        case 512:
          put(out, v * 2, static_cast<std::uint16_t>(x));
          break;
        case 8:
          put(out, v * 4, static_cast<std::int32_t>(x));
          break;
        case 768:
          put(out, v * 4, static_cast<std::uint32_t>(x));
          break;
        case 1024:
          put(out, v * 8, static_cast<std::int64_t>(x));
          break;
        case 1280:
          put(out, v * 8, static_cast<std::uint64_t>(x));
          break;
        case 16:
          put(out, v * 4, static_cast<float>(x));
          break;
        case 64:
          put(out, v * 8, x);
          break;
        default:
          break;
      }
    }
    return out;
  }
};

// Voxels 0 … n-1 so that order and place of each can be checked.
inline std::vector<double> counting_voxels(std::size_t n) {
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<double>(i);
  return values;
}

}  // namespace bmiss::test
