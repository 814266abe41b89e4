// Deliberate dirt in a phantom's label map, of the kinds that segmentations have, each counted.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bmiss {

class Parameters;
class Table;
struct Phantom;

// How many of each; nothing by default. The same seed gives the same voxels.
struct PhantomDefects {
  std::size_t islands = 0;           // boxes of 1 to 27 voxels of a wrong label inside another tissue
  std::size_t holes = 0;             // such boxes of background
  std::size_t bridges = 0;           // threads one voxel wide from a label through others to the same label
  std::size_t touching_corners = 0;  // single voxels that touch their label along an edge or at a corner only
  std::size_t slits = 0;             // cuts one voxel wide from outside, 6 voxels deep and 20 slices long
  bool one_voxel_skin = false;       // skin voxels that do not touch the outside become the tissue under the skin
  std::uint64_t seed = 1;
};

struct DefectCounts {
  std::size_t islands = 0, holes = 0, bridges = 0, touching_corners = 0, slits = 0;
  std::size_t skin_voxels = 0;  // given to the tissue under the skin
  std::size_t voxels = 0;       // changed in all
};

// Changes phantom.map and counts in phantom.defects. Defects keep two voxels apart, so that none undoes another;
// islands and holes lie inside one tissue. Throws InputError when the limb is too small for as many as wanted.
void add_defects(Phantom& phantom, const PhantomDefects& defects);

// Section "Defects" of the section now open.
void declare_defect_parameters(Parameters& parameters);
PhantomDefects parse_defect_parameters(const Parameters& parameters);

Table defect_table(const DefectCounts& counts);

}  // namespace bmiss
