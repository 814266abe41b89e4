// The header by libnifti, the voxels by zlib. libnifti would read the voxels too, but it turns NaN into 0 silently and
// cannot tell a damaged gzip stream from a short one.
#include "anatomy/nifti_file.h"

#include <nifti2_io.h>
#include <zlib.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <type_traits>

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

Image open_header(const std::string& path, const std::string& what, const RawHeader& raw) {
  nifti_set_debug_level(0);  // it would print its own complaints to stderr
  // Without one of its endings libnifti would look for another file beside this one.
  const bool named_well = nifti_find_file_extension(path.c_str()) != nullptr;
  Image image(named_well && raw.is_nifti ? nifti_image_read(path.c_str(), 0) : nullptr);
  if (!image)
    throw InputError("is not a NIfTI file, or breaks off within its header; give a " + what +
                         " as .nii or .nii.gz (DICOM: convert with dcm2niix; NRRD or MetaImage: save as NIfTI)",
                     path);
  return image;
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

ToReal conversion(const nifti_image& image, const std::string& what, const std::string& path) {
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
                       (what == "label map" ? " cannot be labels; save the label map with integer voxels"
                                            : " are no numbers; save the " + what + " with floating-point voxels"),
                   path);
}

// Reads all voxels; every way in which the file can be too short or damaged ends here.
class VoxelStream {
public:
  VoxelStream(const nifti_image& image, const std::string& what, const std::string& path) : path_(path) {
    const std::string file = image.iname != nullptr ? image.iname : path;
    require_readable(file, "image file of the " + what);
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

}  // namespace

std::string ImageFrame::text() const {
  const Eigen::Matrix3d axes = voxel_to_world.linear();
  const Eigen::Vector3d spacing = axes.colwise().norm().transpose() * 1e3, first = voxel_to_world.translation() * 1e3;
  const auto vector = [](const Eigen::Vector3d& v) {
    return "(" + format("%.4g", v[0]) + ", " + format("%.4g", v[1]) + ", " + format("%.4g", v[2]) + ")";
  };
  std::string result = std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]) +
                       " voxels of " + triple(spacing[0], spacing[1], spacing[2]) + " mm, the first at " +
                       vector(first) + " mm, axes";
  for (int axis = 0; axis < 3; ++axis)
    result += std::string(" ") + "ijk"[axis] + " " + vector(axes.col(axis).normalized());
  return result;
}

struct NiftiFile::State {
  std::string path, what;
  RawHeader raw;
  Image image;
  std::unique_ptr<VoxelStream> stream;
  ToReal convert = nullptr;
  double slope = 1, intercept = 0;
  std::vector<unsigned char> bytes;  // of a row
};

NiftiFile::NiftiFile(const std::string& path, const std::string& what) : state_(std::make_unique<State>()) {
  require_readable(path, what);
  state_->path = path;
  state_->what = what;
  state_->raw = read_raw_header(path);
  state_->image = open_header(path, what, state_->raw);
  const nifti_image& image = *state_->image;
  for (int d = 4; d <= image.dim[0]; ++d) volumes_ *= std::max<std::int64_t>(1, image.dim[d]);
  if (std::max({image.nx, image.ny, image.nz}) > std::numeric_limits<int>::max())
    throw InputError("the image is too large (" + sizes() + " voxels); crop or resample it", path);
  size_ = {static_cast<int>(image.nx), static_cast<int>(image.ny), static_cast<int>(image.nz)};
}

NiftiFile::~NiftiFile() = default;

std::string NiftiFile::sizes() const {
  std::string text;
  for (int d = 1; d <= state_->image->dim[0]; ++d) text += (d > 1 ? " x " : "") + std::to_string(state_->image->dim[d]);
  return text;
}

bool NiftiFile::has_orientation() const {
  return state_->image->sform_code > 0 || state_->image->qform_code > 0;
}

Eigen::Affine3d NiftiFile::voxel_to_world() const {
  return placement(*state_->image, state_->raw, state_->path);
}

std::string NiftiFile::doubt() const {
  const nifti_image& image = *state_->image;
  if (image.sform_code <= 0 || !state_->raw.has_voxel_sizes) return "";
  const Eigen::Vector3d by_sform = to_affine(image.sto_xyz, 1.0).linear().colwise().norm().transpose(),
                        given = Eigen::Vector3d(image.dx, image.dy, image.dz).cwiseAbs();
  constexpr double rounding = 0.01;
  if (((by_sform - given).array().abs() <= rounding * given.array()).all()) return "";
  return state_->path + ": the header contradicts itself: its sform makes voxels of " +
         triple(by_sform[0], by_sform[1], by_sform[2]) + ", its voxel sizes (qform) are " +
         triple(given[0], given[1], given[2]) + "; the sform is taken: check the size of the limb";
}

void NiftiFile::read_row(std::vector<double>& row) {
  State& s = *state_;
  const nifti_image& image = *s.image;
  const auto width = static_cast<std::size_t>(image.nbyper);
  if (!s.stream) {
    s.convert = conversion(image, s.what, s.path);
    if (std::isfinite(image.scl_slope) && std::isfinite(image.scl_inter) && image.scl_slope != 0) {
      s.slope = image.scl_slope;
      s.intercept = image.scl_inter;
    }
    s.stream = std::make_unique<VoxelStream>(image, s.what, s.path);
    s.bytes.resize(static_cast<std::size_t>(image.nx) * width);
  }
  s.stream->read(s.bytes);
  if (image.byteorder != nifti_short_order() && width > 1)
    nifti_swap_Nbytes(image.nx, static_cast<int>(width), s.bytes.data());
  row.resize(static_cast<std::size_t>(image.nx));
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = s.slope * s.convert(&s.bytes[i * width]) + s.intercept;
}

void NiftiFile::finish() {
  if (state_->stream) state_->stream->finish();
}

}  // namespace bmiss
