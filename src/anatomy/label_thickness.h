// How thin a label gets, and where: by the balls that fit into it (Hildebrand & Rueegsegger 1997).
#pragma once

#include <Eigen/Core>
#include <map>
#include <set>

#include "anatomy/label_volume.h"

namespace bmiss {

struct LabelThickness {
  // The largest diameter [m] of balls that still cover 95 % of the label up to one voxel (the finest spacing): the rest
  // is left to rough surfaces and sharp edges. Found to a tenth of a voxel.
  double thinnest = 0;
  // In the middle of the largest connected group of voxels that somewhat larger balls miss; the voxel.
  std::array<int, 3> place{};
  double thickest = 0;  // diameter of the largest ball that fits [m]
};

enum class ThicknessDetail { thickest_only, thinnest_too };
// Of the given labels. The image's own sides count as inside, because labels go on beyond them; a label without any
// other surface has thickness 0.
std::map<std::int32_t, LabelThickness> label_thicknesses(const LabelVolume& volume,
                                                         const std::set<std::int32_t>& labels, ThicknessDetail detail);

}  // namespace bmiss
