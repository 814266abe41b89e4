// Fat of a least thickness between the skin and everything else, for maps in which it is thin, torn or missing.
#pragma once

#include <set>

#include "anatomy/label_map.h"

namespace bmiss {

struct FatLayer {
  std::int32_t fat = 0;            // the label that grows
  std::set<std::int32_t> all_fat;  // labels that count as fat already
  std::set<std::int32_t> skin;     // pushed outward where fat grows into it
  double thickness = 0;            // [m]
};

// `map` has its limb along k. Fat grows outward only, into the outside and the skin: places nearer than the thickness
// to a tissue that is neither become fat. Skin displaced so is laid over the new fat, as much of it as keeps its mean
// thickness (volume over the surface under it). The image grows where fat or skin would leave it through a side that
// does not cut the limb; the end slices stay the ends.
LabelMap grow_fat(const LabelMap& map, const FatLayer& layer);

}  // namespace bmiss
