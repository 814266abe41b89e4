// Pictures of a mesh for people: sections coloured by tissue or by a field, and the skin with its electrodes. PNG
// files.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

// The picture looks against `normal`, with `up` pointing up.
struct SectionPlane {
  Eigen::Vector3d point = Eigen::Vector3d::Zero();  // [m]
  Eigen::Vector3d normal = Eigen::Vector3d::UnitZ();
  Eigen::Vector3d up = Eigen::Vector3d::UnitY();
  std::string caption;  // over the picture
};

struct PointField {
  std::string name, unit;  // of `values`
  Eigen::VectorXd values;  // [n_points]
};

// Of `dots` [3 x n, m] those within 5 mm of the plane are drawn, where they project to. All throw InputError when the
// plane misses the mesh or the file cannot be written.
void draw_mesh_section(const TetMesh& mesh, const SectionPlane& plane, const Eigen::Matrix3Xd& dots,
                       const std::string& path);
// The field with a colour bar (symmetric around zero when the field changes sign) and the tissue interfaces as lines.
void draw_field_section(const TetMesh& mesh, const SectionPlane& plane, const PointField& field,
                        const Eigen::Matrix3Xd& dots, const std::string& path);

// The boundary seen from far away, shaded, with its proximal end on the left: from `towards_viewer`, and below it from
// the opposite side when there are electrodes too. `limb_axis` points from the proximal to the distal end. Electrodes
// have the colour of their grid, the first of each grid its name. Throws InputError: no boundary, no file.
void draw_mesh_surface(const TetMesh& mesh, const Eigen::Vector3d& limb_axis, const Eigen::Vector3d& towards_viewer,
                       const std::vector<Electrode>& electrodes, const std::string& path);

}  // namespace bmiss
