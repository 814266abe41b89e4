// Coarse meshes of the outside label maps without their skin, for tests of what is done with a mesh.
#pragma once

#include <string>

#include "anatomy/contour.h"
#include "anatomy/label_map.h"
#include "anatomy/tissue_table.h"
#include "anatomy/volume_mesh.h"
#include "base/report.h"
#include "support/test_files.h"

namespace bmiss::test {

struct MeshedLimb {
  LabelMap map;
  TissueTable tissues;
  TetMesh mesh;
};

// `name`: "calf_qmri" or "forearm_bp3d"; triangles about `edge` [m]. The last slice is proximal.
inline MeshedLimb mesh_outside_limb(const std::string& name, double edge, Report& report) {
  MeshedLimb limb;
  limb.map = read_label_map(shared_path("data/anatomy/" + name + "_1mm.nii.gz"));
  limb.tissues = TissueTable::read(shared_path("data/anatomy/" + name + "_labels.txt"));
  ContourOptions contour;
  contour.edge_length = edge;
  VolumeMeshOptions options;
  options.skin_thickness = 0;  // muscles do not need it
  limb.mesh = fill_with_tets(contour_label_map(limb.map, {1}, contour, report), limb.tissues, {}, options, report);
  for (int& part : limb.mesh.triangle_parts) {
    if (part == static_cast<int>(BoundaryPart::proximal))
      part = static_cast<int>(BoundaryPart::distal);
    else if (part == static_cast<int>(BoundaryPart::distal))
      part = static_cast<int>(BoundaryPart::proximal);
  }
  return limb;
}

}  // namespace bmiss::test
