// Reading NIfTI label maps: the header by libnifti, the voxels by zlib. libnifti would read the voxels too, but it
// turns NaN into 0 silently and cannot tell a damaged gzip stream from a short one.
#include <nifti2_io.h>
#include <zlib.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <set>
#include <type_traits>

#include "anatomy/label_map.h"
#include "base/errors.h"
#include "base/output_file.h"
#include "base/table.h"

namespace bmiss {
namespace {

struct ImageDeleter {
  void operator()(nifti_image* image) const { nifti_image_free(image); }
};
using Image = std::unique_ptr<nifti_image, ImageDeleter>;

struct GzCloser {
  void operator()(gzFile_s* file) const { gzclose_r(file); }
};
using GzStream = std::unique_ptr<gzFile_s, GzCloser>;

using Affine = Eigen::Affine3d;

// Sizes that a voxel of a limb scan can have [m]: micro-CT to thick clinical slices.
constexpr double smallest_voxel = 2e-5, largest_voxel = 2e-2;
// More different labels than any atlas of a limb; intensity images have thousands.
constexpr std::size_t most_labels = 1000;

std::string triple(double a, double b, double c) {
  return format("%.4g", a) + " x " + format("%.4g", b) + " x " + format("%.4g", c);
}

// The little that must be known before libnifti sees the file: it trusts the number of dimensions (and overruns its
// stack with a wrong one in NIfTI-2), and replaces voxel sizes of 0 or NaN by 1 without a word.
struct RawHeader {
  bool is_nifti = false;
  bool has_voxel_sizes = false;
};

template <typename Header>
RawHeader judge(Header header, bool swapped, const std::string& magics) {
  if (swapped) swap_nifti_header(&header, std::is_same_v<Header, nifti_2_header> ? 2 : 1);
  RawHeader raw;
  raw.is_nifti = header.dim[0] >= 1 && header.dim[0] <= 7 && header.vox_offset >= 0 &&
                 std::isfinite(static_cast<double>(header.vox_offset)) &&
                 magics.find(std::string(header.magic, 3)) != std::string::npos;
  raw.has_voxel_sizes = true;
  for (int d = 1; d <= 3; ++d)
    if (!std::isfinite(header.pixdim[d]) || header.pixdim[d] == 0) raw.has_voxel_sizes = false;
  return raw;
}

RawHeader read_raw_header(const std::string& path) {
  nifti_2_header second{};
  nifti_1_header first{};
  static_assert(sizeof second == 540 && sizeof first == 348, "header structures without padding");
  const GzStream stream(gzopen(path.c_str(), "rb"));
  if (!stream) return {};
  const int got = gzread(stream.get(), &second, sizeof second);
  if (got < static_cast<int>(sizeof first)) return {};
  std::memcpy(&first, &second, sizeof first);
  std::int32_t size = first.sizeof_hdr, swapped_size = size;
  nifti_swap_4bytes(1, &swapped_size);
  if (size == 348 || swapped_size == 348) return judge(first, size != 348, "n+1 ni1");
  if (got == static_cast<int>(sizeof second) && (size == 540 || swapped_size == 540))
    return judge(second, size != 540, "n+2 ni2");
  return {};
}

Image open_header(const std::string& path, const RawHeader& raw) {
  nifti_set_debug_level(0);  // it would print its own complaints to stderr
  // Without one of its endings libnifti would look for another file beside this one.
  const bool named_well = nifti_find_file_extension(path.c_str()) != nullptr;
  Image image(named_well && raw.is_nifti ? nifti_image_read(path.c_str(), 0) : nullptr);
  if (!image)
    throw InputError(
        "is not a NIfTI file, or breaks off within its header; give a label map as .nii or .nii.gz (DICOM: convert "
        "with "
        "dcm2niix; NRRD or MetaImage: save as NIfTI)",
        path);
  return image;
}

void require_one_volume(const nifti_image& image, const std::string& path) {
  std::string sizes;
  std::int64_t more = 1;
  for (int d = 1; d <= image.dim[0]; ++d) {
    sizes += (d > 1 ? " x " : "") + std::to_string(image.dim[d]);
    if (d > 3) more *= std::max<std::int64_t>(1, image.dim[d]);
  }
  if (more > 1)
    throw InputError(
        "the image has " + std::to_string(more) + " volumes (" + sizes +
            "), but a label map is one 3-D volume; extract one volume or merge the masks into one label map",
        path);
  if (image.nx < 2 || image.ny < 2 || image.nz < 2)
    throw InputError("the image is not 3-D (" + sizes + " voxels); at least two voxels are needed in each direction",
                     path);
  if (std::max({image.nx, image.ny, image.nz}) > std::numeric_limits<int>::max())
    throw InputError("the image is too large (" + sizes + " voxels); crop or resample it", path);
}

Affine to_affine(const nifti_dmat44& m, double unit) {
  Affine a;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 4; ++c) a(r, c) = m.m[r][c] * unit;
  a.makeAffine();
  return a;
}

bool plausible(const Eigen::Vector3d& spacing) {
  return spacing.allFinite() && spacing.minCoeff() >= smallest_voxel && spacing.maxCoeff() <= largest_voxel;
}

// sform, else qform, else voxel sizes alone (NIfTI-1 standard, methods 3, 2, 1); unit codes: m 1, mm 2, um 3, else mm.
Affine placement(const nifti_image& image, const RawHeader& raw_header, const std::string& path) {
  const bool sform = image.sform_code > 0, qform = !sform && image.qform_code > 0;
  if (!sform && !raw_header.has_voxel_sizes)
    throw InputError("the header gives no voxel size (0 or not a number); write it into the header", path);
  const struct {
    const char* name;
    double factor;
  } units[] = {{"mm", 1e-3}, {"m", 1.0}, {"um", 1e-6}};
  const auto& unit = image.xyz_units == NIFTI_UNITS_METER    ? units[1]
                     : image.xyz_units == NIFTI_UNITS_MICRON ? units[2]
                                                             : units[0];
  const Affine raw = to_affine(sform ? image.sto_xyz : image.qto_xyz, 1.0);
  const Eigen::Vector3d raw_spacing = raw.linear().colwise().norm().transpose();
  const std::string source = sform ? "sform" : qform ? "qform" : "voxel sizes";
  if (!raw.matrix().allFinite() || !(std::abs(raw.linear().determinant()) > 1e-3 * raw_spacing.prod()))
    throw InputError("the orientation in the header (" + source + ") is degenerate; correct the header", path);
  if (!plausible(raw_spacing * unit.factor)) {
    std::string hint;
    for (const auto& other : units)
      if (plausible(raw_spacing * other.factor)) hint += (hint.empty() ? "" : " or ") + std::string(other.name);
    const Eigen::Vector3d mm = raw_spacing * unit.factor * 1e3;
    throw InputError("voxels of " + triple(mm[0], mm[1], mm[2]) + " mm are implausible for a limb (" + source + " in " +
                         unit.name + ")" +
                         (hint.empty() ? "; correct the voxel size in the header"
                                       : "; the header probably means " + hint + ": correct its unit field"),
                     path);
  }
  return to_affine(sform ? image.sto_xyz : image.qto_xyz, unit.factor);
}

using ToReal = double (*)(const unsigned char*);

template <typename T>
double to_real(const unsigned char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

ToReal conversion(const nifti_image& image, const std::string& path) {
  switch (image.datatype) {
    case NIFTI_TYPE_UINT8:
      return to_real<std::uint8_t>;
    case NIFTI_TYPE_INT8:
      return to_real<std::int8_t>;
    case NIFTI_TYPE_INT16:
      return to_real<std::int16_t>;
    case NIFTI_TYPE_UINT16:
      return to_real<std::uint16_t>;
    case NIFTI_TYPE_INT32:
      return to_real<std::int32_t>;
    case NIFTI_TYPE_UINT32:
      return to_real<std::uint32_t>;
    case NIFTI_TYPE_INT64:
      return to_real<std::int64_t>;
    case NIFTI_TYPE_UINT64:
      return to_real<std::uint64_t>;
    case NIFTI_TYPE_FLOAT32:
      return to_real<float>;
    case NIFTI_TYPE_FLOAT64:
      return to_real<double>;
    default:
      break;
  }
  throw InputError("voxels of type " + std::string(nifti_datatype_string(image.datatype)) +
                       " cannot be labels; save the label map with integer voxels",
                   path);
}

std::int32_t to_label(double value, const std::string& where, const std::string& path) {
  if (std::isnan(value)) throw InputError(where + " is not a number (NaN); set voxels outside the body to 0", path);
  // Scaled integers and float copies of labels are whole up to rounding.
  const double whole = std::round(value);
  if (std::abs(value - whole) > 1e-4)
    throw InputError(where + " holds " + format("%.6g", value) +
                         ", but labels are whole numbers; give a label map, not an "
                         "intensity or probability image, and resample with nearest neighbours",
                     path);
  if (whole < 0 || whole > std::numeric_limits<std::int32_t>::max())
    throw InputError(where + " holds " + format("%.12g", value) +
                         ", but labels are whole numbers from 0 to 2147483647; "
                         "renumber the labels",
                     path);
  return static_cast<std::int32_t>(whole);
}

// Reads all voxels; every way in which the file can be too short or damaged ends here.
class VoxelStream {
public:
  VoxelStream(const nifti_image& image, const std::string& path) : path_(path) {
    const std::string file = image.iname != nullptr ? image.iname : path;
    require_readable(file, "image file of the label map");
    bytes_ = image.nvox * image.nbyper;
    // zlib expands at most 1032 : 1; this catches absurd headers before memory is asked for.
    const auto stored = static_cast<double>(std::filesystem::file_size(file));
    if (stored * 1032 < static_cast<double>(bytes_) + static_cast<double>(image.iname_offset)) truncated(0);
    stream_.reset(gzopen(file.c_str(), "rb"));
    if (!stream_) throw InputError("cannot be opened; check its permissions", path_);
    if (gzdirect(stream_.get()) != 0 && stored < static_cast<double>(image.iname_offset) + static_cast<double>(bytes_))
      truncated(std::max<std::int64_t>(0, static_cast<std::int64_t>(stored) - image.iname_offset));
    std::vector<unsigned char> header(static_cast<std::size_t>(std::max<std::int64_t>(0, image.iname_offset)));
    read(header);
    done_ = 0;
  }
  void read(std::vector<unsigned char>& buffer) {
    const int got = gzread(stream_.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (got < 0) damaged();
    done_ += got;
    if (static_cast<std::size_t>(got) != buffer.size()) truncated(done_);
  }
  // The checksum stands behind the last voxel: zlib verifies it when the end is reached.
  void finish() {
    char beyond[4096];
    int got = 0;
    while ((got = gzread(stream_.get(), beyond, sizeof beyond)) > 0) {
    }
    // A stream that breaks off looks like a short file to gzread().
    int code = Z_OK;
    gzerror(stream_.get(), &code);
    if (got < 0 || code != Z_OK) damaged();
  }

private:
  [[noreturn]] void damaged() const {
    int code = Z_OK;
    const char* reason = gzerror(stream_.get(), &code);
    if (code == Z_BUF_ERROR) truncated(done_);
    throw InputError("the compressed data are damaged (" + std::string(reason) + "); copy or export the file again",
                     path_);
  }
  [[noreturn]] void truncated(std::int64_t got) const {
    throw InputError("the file is truncated: the header announces " + std::to_string(bytes_) + " bytes of voxels but " +
                         (got >= bytes_ ? "the compressed stream breaks off behind them"
                          : got > 0     ? "only " + std::to_string(got) + " could be read"
                                        : "the file is shorter") +
                         "; copy or export the file again",
                     path_);
  }
  std::string path_;
  GzStream stream_;
  std::int64_t bytes_ = 0, done_ = 0;
};

void read_labels(const nifti_image& image, const std::string& path, LabelMap& map) {
  const ToReal convert = conversion(image, path);
  const bool scaled = std::isfinite(image.scl_slope) && std::isfinite(image.scl_inter) && image.scl_slope != 0;
  const double slope = scaled ? image.scl_slope : 1, intercept = scaled ? image.scl_inter : 0;
  const bool swapped = image.byteorder != nifti_short_order();
  const auto width = static_cast<std::size_t>(image.nbyper);

  VoxelStream stream(image, path);
  map.labels.resize(static_cast<std::size_t>(image.nx) * static_cast<std::size_t>(image.ny) *
                    static_cast<std::size_t>(image.nz));
  std::vector<unsigned char> row(static_cast<std::size_t>(image.nx) * width);
  std::set<std::int32_t> known;
  for (int k = 0; k < map.size[2]; ++k) {
    for (int j = 0; j < map.size[1]; ++j) {
      stream.read(row);
      if (swapped && width > 1) nifti_swap_Nbytes(image.nx, static_cast<int>(width), row.data());
      std::int32_t previous = -1;
      for (int i = 0; i < map.size[0]; ++i) {
        const double value = slope * convert(&row[static_cast<std::size_t>(i) * width]) + intercept;
        if (value == static_cast<double>(previous)) {
          map.labels[map.index(i, j, k)] = previous;
          continue;
        }
        const std::string where =
            "voxel (" + std::to_string(i) + ", " + std::to_string(j) + ", " + std::to_string(k) + ")";
        previous = to_label(value, where, path);
        map.labels[map.index(i, j, k)] = previous;
        known.insert(previous);
        if (known.size() > most_labels)
          throw InputError("more than " + std::to_string(most_labels) +
                               " different values; this looks like an intensity image: give "
                               "the label map made from it",
                           path);
      }
    }
  }
  stream.finish();
  if (known.size() == 1 && *known.begin() == 0)
    throw InputError("every voxel is 0 (background); give a label map with tissues", path);
}

}  // namespace

LabelMap read_label_map(const std::string& path) {
  require_readable(path, "label map");
  const RawHeader raw = read_raw_header(path);
  const Image image = open_header(path, raw);
  require_one_volume(*image, path);
  LabelMap map;
  map.size = {static_cast<int>(image->nx), static_cast<int>(image->ny), static_cast<int>(image->nz)};
  map.voxel_to_world = placement(*image, raw, path);
  read_labels(*image, path, map);
  return map;
}

}  // namespace bmiss
