#include "anatomy/flat_tets.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "anatomy/skin_layer.h"
#include "anatomy/surface_complex.h"
#include "anatomy/tet_shape.h"

namespace bmiss {

namespace {

// Of a dihedral angle: rounding lifts points of a plane by some 1e-12 m.
constexpr double flat_sine = 1e-6;

using CutTriangles = std::map<std::array<int, 3>, std::size_t>;  // vertices, ascending -> triangle

CutTriangles triangles_of_cuts(const LimbTets& limb) {
  CutTriangles result;
  for (std::size_t i = 0; i < limb.triangles.size(); ++i)
    if (limb.triangle_codes[i] != SurfaceComplex::outside) result.emplace(ascending(limb.triangles[i]), i);
  return result;
}

bool is_flat(const LimbTets& limb, const std::array<int, 4>& tet) {
  Eigen::Vector3d corners[4];
  for (std::size_t k = 0; k < 4; ++k) corners[k] = limb.points.col(tet[k]);
  return std::abs(smallest_dihedral_sine(corners)) < flat_sine;
}

// True when the tetrahedron went.
bool take_off(LimbTets& limb, const std::array<int, 4>& tet, CutTriangles& cuts) {
  std::vector<std::size_t> taken;             // triangles
  std::vector<std::array<int, 3>> left_open;  // facets behind the tetrahedron, outward from what stays
  for (int facet = 0; facet < 4; ++facet) {
    const auto vertices = facet_vertices(tet, facet);
    const auto found = cuts.find(ascending(vertices));
    if (found != cuts.end())
      taken.push_back(found->second);
    else
      left_open.push_back({vertices[0], vertices[2], vertices[1]});
  }
  if (taken.size() != 2 || limb.triangle_codes[taken[0]] != limb.triangle_codes[taken[1]]) return false;
  for (std::size_t i = 0; i < 2; ++i) {
    cuts.erase(ascending(limb.triangles[taken[i]]));
    limb.triangles[taken[i]] = left_open[i];
    cuts.emplace(ascending(left_open[i]), taken[i]);
  }
  return true;
}

}  // namespace

std::size_t drop_flat_tets(LimbTets& limb) {
  CutTriangles cuts = triangles_of_cuts(limb);
  std::vector<std::size_t> flat;
  for (std::size_t t = 0; t < limb.tets.size(); ++t)
    if (is_flat(limb, limb.tets[t])) flat.push_back(t);
  std::vector<char> dropped(limb.tets.size(), 0);
  // One may lie behind another.
  std::size_t count = 0, before = 1;
  while (count != before) {
    before = count;
    for (const std::size_t t : flat)
      if (dropped[t] == 0 && take_off(limb, limb.tets[t], cuts)) {
        dropped[t] = 1;
        ++count;
      }
  }
  std::size_t kept = 0;
  for (std::size_t t = 0; t < limb.tets.size(); ++t) {
    if (dropped[t] != 0) continue;
    limb.tets[kept] = limb.tets[t];
    limb.tet_regions[kept++] = limb.tet_regions[t];
  }
  limb.tets.resize(kept);
  limb.tet_regions.resize(kept);
  return count;
}

}  // namespace bmiss
