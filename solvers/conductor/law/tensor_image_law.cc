#include "solvers/conductor/law/tensor_image_law.h"

#include <Eigen/LU>
#include <cmath>

#include "anatomy/place_text.h"
#include "anatomy/voxel_grid.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/provenance.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/conductor/law/positive_definite.h"
#include "solvers/conductor/law/tissue_laws.h"

namespace bmiss {
namespace {

constexpr double least_coverage = 0.9;  // of a tissue's volume inside the image and its mask
constexpr double least_weight = 0.25;   // trilinear, of voxels with a tensor, from which on a place has one of its own

}  // namespace

Eigen::Matrix3d TensorImageLaw::measured(const Tissue& tissue, const Eigen::Vector3d& position) const {
  Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
  double total = 0;
  VoxelGrid(image_->frame).around(position, [&](long voxel, double weight) {
    if (image_->values.col(voxel).isZero(0)) return;
    const Eigen::Matrix3d tensor = image_->tensor(voxel);
    const std::string complaint = complaint_about_definiteness(tensor, "in the unit of the file");
    if (!complaint.empty()) {
      const auto [ni, nj, nk] = image_->frame.size;
      const Eigen::Vector3d ijk(static_cast<double>(voxel % ni), static_cast<double>(voxel / ni % nj),
                                static_cast<double>(voxel / (static_cast<long>(ni) * nj)));
      throw InputError("the voxel at " + place_of(image_->frame.voxel_to_world * ijk) + ", in tissue '" + tissue.name +
                           "', holds a tensor " + complaint +
                           "; mend the image there (empty voxels take the table's conductivity) or give the tissue "
                           "another law",
                       file_.path);
    }
    sum += weight * tensor;
    total += weight;
  });
  return total < least_weight ? Eigen::Matrix3d::Zero().eval() : (sum / total).eval();
}

Eigen::Matrix3d TensorImageLaw::conductivity(const ConductorPlace& place) const {
  if (!image_) throw InputError("the conductivity law 'tensor image' was not prepared; call prepare() first");
  const Eigen::Matrix3d tensor = measured(place.tissue, place.position);
  if (tensor.isZero(0)) return conductivity_tensor(place.tissue, place.fibre);
  if (scaling_ == TensorScaling::factor) return factor_ * tensor;
  const double across = place.tissue.conductivity_across, along = place.tissue.conductivity_along;
  return std::cbrt(across * across * along / tensor.determinant()) * tensor;
}

void TensorImageLaw::prepare(const TetMesh& mesh, const std::vector<Tissue>& tissues, Report& report) {
  if (file_.path.empty())
    throw InputError(
        "the conductivity law is 'tensor image', but no image is given; set 'Conductivity/Tensor image/File'");
  image_ = read_voxel_tensors(file_);
  file_hash_ = hash_of_file(file_.path);
  if (!image_->placed)
    throw InputError(
        "the header does not say where the image lies (no sform, no qform); write its place into the header",
        file_.path);
  Table table({"tissue", "volume with a measured tensor [%]"});
  for (const Tissue& tissue : tissues) {
    double volume = 0, found = 0;
    for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
      if (mesh.tet_labels[tet] != tissue.label || mesh.is_extruded(tet)) continue;
      volume += mesh.volume(tet);
      if (!measured(tissue, mesh.centroid(tet)).isZero(0)) found += mesh.volume(tet);
    }
    const double percent = volume > 0 ? 100 * found / volume : 0;
    if (found < least_coverage * volume)
      throw InputError("the image has tensors in only " + format("%.0f", percent) + " % of tissue '" + tissue.name +
                           "' (90 % are needed); it has " + image_->frame.text() +
                           "; register it to the mesh, widen its mask, or give this tissue another law",
                       file_.path);
    table.add_row({tissue.name, format("%.1f", percent)});
  }
  report.table(table);
}

void TensorImageLaw::declare_parameters(Parameters& p) const {
  const Parameters::Section section(p, "Tensor image");
  TensorFileOptions::declare_parameters(p);
  p.declare_choice("Scaling", "tissue volume", {"tissue volume", "factor"},
                   "to S/m; tissue volume: the eigenvalues' product becomes that of the tissue table's tensor");
  p.declare_real("Factor", 1, "S/m", {1e-12, 1e12}, "with the scaling 'factor': conductivity of one unit of the file");
}

void TensorImageLaw::parse_parameters(const Parameters& p) {
  const Parameters::Section section(p, "Tensor image");
  file_ = TensorFileOptions::parse_parameters(p);
  scaling_ = p.text("Scaling") == "factor" ? TensorScaling::factor : TensorScaling::tissue_volume;
  factor_ = p.real("Factor");
}

std::vector<std::string> TensorImageLaw::files() const {
  return file_.path.empty() ? std::vector<std::string>() : std::vector<std::string>{file_.path};
}

std::string TensorImageLaw::hash() const {
  ContentHash hash;
  hash.add(file_hash_).add(factor_).add(std::vector<double>(file_.signs.begin(), file_.signs.end()));
  hash.add(std::vector<int>{static_cast<int>(scaling_), static_cast<int>(file_.order), static_cast<int>(file_.axes)});
  return hash.hex();
}

std::string TensorImageLaw::citation() const {
  return scaling_ == TensorScaling::factor
             ? "tensor image: Tuch DS et al. Conductivity tensor mapping of the human brain using diffusion tensor "
               "MRI. Proc Natl Acad Sci USA 98:11697-11701, 2001"
             : "tensor image: Wolters CH et al. Influence of tissue conductivity anisotropy on EEG/MEG field and "
               "return current computation in a realistic head model. NeuroImage 30:813-826, 2006";
}

}  // namespace bmiss
