// Tetrahedra without volume in the planes that cut the limb.
#pragma once

#include <cstddef>

namespace bmiss {

struct LimbTets;

// Drops tetrahedra whose four vertices lie in one cut, with two facets on it: no move within the plane gives them a
// volume. The two facets behind them become the boundary there (the other diagonal of the same quadrilateral). Meshers
// leave such tetrahedra where triangles of the cut are narrow. Returns how many.
std::size_t drop_flat_tets(LimbTets& limb);

}  // namespace bmiss
