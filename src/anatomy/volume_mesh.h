// Surface complex -> conforming tetrahedra with Gmsh, polished, with the skin extruded as its own layer.
#pragma once

#include <Eigen/Core>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "anatomy/size_field.h"
#include "anatomy/surface_complex.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

class Parameters;
class Report;
class Table;
class TissueTable;
struct LabelMap;

struct VolumeMeshOptions {
  double largest_edge = 6.0e-3;                     // in depth [m]
  double muscle_edge = 2.0e-3;                      // inside `fibre_labels` [m]; 0: as elsewhere
  double growth = 0.35;                             // edge length gained per length of distance from an interface
  double electrode_edge = 1.0e-3;                   // near electrodes [m]
  double electrode_radius = 6.0e-3;                 // what "near" means [m]
  double skin_thickness = 1.5e-3;                   // [m]; 0: no skin layer is added
  double end_extension = 0;                         // [m]; negative: as long as needed, see extend_ends()
  BoundaryPart low_k_end = BoundaryPart::proximal;  // proximal or distal: the end that the first slice cuts
  // No parameters here, like low_k_end, since the caller knows them:
  int skin_label = 1;          // of the extruded layer
  std::set<int> fibre_labels;  // muscles whose fibres matter
  WantedEdges wanted;          // where shorter edges are wanted, on surfaces and inside
  // Section "Mesh"; parse_parameters() compares with "Contour/Edge length".
  static void declare_parameters(Parameters& parameters);
  static VolumeMeshOptions parse_parameters(const Parameters& parameters);
};

// Longest-edge bisection of the outer triangles near `centres` until their edges are <= edge (conforming; no other
// triangles change). Works on the complex before volume meshing.
SurfaceComplex refine_surface(const SurfaceComplex& complex, const Eigen::Matrix3Xd& centres, double radius,
                              double edge);

// Refines near the electrodes (give it the complex as contoured: the skin follows the unrefined surface) and
// fills the complex (HXT with one thread, else Delaunay), polishes bad tetrahedra, extrudes the skin outward, names
// boundary parts (the cuts by the first and last slice, cut_other -> cut, the rest skin) and extends the ends.
// `gmsh_seconds` takes the CPU time of Gmsh's volume meshing alone. Throws NumericalError when no mesher fills it.
TetMesh fill_with_tets(const SurfaceComplex& complex, const TissueTable& tissues,
                       const Eigen::Matrix3Xd& electrode_centres, const VolumeMeshOptions& options, Report& report,
                       double* gmsh_seconds = nullptr);

struct MeshQuality {
  double smallest_dihedral = 0, percentile1_dihedral = 0, largest_dihedral = 0;  // [rad]; negative: inverted
  double percentile1_of_limb = 0;         // as percentile1_dihedral, without extruded ends
  std::vector<double> dihedral_of_tet;    // [n_tets] the smallest of each [rad]; negative: inverted
  std::size_t worst_tet = 0;              // with the smallest dihedral
  double worst_shape = 0;                 // 3 inradius / circumradius of the worst tetrahedron; 1: regular, 0: flat
  std::map<int, double> volume;           // label -> [m^3]; of the limb itself, without extruded ends
  std::size_t quadratic_nodes = 0;        // points and edges: the unknowns of quadratic elements
  std::size_t facets_shared_wrongly = 0;  // facets with more than two tets
  std::size_t open_facets = 0;            // outer facets that are not in mesh.triangles, and vice versa
  std::size_t leaking_edges = 0;          // of the boundary, with another number of triangles than two
  Eigen::Vector3d bad_place = Eigen::Vector3d::Zero();  // of the first facet or edge counted in the last three [m]
};
MeshQuality measure_quality(const TetMesh& mesh);
// Per tissue: label, name, tets, volume and, with a label map, its volume there and the difference [%].
Table quality_table(const TetMesh& mesh, const MeshQuality& quality, const LabelMap* map);
std::string quality_summary(const MeshQuality& quality);  // one line: angles in degrees, facets that do not fit

}  // namespace bmiss
