// What a .msh file holds, taken as it stands: a reader of its own, so that nothing is put right on the way.
#pragma once

#include <Eigen/Core>
#include <array>
#include <map>
#include <string>
#include <vector>

namespace bmiss::bench {

struct MshContents {
  Eigen::Matrix3Xd points;                    // [mm], in the order of the file
  std::vector<std::array<int, 4>> tets;       // places in `points`
  std::vector<int> tet_labels;                // physical group of the tet's volume
  std::vector<char> tet_extruded;             // 1: in a volume entity of the extruded ends
  std::vector<std::array<int, 3>> triangles;  // of physical surfaces
  std::vector<int> triangle_parts;            // physical group
  std::map<int, std::string> volume_names;    // physical group -> name
};

// Binary 4.1 with 8-byte sizes (Gmsh reference manual, "MSH file format"), lines, linear triangles and tetrahedra.
// Throws std::runtime_error: another format, another element type, an element whose nodes are missing or that belongs
// to no or to several physical groups.
MshContents read_msh_contents(const std::string& path);

}  // namespace bmiss::bench
