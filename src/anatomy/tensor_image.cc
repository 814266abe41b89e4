#include "anatomy/tensor_image.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/parameters.h"

namespace bmiss {
namespace {

// Place of the file's k-th component in the matrix.
std::array<std::array<int, 2>, 6> places(TensorOrder order) {
  switch (order) {
    case TensorOrder::upper_rows:
      return {{{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}}};
    case TensorOrder::lower_rows:
      return {{{0, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}, {2, 2}}};
    case TensorOrder::diagonal_first:
      break;
  }
  return {{{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}}};
}

// From the components of the file to RAS.
Eigen::Matrix3d to_world(const TensorFileOptions& options, const ImageFrame& frame) {
  const Eigen::Matrix3d signs = Eigen::Vector3d(options.signs[0], options.signs[1], options.signs[2]).asDiagonal();
  return options.axes == ComponentAxes::voxel ? (image_axes(frame) * signs).eval() : signs;
}

std::vector<std::vector<double>> read_volumes(NiftiFile& file) {
  std::vector<std::vector<double>> volumes(static_cast<std::size_t>(file.volumes()));
  std::vector<double> row;
  for (auto& volume : volumes)
    for (int line = 0; line < file.size()[1] * file.size()[2]; ++line) {
      file.read_row(row);
      volume.insert(volume.end(), row.begin(), row.end());
    }
  file.finish();
  return volumes;
}

// What both readers make of an opened file besides its numbers.
template <typename Image>
void take_frame(const NiftiFile& file, Image& image) {
  image.frame = {file.size(), Eigen::Affine3d::Identity()};
  image.placed = file.has_orientation();
  if (image.placed) image.frame.voxel_to_world = file.voxel_to_world();
}

VoxelTensors tensors_of(NiftiFile& file, const TensorFileOptions& options) {
  VoxelTensors image;
  take_frame(file, image);
  const Eigen::Matrix3d world = to_world(options, image.frame);
  const auto volumes = read_volumes(file);
  const auto place = places(options.order);
  image.values.setZero(6, static_cast<Eigen::Index>(volumes.front().size()));
  for (Eigen::Index voxel = 0; voxel < image.values.cols(); ++voxel) {
    Eigen::Matrix3d tensor;
    for (std::size_t k = 0; k < 6; ++k)
      tensor(place[k][0], place[k][1]) = tensor(place[k][1], place[k][0]) = volumes[k][static_cast<std::size_t>(voxel)];
    if (!tensor.allFinite() || tensor.isZero(0)) continue;
    const Eigen::Matrix3d t = world * tensor * world.transpose();
    image.values.col(voxel) << t(0, 0), t(1, 1), t(2, 2), t(0, 1), t(0, 2), t(1, 2);
  }
  return image;
}

TensorImage directions_of(const VoxelTensors& tensors) {
  TensorImage image;
  image.frame = tensors.frame;
  image.placed = tensors.placed;
  image.directions = Eigen::Matrix3Xd::Zero(3, tensors.values.cols());
  image.anisotropy = Eigen::VectorXd::Zero(tensors.values.cols());
  for (Eigen::Index voxel = 0; voxel < tensors.values.cols(); ++voxel) {
    if (tensors.values.col(voxel).isZero(0)) continue;
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> modes(tensors.tensor(voxel));
    if (!(modes.eigenvalues()[2] > 0)) continue;
    image.directions.col(voxel) = modes.eigenvectors().col(2);
    image.anisotropy[voxel] = fractional_anisotropy(modes.eigenvalues());
  }
  return image;
}

TensorImage directions_of(NiftiFile& file, const TensorFileOptions& options) {
  TensorImage image;
  take_frame(file, image);
  const Eigen::Matrix3d world = to_world(options, image.frame);
  const auto volumes = read_volumes(file);
  const std::size_t n = volumes.front().size();
  image.directions = Eigen::Matrix3Xd::Zero(3, static_cast<Eigen::Index>(n));
  image.anisotropy = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(n));
  for (std::size_t voxel = 0; voxel < n; ++voxel) {
    const Eigen::Vector3d v(volumes[0][voxel], volumes[1][voxel], volumes[2][voxel]);
    if (!v.allFinite() || v.norm() < 1e-6) continue;
    image.directions.col(static_cast<Eigen::Index>(voxel)) = world * v.normalized();
    image.anisotropy[static_cast<Eigen::Index>(voxel)] = 1;
  }
  return image;
}

}  // namespace

double fractional_anisotropy(const Eigen::Vector3d& eigenvalues) {
  const double squares = eigenvalues.squaredNorm();
  if (!(squares > 0)) return 0;
  const Eigen::Vector3d deviation = eigenvalues.array() - eigenvalues.mean();
  return std::min(1.0, std::sqrt(1.5 * deviation.squaredNorm() / squares));
}

Eigen::Matrix3d image_axes(const ImageFrame& frame) {
  const Eigen::Matrix3d axes = frame.voxel_to_world.linear().colwise().normalized();
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(axes, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return svd.matrixU() * svd.matrixV().transpose();
}

void TensorFileOptions::declare_parameters(Parameters& p) {
  p.declare_text("File", "", "NIfTI image with 6 numbers (tensor) or, for directions, 3 for each voxel");
  p.declare_choice("Order", "xx yy zz xy xz yz", {"xx yy zz xy xz yz", "xx xy xz yy yz zz", "xx xy yy xz yz zz"},
                   "of the tensor's components: QMRITools, FSL's dtifit, NIfTI's symmetric matrix");
  p.declare_choice(
      "Axes", "world", {"world", "voxel"},
      "to which the components refer: RAS or the image's own (FSL: voxel, with x flipped when the image is "
      "right-handed)");
  p.declare_names("Flips", {}, "axes (x, y, z) whose components have the other sign in the file");
}

TensorFileOptions TensorFileOptions::parse_parameters(const Parameters& p) {
  TensorFileOptions options;
  options.path = p.text("File");
  options.order = p.text("Order") == "xx xy xz yy yz zz"   ? TensorOrder::upper_rows
                  : p.text("Order") == "xx xy yy xz yz zz" ? TensorOrder::lower_rows
                                                           : TensorOrder::diagonal_first;
  options.axes = p.text("Axes") == "voxel" ? ComponentAxes::voxel : ComponentAxes::world;
  for (const std::string& axis : p.names("Flips")) {
    const auto number = std::string("xyz").find(axis);
    if (axis.size() != 1 || number == std::string::npos)
      p.reject("Flips", "'" + axis + "' is no axis; name those of x, y, z whose sign is to be turned");
    options.signs[number] = -1;
  }
  return options;
}

Eigen::Matrix3d VoxelTensors::tensor(Eigen::Index voxel) const {
  const auto t = values.col(voxel);
  return (Eigen::Matrix3d() << t[0], t[3], t[4], t[3], t[1], t[5], t[4], t[5], t[2]).finished();
}

VoxelTensors read_voxel_tensors(const TensorFileOptions& options) {
  NiftiFile file(options.path, "image of tensors");
  if (file.volumes() != 6)
    throw InputError("the image has " + std::to_string(file.volumes()) + " numbers for each voxel (" + file.sizes() +
                         "), but a symmetric tensor has 6; give the image of the tensor",
                     options.path);
  return tensors_of(file, options);
}

TensorImage read_tensor_image(const TensorFileOptions& options) {
  NiftiFile file(options.path, "image of diffusion tensors");
  if (file.volumes() != 6 && file.volumes() != 3)
    throw InputError("the image has " + std::to_string(file.volumes()) + " numbers for each voxel (" + file.sizes() +
                         "), but a diffusion tensor has 6 and a vector 3; give the tensor or its principal eigenvector",
                     options.path);
  return file.volumes() == 6 ? directions_of(tensors_of(file, options)) : directions_of(file, options);
}

}  // namespace bmiss
