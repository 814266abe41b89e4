// A conforming tetrahedral mesh of a limb: every tetrahedron carries a tissue label, every outer triangle a boundary
// part.
#pragma once

#include <Eigen/Core>
#include <array>
#include <map>
#include <string>
#include <vector>

namespace bmiss {

// Ids of the boundary parts, as they stand in mesh files.
// `cut`: another face of the image that cuts the limb; `extension`: the lateral surface of extruded ends, where no
// electrode can lie.
enum class BoundaryPart : int { skin = 1000, proximal = 1005, distal = 1006, cut = 1007, extension = 1008 };

struct TetMesh {
  Eigen::Matrix3Xd points;                    // RAS [m]
  std::vector<std::array<int, 4>> tets;       // positive volume: (p1-p0)x(p2-p0).(p3-p0) > 0
  std::vector<int> tet_labels;                // [n_tets] tissue label
  std::vector<std::array<int, 3>> triangles;  // the outer boundary, normals pointing outward
  std::vector<int> triangle_parts;            // [n_triangles] BoundaryPart
  std::map<int, std::string> tissue_names;    // label -> name
  std::vector<char> tet_extruded;             // [n_tets] 1: in an extruded end, beyond the label map; empty: none

  std::size_t n_points() const { return static_cast<std::size_t>(points.cols()); }
  std::size_t n_tets() const { return tets.size(); }
  double volume(std::size_t tet) const;  // [m^3], signed
  Eigen::Vector3d centroid(std::size_t tet) const;
  bool is_extruded(std::size_t tet) const { return !tet_extruded.empty() && tet_extruded[tet] != 0; }
  std::map<int, double> volumes() const;  // label -> [m^3]; of the limb itself, without extruded ends
  std::string hash() const;               // of points, tets, labels and what is extruded
};

// A triangulated surface (the skin, or the outside of a contoured limb), normals outward.
struct Surface {
  Eigen::Matrix3Xd points;  // [m]
  std::vector<std::array<int, 3>> triangles;
};
// Some triangles with only the points that they use, renumbered in the order of their first use.
Surface surface_of(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 3>>& triangles);
Surface skin_surface(const TetMesh& mesh);  // triangles of BoundaryPart::skin, points renumbered

// Where a tissue is: sample points with weights (volumes), from voxels or from tetrahedra.
struct TissuePoints {
  Eigen::Matrix3Xd points;  // [m]
  Eigen::VectorXd weights;  // [m^3]
};
TissuePoints tissue_points(const TetMesh& mesh, int label);  // of the limb itself, without extruded ends

}  // namespace bmiss
