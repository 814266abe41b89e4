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

Eigen::Vector3d direction_in(const Tissue& tissue, const FibreDirections& directions, std::size_t tet) {
  const Eigen::Vector3d fibre = directions.col(static_cast<Eigen::Index>(tet));
  if (is_anisotropic(tissue) && std::abs(fibre.norm() - 1.0) > 1e-6)
    throw InputError("tetrahedron " + std::to_string(tet) + " of the anisotropic tissue '" + tissue.name +
                     "' has a fibre direction of length " + format("%g", fibre.norm()) +
                     "; compute the fibres of this mesh again or make the tissue isotropic");
  return fibre;
}

}  // namespace

Eigen::Matrix3d conductivity_tensor(const Tissue& tissue, const Eigen::Vector3d& fibre) {
  const double across = tissue.conductivity_across, along = tissue.conductivity_along;
  return across * Eigen::Matrix3d::Identity() + (along - across) * fibre * fibre.transpose();
}

CornerTensors conductivity_at_corners(const TetMesh& mesh, const FibreDirections& directions,
                                      const TissueTable& table) {
  if (static_cast<std::size_t>(directions.cols()) != mesh.n_tets())
    throw InputError("there are " + std::to_string(directions.cols()) + " fibre directions but the mesh has " +
                     std::to_string(mesh.n_tets()) + " tetrahedra; compute the fibres of this mesh again");
  std::map<int, std::vector<std::size_t>> tets_of;
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) tets_of[mesh.tet_labels[tet]].push_back(tet);
  CornerTensors tensors(24, directions.cols());
  Eigen::Matrix<double, 7, Eigen::Dynamic> at_points(7, mesh.points.cols());  // sums of tensors, and of their weights
  for (const auto& [label, tissue] : tissues_of(mesh, table)) {
    const std::vector<std::size_t>& tets = tets_of.at(label);
    for (const std::size_t tet : tets)
      for (const int point : mesh.tets[tet]) at_points.col(point).setZero();
    for (const std::size_t tet : tets) {
      const Eigen::Matrix3d s = conductivity_tensor(tissue, direction_in(tissue, directions, tet));
      Eigen::Matrix<double, 7, 1> sum;
      sum << s(0, 0), s(1, 1), s(2, 2), s(0, 1), s(0, 2), s(1, 2), 1;
      sum *= mesh.volume(tet);
      for (const int point : mesh.tets[tet]) at_points.col(point) += sum;
    }
    for (const std::size_t tet : tets)
      for (std::size_t i = 0; i < 4; ++i) {
        const auto sum = at_points.col(mesh.tets[tet][i]);
        tensors.col(static_cast<Eigen::Index>(tet)).segment<6>(6 * static_cast<Eigen::Index>(i)) =
            sum.head<6>() / sum[6];
      }
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
