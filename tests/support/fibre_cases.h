// Harmonic directions of meshes made for tests, and their angles to the expected ones.
#pragma once

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "anatomy/fibres.h"
#include "anatomy/harmonic_directions.h"
#include "anatomy/tet_shape.h"
#include "anatomy/tissue_table.h"
#include "base/report.h"
#include "support/structured_meshes.h"

namespace bmiss::test {

constexpr double degree = M_PI / 180;

inline TissueTable one_muscle() {
  return TissueTable({{1, "flexor", TissueKind::muscle, 0.13, 0.56}, {2, "fat", TissueKind::fat, 0.06, 0.06}});
}

struct Logged {
  std::ostringstream log;
  Report report{log, 0};
  FibreDirections directions(const TetMesh& mesh, const FibreMuscle& asked = {1, "flexor"}) {
    return HarmonicDirections().directions({mesh, {asked}, {}}, report);
  }
};

using Expected = std::function<Eigen::Vector3d(const Eigen::Vector3d&)>;
using Where = std::function<bool(const Eigen::Vector3d&)>;

// Angles to the expected directions [degrees], largest first.
inline std::vector<double> angles(
    const TetMesh& mesh, const FibreDirections& directions, const Expected& expected,
    const Where& where = [](const Eigen::Vector3d&) { return true; }) {
  std::vector<double> result;
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    const Eigen::Vector3d x = mesh.centroid(tet);
    if (!where(x)) continue;
    const Eigen::Vector3d wanted = expected(x).normalized(), found = directions.col(static_cast<Eigen::Index>(tet));
    result.push_back(std::atan2(wanted.cross(found).norm(), wanted.dot(found)) / degree);
  }
  std::sort(result.rbegin(), result.rend());
  return result;
}

inline Eigen::Vector3d along_z(const Eigen::Vector3d&) {
  return Eigen::Vector3d::UnitZ();
}
inline Eigen::Vector3d along_circle(const Eigen::Vector3d& x) {
  return {-x[2], 0, x[0]};
}

// Is x inside a tetrahedron of this label, to `tolerance` [m]?
inline bool inside(const TetMesh& mesh, int label, const Eigen::Vector3d& x, double tolerance) {
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    if (mesh.tet_labels[tet] != label) continue;
    double outside = -INFINITY;
    for (int facet = 0; facet < 4; ++facet) {
      const std::array<int, 3> face = facet_vertices(mesh.tets[tet], facet);
      const Eigen::Vector3d a = mesh.points.col(face[0]);
      outside = std::max(outside, area_vector(mesh.points, face).normalized().dot(x - a));
    }
    if (outside <= tolerance) return true;
  }
  return false;
}

// A cylinder of 80 mm sheared along x: its fibres are parallel to its wall, (slope, 0, 1).
inline TetMesh sheared_cylinder(double slope, Ends ends) {
  return lattice_mesh(
      5, 30,
      [slope](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const Eigen::Vector2d p = 8e-3 * onto_disc(x[0], x[1]);
        return {p[0] + slope * 80e-3 * x[2], p[1], 80e-3 * x[2]};
      },
      ends, [](const Eigen::Vector3d&) { return 1; });
}

// A cylinder sheared along x by `slope` from z = 30 mm to 90 mm; below and above, to 0 and 120 mm, extruded along z.
inline TetMesh oblique_muscle_with_extruded_ends(double slope) {
  TetMesh mesh = lattice_mesh(
      5, 40,
      [slope](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const Eigen::Vector2d p = 8e-3 * onto_disc(x[0], x[1]);
        const double z = 120e-3 * x[2];
        return {p[0] + slope * std::clamp(z - 30e-3, 0.0, 60e-3), p[1], z};
      },
      Ends::cut, [](const Eigen::Vector3d&) { return 1; });
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    const double z = mesh.centroid(tet)[2];
    mesh.tet_extruded.push_back(z < 30e-3 || z > 90e-3 ? 1 : 0);
  }
  return mesh;
}

}  // namespace bmiss::test
