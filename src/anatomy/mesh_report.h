// How well a mesh represents its label map, as one report: numbers, places, and limits that a mesh must keep.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "anatomy/volume_mesh.h"

namespace bmiss {

// An interface between two tissues of the limb itself; outer 0: the skin surface.
struct InterfaceQuality {
  int inner = 0, outer = 0;  // labels, inner > outer
  std::size_t facets = 0;
  double area = 0;  // [m^2]
  // From the facets to the voxel boundaries of both tissues: the largest and the mean distance [m]. The pair's own
  // faces would not do: where three tissues meet, two of them may touch on a few facets in the mesh and nowhere near in
  // the voxels, though no boundary has moved by more than a voxel. NaN without facets and where the map lacks one of
  // the tissues.
  double farthest = std::numeric_limits<double>::quiet_NaN(), mean = farthest;
  Eigen::Vector3d where = Eigen::Vector3d::Zero();  // of the largest
  // Faces between voxels of the pair, and those of them with no mesh boundary of one of the tissues near: a layer is
  // torn or a piece lost there. How far the next boundary is says how large the hole is, not how wrong the others are.
  std::size_t voxel_faces = 0, lost_faces = 0;
  int lost_label = 0;                                    // the tissue that misses at the worst place
  Eigen::Vector3d lost_where = Eigen::Vector3d::Zero();  // the face farthest from the mesh: in the largest hole
  double lost_share() const {
    return voxel_faces == 0 ? 0 : static_cast<double>(lost_faces) / static_cast<double>(voxel_faces);
  }
  // How far edges pass under the smooth surface that their end normals suggest [m]: what curved elements would mend.
  double largest_sagitta = 0, mean_sagitta = 0;
};

// The skin or the fat: from the facets on its outer side to the nearest facet on its inner side.
struct LayerThickness {
  int label = 0;
  double thinnest = 0, mean = 0;                    // [m]
  Eigen::Vector3d where = Eigen::Vector3d::Zero();  // of the thinnest
};

struct MeshReport {
  MeshQuality quality;
  std::vector<InterfaceQuality> interfaces;  // farthest from the voxels first
  std::vector<LayerThickness> layers;
};

// `map`: the label map that was meshed, after cleaning; null: none. Where it lacks the skin, the outside of the map is
// compared with the inner side of the skin. A face of voxels is lost where the mesh is farther than both 0.75 of
// `edge_length` (of the contour [m]) and a voxel.
MeshReport examine_mesh(const TetMesh& mesh, const TissueTable& tissues, const LabelMap* map, double edge_length);

// Tets, nodes, angles, shape, watertightness, thinnest layers, with places in millimetres.
Table mesh_table(const TetMesh& mesh, const MeshReport& report);
// The `most` interfaces farthest from their voxels.
Table interface_table(const TetMesh& mesh, const MeshReport& report, std::size_t most);
// The `most` interfaces of the voxels of which most is lost in the mesh.
Table lost_table(const TetMesh& mesh, const MeshReport& report, std::size_t most);
// Everything, one quantity a row: quantity, tissue, other_tissue, value, unit, x, y, z (mm).
void write_mesh_report(const TetMesh& mesh, const MeshReport& report, const LabelMap* map, const std::string& path);

struct MeshLimits {
  double least_dihedral = 5 * M_PI / 180;  // [rad]
  // Of a tissue above 1 cm^3 against its voxels; smaller tissues may differ by 2.5 times as much.
  double largest_volume_error = 0.1;
  // In section "Mesh".
  static void declare_parameters(Parameters& parameters);
  static MeshLimits parse_parameters(const Parameters& parameters);
};
// Throws CheckError that says what is wrong and where [mm]: facets that do not fit, a leak, a dihedral or a tissue's
// volume beyond its limit. Volumes off by more than 2 % (5 % below 1 cm^3) are warned about.
void require_quality(const TetMesh& mesh, const MeshReport& quality, const LabelMap* map, const MeshLimits& limits,
                     Report& report);

// One sentence about the interface farthest from its voxels, where that is farther than both 1.5 of the edge length
// of the contour [m] and a voxel; and one about the interface of the voxels of which most is lost, where that is more
// than 1 %: a layer is torn there though all volumes are right.
void warn_of_far_interfaces(const TetMesh& mesh, const MeshReport& quality, const LabelMap& map, double edge_length,
                            Report& report);

}  // namespace bmiss
