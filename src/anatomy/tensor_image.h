// A measured field of fibre directions: diffusion tensors or vectors from a NIfTI file.
#pragma once

#include <Eigen/Core>
#include <array>
#include <string>
#include <vector>

#include "anatomy/nifti_file.h"

namespace bmiss {

class Parameters;

// What the numbers of the file mean.
enum class TensorOrder {
  diagonal_first,  // xx yy zz xy xz yz (QMRITools)
  upper_rows,      // xx xy xz yy yz zz (FSL's dtifit)
  lower_rows       // xx xy yy xz yz zz (NIfTI's symmetric matrix)
};
enum class ComponentAxes { world, voxel };  // RAS, or the image's own axes

struct TensorFileOptions {
  std::string path;
  TensorOrder order = TensorOrder::diagonal_first;
  ComponentAxes axes = ComponentAxes::world;
  std::array<double, 3> signs{1, 1, 1};  // of the components along each axis, applied first
  // In the section that is open: File, Order, Axes, Flips.
  static void declare_parameters(Parameters& parameters);
  static TensorFileOptions parse_parameters(const Parameters& parameters);
};

// The numbers of the file as tensors, in RAS.
struct VoxelTensors {
  ImageFrame frame;
  bool placed = false;  // does the header say where the image is? Else the frame is meaningless
  // xx, yy, zz, xy, xz, yz in the file's unit [6 x voxels], i fastest; 0 where all numbers are 0 or one is not finite.
  Eigen::Matrix<double, 6, Eigen::Dynamic> values;
  Eigen::Matrix3d tensor(Eigen::Index voxel) const;
};

// Throws InputError: as NiftiFile, another number of volumes than six.
VoxelTensors read_voxel_tensors(const TensorFileOptions& options);

// The direction of the fibres in each voxel, in RAS.
struct TensorImage {
  ImageFrame frame;
  bool placed = false;          // does the header say where the image is? Else the frame is meaningless
  Eigen::Matrix3Xd directions;  // [3 x voxels] unit, either sense; i fastest
  // Fractional anisotropy in [0, 1] (Basser & Pierpaoli 1996); 1 for vectors, 0 where there is no direction: all
  // numbers 0, one not finite, or no positive eigenvalue.
  Eigen::VectorXd anisotropy;
};

// Reads a file with 6 (tensors) or 3 (vectors) numbers for each voxel, as fourth or fifth dimension. Throws InputError:
// as NiftiFile, another number of volumes.
TensorImage read_tensor_image(const TensorFileOptions& options);

// Rotation (or reflection) from the image's axes to RAS: the orthogonal matrix nearest to the directions of the axes.
Eigen::Matrix3d image_axes(const ImageFrame& frame);
// Fractional anisotropy of eigenvalues in ascending order.
double fractional_anisotropy(const Eigen::Vector3d& eigenvalues);

}  // namespace bmiss
