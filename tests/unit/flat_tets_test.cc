// Tetrahedra without volume in a cut of the limb go; the mesh stays closed.
#include "anatomy/flat_tets.h"

#include <gtest/gtest.h>

#include <set>

#include "anatomy/skin_layer.h"
#include "anatomy/surface_complex.h"
#include "anatomy/tet_shape.h"

namespace bmiss {
namespace {

constexpr int apex = 4;

bool is_base(const std::array<int, 3>& triangle) {
  return triangle[0] != apex && triangle[1] != apex && triangle[2] != apex;
}

// A pyramid of two tetrahedra over the diagonal 1-3 of its base, and one without volume under the base, whose outer
// facets meet in the diagonal 0-2.
LimbTets pyramid(int code_of_base) {
  LimbTets limb;
  limb.points.resize(3, 5);
  limb.points << 0, 1, 1, 0, 0.5, 0, 0, 1, 1, 0.5, 0, 0, 0, 0, 1;
  limb.tets = {{0, 1, 3, 4}, {1, 2, 3, 4}, {0, 3, 1, 2}};
  limb.tet_regions = {5, 5, 5};
  limb.triangles = boundary_facets(limb.tets);
  for (const auto& triangle : limb.triangles)
    limb.triangle_codes.push_back(is_base(triangle) ? code_of_base : SurfaceComplex::outside);
  return limb;
}

TEST(FlatTets, InACutAreDroppedAndTheOtherDiagonalBecomesTheBoundary) {
  LimbTets limb = pyramid(SurfaceComplex::cut_low_k);
  ASSERT_EQ(limb.triangles.size(), 6u);
  ASSERT_EQ(tet_volume(limb.points, limb.tets[2]), 0);
  EXPECT_EQ(drop_flat_tets(limb), 1u);
  EXPECT_EQ(limb.tets, (std::vector<std::array<int, 4>>{{0, 1, 3, 4}, {1, 2, 3, 4}}));
  EXPECT_EQ(limb.tet_regions, (std::vector<int>{5, 5}));
  // Closed around what is left, with outward normals, and the cut still has both its triangles.
  std::set<std::pair<std::array<int, 3>, bool>> expected, found;
  for (const auto& t : boundary_facets(limb.tets)) expected.emplace(ascending(t), is_even(t));
  for (const auto& t : limb.triangles) found.emplace(ascending(t), is_even(t));
  EXPECT_EQ(found, expected);
  for (std::size_t i = 0; i < limb.triangles.size(); ++i)
    EXPECT_EQ(limb.triangle_codes[i] == SurfaceComplex::cut_low_k, is_base(limb.triangles[i]));
  EXPECT_EQ(drop_flat_tets(limb), 0u);
}

TEST(FlatTets, OnTheSkinStayForThePolishToRaise) {
  LimbTets limb = pyramid(SurfaceComplex::outside);
  EXPECT_EQ(drop_flat_tets(limb), 0u);
  EXPECT_EQ(limb.tets.size(), 3u);
}

}  // namespace
}  // namespace bmiss
