// Meshes in and out: Gmsh .msh (4.1 binary out, any version in), and .vtu for ParaView. Files are in millimetres.
#pragma once

#include <Eigen/Core>
#include <map>
#include <string>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

class TissueTable;

// Physical volumes are tissues (tag = label, name = tissue name), physical surfaces are boundary parts. Extruded
// tetrahedra belong to the physical volume of their tissue but have a volume entity of their own, with this number more
// than the label.
inline constexpr int first_extruded_entity = 1000000;
void write_msh(const TetMesh& mesh, const std::string& path);

// Reads linear tetrahedra with physical groups. `unit` is the unit of the file's coordinates ("mm", "m", …). When there
// are no boundary triangles they are made from the tets (all `skin`). Throws InputError: not readable, no tetrahedra, a
// tet without physical group or with a label that the table lacks, inverted or degenerate tets, an extent that no limb
// has (smaller than 20 mm or larger than 2 m across: says which unit would fit).
TetMesh read_msh(const std::string& path, const std::string& unit, const TissueTable& tissues);

// Data on tets or points for ParaView: name (with unit) -> values, [1 or 3 x n].
using VtuFields = std::map<std::string, Eigen::MatrixXd>;
void write_vtu(const TetMesh& mesh, const std::string& path, const VtuFields& on_tets, const VtuFields& on_points);
// Points [3 x n] without a mesh (cells of one vertex each).
void write_vtu_points(const Eigen::Matrix3Xd& points, const std::string& path, const VtuFields& on_points);

}  // namespace bmiss
