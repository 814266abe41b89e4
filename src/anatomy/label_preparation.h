// From a segmentation as it comes to the map that is meshed: one limb along k, without rubbish, with fat where it is
// asked for.
#pragma once

#include <Eigen/Core>
#include <optional>

#include "anatomy/label_map.h"
#include "anatomy/label_orientation.h"
#include "anatomy/tissue_table.h"

namespace bmiss {

class Parameters;
class Report;

struct PreparationOptions {
  std::optional<Eigen::Vector3d> limb;  // a point in the wanted limb, RAS [m]; none: the largest
  std::optional<int> limb_axis;         // voxel axis along the limb; none: found
  ProximalEnd proximal = ProximalEnd::first_slice;
  double least_fat_thickness = 0;  // [m]; 0: fat as in the map
  int smallest_island = 30;        // [voxels]
  // Section "Label map"; "Proximal end" stands in "Anatomy", "Smallest island" in "Contour".
  static void declare_parameters(Parameters& parameters);
  static PreparationOptions parse_parameters(const Parameters& parameters);
};

struct PreparedLabelMap {
  LabelMap map;         // limb along k, i and j towards the positive side of their world axes
  TissueTable tissues;  // with "subcutaneous_fat" when it was missing and had to grow; no label of a rule is left
  bool low_k_is_proximal = true;
};

// In this order: rules of the table (merge, ignore); all skin becomes the first tissue of that kind; voxel axes turned; other limbs dropped; islands and voids cleaned;
// bridges of bone, marrow and muscle one voxel thin cut; fat grown to the least thickness; a margin where the body only
// grazes a side of the image. Reports what each step did to each label [mm3] (table and facts "label map/…"), the sides
// that cut the limb, labels of the table that the map lacks; warns of muscles thinner than two voxels, of a limb in
// pieces, of labels that vanished and of limbs dropped. Throws InputError: nothing left, one label only, no limb at the
// point asked for. `raw` must hold only labels that the table has.
PreparedLabelMap prepare_label_map(const LabelMap& raw, const TissueTable& tissues, const PreparationOptions& options,
                                   Report& report);

}  // namespace bmiss
