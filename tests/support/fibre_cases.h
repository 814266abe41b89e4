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

inline Eigen::Vector3d middle_of(const TetMesh& mesh, std::size_t tet) {
  Eigen::Vector3d middle = Eigen::Vector3d::Zero();
  for (const int point : mesh.tets[tet]) middle += mesh.points.col(point) / 4;
  return middle;
}

// Angles to the expected directions [degrees], largest first.
inline std::vector<double> angles(
    const TetMesh& mesh, const FibreDirections& directions, const Expected& expected,
    const Where& where = [](const Eigen::Vector3d&) { return true; }) {
  std::vector<double> result;
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    const Eigen::Vector3d x = middle_of(mesh, tet);
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
  constexpr std::array<std::array<int, 3>, 4> faces{{{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}}};
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    if (mesh.tet_labels[tet] != label) continue;
    double outside = -INFINITY;
    for (const auto& face : faces) {
      const Eigen::Vector3d a = mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(face[0])]),
                            b = mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(face[1])]),
                            c = mesh.points.col(mesh.tets[tet][static_cast<std::size_t>(face[2])]);
      outside = std::max(outside, (b - a).cross(c - a).normalized().dot(x - a));
    }
    if (outside <= tolerance) return true;
  }
  return false;
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
    const double z = middle_of(mesh, tet)[2];
    mesh.tet_extruded.push_back(z < 30e-3 || z > 90e-3 ? 1 : 0);
  }
  return mesh;
}

}  // namespace bmiss::test
