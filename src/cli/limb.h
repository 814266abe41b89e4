// What several stages need to know about a limb: its axis, its skin, and where the electrodes go.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <vector>

#include "anatomy/electrode_grid.h"
#include "anatomy/label_map.h"
#include "anatomy/limb_ends.h"
#include "anatomy/surface_complex.h"
#include "anatomy/tet_mesh.h"
#include "anatomy/tissue_table.h"

namespace bmiss {

class Report;
class Study;

// A limb as the electrodes see it: before the volume mesh exists (from the contour) or from the mesh. Without extruded
// ends.
struct Limb : LimbFrame {
  Surface skin;
  std::function<TissuePoints(int label)> tissue;  // where a tissue lies
  double layer_to_come = 0;                       // thickness of the skin that is not yet in `skin` [m]
};
// `map` must outlive the result.
Limb limb_of(const SurfaceComplex& complex, const LabelMap& map, bool proximal_is_low_k);
// `mesh` must outlive the result.
Limb limb_of(const TetMesh& mesh);

// Electrodes of all grids, in the order of the study. Tells what is worth telling about each, once the skin is
// complete.
std::vector<Electrode> lay_grids(const Study& study, const TissueTable& tissues, const Limb& limb, Report& report);
// The one nearest to the middle of all: where pictures look. Not for an empty list.
const Electrode& middle_electrode(const std::vector<Electrode>& electrodes);
Eigen::Matrix3Xd positions(const std::vector<Electrode>& electrodes);
std::vector<Electrode> on_skin(const std::vector<Electrode>& electrodes);  // without contacts inside the limb
Electrode lay_reference(const Study& study, const std::vector<Electrode>& electrodes, const Limb& limb);

}  // namespace bmiss
