#include "anatomy/tet_mesh.h"

#include <Eigen/Geometry>
#include <cmath>

#include "anatomy/tet_shape.h"
#include "base/provenance.h"

namespace bmiss {

double TetMesh::volume(std::size_t tet) const {
  return tet_volume(points, tets[tet]);
}

Eigen::Vector3d TetMesh::centroid(std::size_t tet) const {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (const int vertex : tets[tet]) sum += points.col(vertex);
  return sum / 4;
}

std::map<int, double> TetMesh::volumes() const {
  std::map<int, double> sums;
  for (std::size_t tet = 0; tet < tets.size(); ++tet)
    if (!is_extruded(tet)) sums[tet_labels[tet]] += volume(tet);
  return sums;
}

std::string TetMesh::hash() const {
  // The lattice on which files store coordinates: a mesh that went through a file keeps its hash.
  std::vector<std::int64_t> lattice(static_cast<std::size_t>(points.size()));
  for (Eigen::Index i = 0; i < points.size(); ++i)
    lattice[static_cast<std::size_t>(i)] = lattice_index(points.data()[i]);
  ContentHash content;
  const std::size_t sizes[] = {n_points(), n_tets()};
  content.add(sizes, sizeof(sizes));
  content.add(lattice.data(), lattice.size() * sizeof(std::int64_t));
  content.add(tets.data(), tets.size() * sizeof(tets[0]));
  content.add(tet_labels);
  if (!tet_extruded.empty()) content.add(tet_extruded.data(), tet_extruded.size());
  return content.hex();
}

Surface surface_of(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 3>>& triangles) {
  Surface surface;
  std::vector<int> number(static_cast<std::size_t>(points.cols()), -1);
  std::vector<int> used;
  for (auto triangle : triangles) {
    for (int& vertex : triangle) {
      int& n = number[static_cast<std::size_t>(vertex)];
      if (n < 0) {
        n = static_cast<int>(used.size());
        used.push_back(vertex);
      }
      vertex = n;
    }
    surface.triangles.push_back(triangle);
  }
  surface.points.resize(3, static_cast<Eigen::Index>(used.size()));
  for (std::size_t i = 0; i < used.size(); ++i) surface.points.col(static_cast<Eigen::Index>(i)) = points.col(used[i]);
  return surface;
}

Surface skin_surface(const TetMesh& mesh) {
  std::vector<std::array<int, 3>> skin;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i)
    if (mesh.triangle_parts[i] == static_cast<int>(BoundaryPart::skin)) skin.push_back(mesh.triangles[i]);
  return surface_of(mesh.points, skin);
}

TissuePoints tissue_points(const TetMesh& mesh, int label) {
  std::vector<std::size_t> inside;
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet)
    if (mesh.tet_labels[tet] == label && !mesh.is_extruded(tet)) inside.push_back(tet);
  TissuePoints tissue;
  const auto n = static_cast<Eigen::Index>(inside.size());
  tissue.points.resize(3, n);
  tissue.weights.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    tissue.points.col(i) = mesh.centroid(inside[static_cast<std::size_t>(i)]);
    tissue.weights[i] = mesh.volume(inside[static_cast<std::size_t>(i)]);
  }
  return tissue;
}

}  // namespace bmiss
