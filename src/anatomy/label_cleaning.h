// Removes islands and interior voids from a label volume; the same rules serve the image and the contouring lattice.
#pragma once

#include <optional>
#include <set>

#include "anatomy/label_volume.h"

namespace bmiss {

class Report;

struct CleaningCounts {
  std::map<std::int32_t, std::size_t> islands, removed, gained;  // label -> pieces, voxels, voxels
  std::size_t voids = 0, void_voxels = 0;                        // background enclosed by the body, filled
};

// Pieces with fewer than `smallest` voxels take the majority label of the larger pieces around them (ties: the lowest
// label). Background that reaches no side of the image but the first and last slices is a void: `void_label`, or
// without one the majority label around it.
// Pieces of `layers` that touch the outside or another layer stay, however small: a skin one voxel thick hangs together
// over edges only. Pieces that `joined` connects count as one.
CleaningCounts clean_labels(LabelVolume& volume, std::size_t smallest, std::optional<std::int32_t> void_label,
                            const std::set<std::int32_t>& layers = {}, const std::vector<VoxelPair>& joined = {});

// Adds body points until no two parts of the body, and no two parts of the outside, touch only along an edge or at a
// corner: then the outer surface is a 2-manifold. Returns the number of points added.
std::size_t separate_touching_outside(LabelVolume& volume);

// Table, facts under "<place>/…" and a warning for each label that vanished.
void report_cleaning(const CleaningCounts& counts, const std::map<std::int32_t, std::size_t>& before,
                     const LabelVolume& after, const std::string& place, Report& report);

}  // namespace bmiss
