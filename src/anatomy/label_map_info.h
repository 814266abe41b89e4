// What a label map holds, told label by label: the answer of `bmiss info labels.nii.gz`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "anatomy/label_map.h"

namespace bmiss {

class Table;
class TissueTable;

struct LabelFacts {
  std::size_t voxels = 0;
  std::size_t components = 0;              // connected through voxel faces
  std::size_t largest_component = 0;       // [voxels]
  std::array<int, 3> lowest{}, highest{};  // bounding box, voxel indices, both inclusive
  std::set<std::int32_t> touching;  // labels that share a voxel face with it; 0: the outside (not the image's border)
};

// One entry per label present, background left out.
std::map<std::int32_t, LabelFacts> label_facts(const LabelMap& map);

// Number of the face-connected component of equal label that each voxel belongs to, from 0 in the order of the first
// voxel; background components are numbered too.
struct LabelComponents {
  std::vector<std::int32_t> number;  // [n_voxels]
  std::vector<std::int32_t> label;   // [n_components]
  std::vector<std::size_t> voxels;   // [n_components]
};
LabelComponents label_components(const LabelMap& map);

// Columns: label, name, kind, voxels, volume [mm3], components, box [voxels], thinnest [mm] (of LabelThickness; "-" for
// a label without a surface), where it is so [RAS, mm], touches. Without a table
// (nullptr) or for a label that it lacks, name and kind are "?"; a label with a rule has that for a kind.
Table label_map_table(const LabelMap& map, const TissueTable* tissues);

}  // namespace bmiss
