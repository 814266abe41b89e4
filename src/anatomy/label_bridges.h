// Necks one voxel thin between two bodies of one label, which would become needles in a mesh.
#pragma once

#include <cstdint>
#include <set>

#include "anatomy/label_volume.h"

namespace bmiss {

// Bodies are what 2 x 2 x 2 voxels of the label can sweep by steps of one voxel (2 x 2 x 1 where slices are more
// than 1.5 times as thick as pixels are wide; only necks within a slice are looked for then). Two bodies are joined by
// the voxels with which the smaller touches the other along a line, and by pieces of voxels that no block covers or
// that both cover. Where such a joint has at most `largest` voxels and the bodies would not hang together without it,
// it is a bridge and takes the labels around it. Only the given labels are looked at: layers (skin, fascia) and vessels
// are thin by nature. Returns the number of bridges cut.
std::size_t cut_bridges(LabelVolume& volume, const std::set<std::int32_t>& labels, std::size_t largest);

}  // namespace bmiss
