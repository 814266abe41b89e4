#include "anatomy/tensor_image.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "base/errors.h"

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

TensorImage read_tensor_image(const TensorFileOptions& options) {
  NiftiFile file(options.path, "image of diffusion tensors");
  if (file.volumes() != 6 && file.volumes() != 3)
    throw InputError("the image has " + std::to_string(file.volumes()) + " numbers for each voxel (" + file.sizes() +
                         "), but a diffusion tensor has 6 and a vector 3; give the tensor or its principal eigenvector",
                     options.path);
  TensorImage image;
  image.frame = {file.size(), Eigen::Affine3d::Identity()};
  image.placed = file.has_orientation();
  if (image.placed) image.frame.voxel_to_world = file.voxel_to_world();
  const Eigen::Matrix3d signs = Eigen::Vector3d(options.signs[0], options.signs[1], options.signs[2]).asDiagonal();
  const Eigen::Matrix3d to_world =
      options.axes == ComponentAxes::voxel ? (image_axes(image.frame) * signs).eval() : signs;
  const auto volumes = read_volumes(file);
  const std::size_t n = volumes.front().size();
  image.directions = Eigen::Matrix3Xd::Zero(3, static_cast<Eigen::Index>(n));
  image.anisotropy = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(n));
  const auto place = places(options.order);
  for (std::size_t voxel = 0; voxel < n; ++voxel) {
    const auto column = static_cast<Eigen::Index>(voxel);
    if (volumes.size() == 3) {
      const Eigen::Vector3d v(volumes[0][voxel], volumes[1][voxel], volumes[2][voxel]);
      if (!v.allFinite() || v.norm() < 1e-6) continue;
      image.directions.col(column) = to_world * v.normalized();
      image.anisotropy[column] = 1;
      continue;
    }
    Eigen::Matrix3d tensor;
    for (std::size_t k = 0; k < 6; ++k) {
      tensor(place[k][0], place[k][1]) = volumes[k][voxel];
      tensor(place[k][1], place[k][0]) = volumes[k][voxel];
    }
    if (!tensor.allFinite() || tensor.isZero(0)) continue;
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> modes(tensor);
    if (!(modes.eigenvalues()[2] > 0)) continue;
    image.directions.col(column) = to_world * modes.eigenvectors().col(2);
    image.anisotropy[column] = fractional_anisotropy(modes.eigenvalues());
  }
  return image;
}

}  // namespace bmiss
