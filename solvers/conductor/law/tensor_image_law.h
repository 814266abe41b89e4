// Conductivity tensors from a measured image, as diffusion MRI gives them.
#pragma once

#include <optional>

#include "anatomy/tensor_image.h"
#include "solvers/conductor/law/interface.h"

namespace bmiss {

// How the numbers of the image become S/m.
enum class TensorScaling {
  factor,        // times a constant (1: the image holds S/m; diffusivities: Tuch et al. 2001)
  tissue_volume  // so that the product of the eigenvalues is that of the tissue table's tensor (Wolters et al. 2006)
};

// The tensor around a tetrahedron's centroid, trilinear between voxels that are not empty. Where there are none, and in
// extruded ends, the tissue is fibre-aligned, as the table says. Throws InputError: no file, an image without
// orientation, one that covers less than 90 % of a tissue's volume, a voxel that is used and whose tensor is not
// positive definite (which tissue, where, its eigenvalues).
class TensorImageLaw final : public ConductivityLaw {
public:
  Eigen::Matrix3d conductivity(const ConductorPlace& place) const override;
  void prepare(const TetMesh& mesh, const std::vector<Tissue>& tissues, Report& report) override;
  void declare_parameters(Parameters& parameters) const override;
  void parse_parameters(const Parameters& parameters) override;
  std::vector<std::string> files() const override;
  std::string hash() const override;
  std::string citation() const override;

private:
  // Zero where the image has nothing.
  Eigen::Matrix3d measured(const Tissue& tissue, const Eigen::Vector3d& position) const;

  TensorFileOptions file_;
  TensorScaling scaling_ = TensorScaling::tissue_volume;
  double factor_ = 1;
  std::optional<VoxelTensors> image_;
  std::string file_hash_;
};

}  // namespace bmiss
