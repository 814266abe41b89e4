#include <algorithm>
#include <set>

#include "anatomy/contour.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"

namespace bmiss {

int default_fill_label(const LabelMap& map, const TissueTable& tissues) {
  const auto connective = tissues.of_kind(TissueKind::connective);
  if (!connective.empty()) return connective.front()->label;
  // Skin and bone are shells and cores, never what fills a gap between muscles.
  std::set<std::int32_t> unfit;
  for (const TissueKind kind : {TissueKind::skin, TissueKind::bone, TissueKind::marrow})
    for (const Tissue* tissue : tissues.of_kind(kind)) unfit.insert(tissue->label);
  std::int32_t best = 0;
  std::size_t most = 0;
  for (const bool any : {false, true}) {
    for (const auto& [label, voxels] : map.voxel_counts()) {
      if (label == 0 || voxels <= most || (!any && unfit.count(label) != 0)) continue;
      best = label;
      most = voxels;
    }
    if (best != 0) return best;
  }
  throw InputError("the label map holds no tissue: every voxel is 0; give a segmented map");
}

}  // namespace bmiss
