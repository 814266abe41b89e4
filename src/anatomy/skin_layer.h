// The skin as its own layer: prisms extruded outward from the outer triangles, cut into tetrahedra.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

namespace bmiss {

struct SurfaceComplex;

// A mesh under construction: as TetMesh, with the codes of SurfaceComplex on the outer triangles.
struct LimbTets {
  Eigen::Matrix3Xd points;  // [m]
  std::vector<std::array<int, 4>> tets;
  std::vector<int> tet_regions;
  std::vector<std::array<int, 3>> triangles;  // the whole boundary, normals outward
  std::vector<int> triangle_codes;            // SurfaceComplex::outside, cut_low_k, …
};

// The points and outer triangles of a complex, without tets.
LimbTets boundary_of(const SurfaceComplex& complex);

struct SkinLayerResult {
  std::size_t tets = 0;
  int most_layers = 0;
  std::size_t uncovered = 0;  // triangles of closed hollows inside the limb: they get no skin
};

// Outward directions at the points of the triangles with code `outside` [3 x n_points; about unit length, zero
// elsewhere]; the tets play no part. At the cuts they lie in the plane of the cut. Throws NumericalError where no skin
// can be laid.
Eigen::Matrix3Xd skin_directions(const LimbTets& limb, double thickness);

// Volume between the covered triangles and the same triangles moved by thickness * directions [m^3].
double skin_volume(const LimbTets& limb, const Eigen::Matrix3Xd& directions, double thickness);
// The thickness with which the layer around the limb, laid along skin_directions(), has a volume [m^3]; 0 for no
// volume. Throws NumericalError where none up to `largest` does.
double skin_thickness_of_volume(const SurfaceComplex& complex, double volume, double largest = 20e-3);

// Covers the triangles with code `outside`. Layers are as many as keep thickness / layers <= 1.5 x the facet edge at
// each point. The side walls at the cuts get the code of the cut. New tets get region `skin_region`.
SkinLayerResult add_skin_layer(LimbTets& limb, const Eigen::Matrix3Xd& directions, double thickness, int skin_region);

}  // namespace bmiss
