// Pictures of a mesh for people: sections coloured by tissue or by a field, and the skin with its electrodes. PNG
// files.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

// The picture looks against `normal`, with `up` pointing up.
struct SectionPlane {
  Eigen::Vector3d point = Eigen::Vector3d::Zero();  // [m]
  Eigen::Vector3d normal = Eigen::Vector3d::UnitZ();
  Eigen::Vector3d up = Eigen::Vector3d::UnitY();
};

struct PointField {
  std::string name, unit;  // of `values`
  Eigen::VectorXd values;  // [n_points]
};

// Dots of `dots` [3 x n, m] are drawn where they project to. All throw InputError when the plane misses the mesh or the
// file cannot be written.
void draw_mesh_section(const TetMesh& mesh, const SectionPlane& plane, const Eigen::Matrix3Xd& dots,
                       const std::string& path);
// The field with a colour bar (symmetric around zero when the field changes sign) and the tissue interfaces as lines.
void draw_field_section(const TetMesh& mesh, const SectionPlane& plane, const PointField& field,
                        const Eigen::Matrix3Xd& dots, const std::string& path);

struct SurfacePatch {
  std::string name;
  std::vector<std::size_t> triangles;  // of mesh.triangles
};
// The boundary seen from far away in the direction -`towards_viewer`, shaded; patches coloured, with their names.
void draw_mesh_surface(const TetMesh& mesh, const Eigen::Vector3d& towards_viewer, const Eigen::Vector3d& up,
                       const std::vector<SurfacePatch>& patches, const std::string& path);

}  // namespace bmiss
