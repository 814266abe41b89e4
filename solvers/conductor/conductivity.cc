#include "solvers/conductor/conductivity.h"

#include <cmath>
#include <map>
#include <set>

#include "base/errors.h"
#include "base/provenance.h"
#include "base/table.h"

namespace bmiss {
namespace {

std::map<int, Tissue> tissues_of(const TetMesh& mesh, const TissueTable& table) {
  std::map<int, Tissue> result;
  for (const int label : std::set<int>(mesh.tet_labels.begin(), mesh.tet_labels.end())) {
    const Tissue& tissue = table.by_label(label);
    BMISS_ASSERT(tissue.conductivity_across > 0 && tissue.conductivity_along > 0);  // the table refuses others
    result.emplace(label, tissue);
  }
  return result;
}

bool is_anisotropic(const Tissue& tissue) {
  return tissue.conductivity_along != tissue.conductivity_across;
}

}  // namespace

Eigen::Matrix3d conductivity_tensor(const Tissue& tissue, const Eigen::Vector3d& fibre) {
  const double across = tissue.conductivity_across, along = tissue.conductivity_along;
  return across * Eigen::Matrix3d::Identity() + (along - across) * fibre * fibre.transpose();
}

CellTensors conductivity_of_cells(const TetMesh& mesh, const FibreDirections& directions, const TissueTable& table) {
  if (static_cast<std::size_t>(directions.cols()) != mesh.n_tets())
    throw InputError("there are " + std::to_string(directions.cols()) + " fibre directions but the mesh has " +
                     std::to_string(mesh.n_tets()) + " tetrahedra; compute the fibres of this mesh again");
  const auto tissues = tissues_of(mesh, table);
  CellTensors tensors(6, directions.cols());
  for (Eigen::Index tet = 0; tet < directions.cols(); ++tet) {
    const Tissue& tissue = tissues.at(mesh.tet_labels[static_cast<std::size_t>(tet)]);
    const Eigen::Vector3d fibre = directions.col(tet);
    if (is_anisotropic(tissue) && std::abs(fibre.norm() - 1.0) > 1e-6)
      throw InputError("tetrahedron " + std::to_string(tet) + " of the anisotropic tissue '" + tissue.name +
                       "' has a fibre direction of length " + format("%g", fibre.norm()) +
                       "; compute the fibres of this mesh again or make the tissue isotropic");
    const Eigen::Matrix3d s = conductivity_tensor(tissue, fibre);
    tensors.col(tet) << s(0, 0), s(1, 1), s(2, 2), s(0, 1), s(0, 2), s(1, 2);
  }
  return tensors;
}

std::string conductivities_hash(const TetMesh& mesh, const TissueTable& table) {
  ContentHash hash;
  for (const auto& [label, tissue] : tissues_of(mesh, table))
    hash.add(std::vector<int>{label}).add(tissue.conductivity_across).add(tissue.conductivity_along);
  return hash.hex();
}

std::string directions_hash(const TetMesh& mesh, const FibreDirections& directions, const TissueTable& table) {
  const auto tissues = tissues_of(mesh, table);
  ContentHash hash;
  for (Eigen::Index tet = 0; tet < directions.cols(); ++tet)
    if (is_anisotropic(tissues.at(mesh.tet_labels[static_cast<std::size_t>(tet)])))
      hash.add(directions.col(tet).data(), 3 * sizeof(double));
  return hash.hex();
}

}  // namespace bmiss
