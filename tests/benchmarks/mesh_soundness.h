// Is a mesh file a sound mesh of its label map? Counted from the file alone, without the code that made it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "anatomy/label_map.h"
#include "benchmarks/msh_contents.h"

namespace bmiss::bench {

// All zero in a conforming mesh with a manifold boundary.
struct Conformity {
  std::size_t inverted = 0;        // tets without positive volume
  std::size_t shared_wrongly = 0;  // facets of more than two tets
  std::size_t same_side = 0;       // facets whose two tets lie on the same side
  std::size_t unlisted = 0;        // facets of one tet that are not once among the boundary triangles
  std::size_t unfounded = 0;       // boundary triangles that are no facet of one tet, or turned inwards
  double volume_mismatch = 0;      // between the tets and what the boundary encloses, of the latter
  std::size_t bad_edges = 0;       // of the boundary, without exactly one triangle on each side
  std::size_t bad_vertices = 0;    // of the boundary, whose triangles are not one fan
  std::size_t shells = 0;          // connected pieces of the boundary: 1, and one more for each hollow

  bool conforming() const;
  bool manifold() const { return bad_edges + bad_vertices == 0; }
  std::string conforming_text() const;  // "yes", or what is wrong
  std::string manifold_text() const;
};
Conformity examine_conformity(const MshContents& mesh);

struct Shapes {
  double least_dihedral = 0, percentile1 = 0;                  // [deg]; negative: inverted
  double least_dihedral_of_limb = 0, percentile1_of_limb = 0;  // without extruded ends
  std::size_t quadratic_nodes = 0;
};
Shapes measure_shapes(const MshContents& mesh);

std::map<int, double> volumes(const MshContents& mesh);  // label -> [mm3]; without extruded ends

// Facets between two tissues (without extruded ends), and those of them without both labels within `reach` [mm] in the
// label map; the skin, which may have been made from less than it covers, counts as found where the body ends.
struct Interfaces {
  std::size_t facets = 0, misplaced = 0;
};
Interfaces compare_interfaces(const MshContents& mesh, const LabelMap& map, int skin_label, double reach);

}  // namespace bmiss::bench
