#include "solvers/conductor/conductivity.h"

#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "anatomy/place_text.h"
#include "base/errors.h"
#include "base/provenance.h"
#include "base/table.h"
#include "solvers/conductor/law/positive_definite.h"

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

void require_direction(const ConductorPlace& place) {
  if (std::abs(place.fibre.norm() - 1.0) > 1e-6)
    throw InputError("tetrahedron " + std::to_string(place.tet) + " of the anisotropic tissue '" + place.tissue.name +
                     "' has a fibre direction of length " + format("%g", place.fibre.norm()) +
                     "; compute the fibres of this mesh again or make the tissue isotropic");
}

void require_admissible(const std::string& complaint, const std::string& what, const ConductorPlace& place,
                        const ConductivityLaws& laws) {
  if (complaint.empty()) return;
  throw InputError("the conductivity law '" + laws.name_for(place.tissue) + "' gives tissue '" + place.tissue.name +
                   "' at " + place_of(place.position) + " (tetrahedron " + std::to_string(place.tet) + ") " + what +
                   " tensor " + complaint + "; correct the law's parameters or give the tissue another law");
}

// One tensor for each tetrahedron of a tissue.
using TensorOf = std::function<Eigen::Matrix3d(const ConductivityLaw& law, const ConductorPlace& place)>;

CornerTensors at_corners(const TetMesh& mesh, const FibreDirections& directions, const TissueTable& table,
                         const ConductivityLaws& laws, const TensorOf& tensor_of) {
  if (static_cast<std::size_t>(directions.cols()) != mesh.n_tets())
    throw InputError("there are " + std::to_string(directions.cols()) + " fibre directions but the mesh has " +
                     std::to_string(mesh.n_tets()) + " tetrahedra; compute the fibres of this mesh again");
  std::map<int, std::vector<std::size_t>> tets_of;
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) tets_of[mesh.tet_labels[tet]].push_back(tet);
  CornerTensors tensors(24, directions.cols());
  Eigen::Matrix<double, 7, Eigen::Dynamic> at_points(7, mesh.points.cols());  // sums of tensors, and of their weights
  for (const auto& [label, tissue] : tissues_of(mesh, table)) {
    const std::vector<std::size_t>& tets = tets_of.at(label);
    const ConductivityLaw& law = laws.of(tissue);
    const bool oriented = law.uses_fibres(tissue);
    for (const std::size_t tet : tets)
      for (const int point : mesh.tets[tet]) at_points.col(point).setZero();
    for (const std::size_t tet : tets) {
      const ConductorPlace place{tissue, mesh.centroid(tet), directions.col(static_cast<Eigen::Index>(tet)), tet};
      if (oriented) require_direction(place);
      const Eigen::Matrix3d s = tensor_of(law, place);
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

}  // namespace

CornerTensors conductivity_at_corners(const TetMesh& mesh, const FibreDirections& directions, const TissueTable& table,
                                      const ConductivityLaws& laws) {
  return at_corners(mesh, directions, table, laws, [&](const ConductivityLaw& law, const ConductorPlace& place) {
    const Eigen::Matrix3d tensor = law.conductivity(place);
    require_admissible(complaint_about_definiteness(tensor, "S/m"), "a", place, laws);
    return tensor;
  });
}

CornerTensors susceptivity_at_corners(const TetMesh& mesh, const FibreDirections& directions, const TissueTable& table,
                                      const ConductivityLaws& laws) {
  return at_corners(mesh, directions, table, laws, [&](const ConductivityLaw& law, const ConductorPlace& place) {
    const Eigen::Matrix3d tensor =
        law.is_complex() ? law.susceptivity(place) : Eigen::Matrix3d(Eigen::Matrix3d::Zero());
    require_admissible(complaint_about_semidefiniteness(tensor, "S/m"), "an imaginary", place, laws);
    return tensor;
  });
}

std::string conductivities_hash(const TetMesh& mesh, const TissueTable& table, const ConductivityLaws& laws) {
  ContentHash hash;
  hash.add(laws.hash());
  for (const auto& [label, tissue] : tissues_of(mesh, table))
    hash.add(std::vector<int>{label}).add(tissue.conductivity_across).add(tissue.conductivity_along);
  return hash.hex();
}

std::string directions_hash(const TetMesh& mesh, const FibreDirections& directions, const TissueTable& table,
                            const ConductivityLaws& laws) {
  std::map<int, bool> oriented;
  for (const auto& [label, tissue] : tissues_of(mesh, table)) oriented[label] = laws.of(tissue).uses_fibres(tissue);
  ContentHash hash;
  for (Eigen::Index tet = 0; tet < directions.cols(); ++tet)
    if (oriented.at(mesh.tet_labels[static_cast<std::size_t>(tet)]))
      hash.add(directions.col(tet).data(), 3 * sizeof(double));
  return hash.hex();
}

}  // namespace bmiss
