// Multi-label dual contouring (after Ju et al. 2002, "Dual contouring of Hermite data"): one vertex in every lattice
// cell that holds two regions, one quad across every lattice edge between two regions.
#pragma once

#include <Eigen/Core>
#include <Eigen/Geometry>
#include <array>
#include <vector>

#include "anatomy/label_field.h"
#include "anatomy/label_volume.h"

namespace bmiss {

// Lattice points with the dense label numbers of a LabelField, and the region (connected piece) of each.
struct ContourLattice {
  LabelVolume points;
  std::vector<int> region;        // [n_points]; SurfaceComplex::outside for label number 0
  std::vector<int> region_label;  // [n_regions] dense label number

  // Region of any lattice place; one step beyond the image the codes of SurfaceComplex for cuts.
  int region_at(const std::array<int, 3>& place) const;
};

// Divides the extent of the image into steps as near to `step` as fit, so that its sides lie half a step beyond the
// outermost points.
LabelVolume sample_lattice(const LabelField& field, const Eigen::Vector3d& extent, double step);
// A layer thinner than the lattice step can pass between two lattice points of other labels and would be torn there.
// Where a third label holds at least a third of the edge between two points of different labels, the nearer one of them
// (never one outside the body) joins it: the layer stays closed, and its vertices go to its true sides as far as their
// cells allow. Returns the number of points changed.
std::size_t keep_thin_layers(LabelVolume& points, const LabelField& field);
ContourLattice number_regions(LabelVolume points);

struct QuadComplex {
  // Vertices keep to a box of +-room around the centre of their cell.
  static constexpr double share_of_cell = 0.76;
  Eigen::Vector3d room;                          // [m]
  std::vector<Eigen::Vector3d> points, centres;  // [n_vertices], m
  std::vector<std::array<bool, 3>> pinned;       // [n_vertices] the vertex lies on a side of the image across this axis
  std::vector<std::vector<int>> labels;          // [n_vertices] sorted dense labels of the cell's corners, 0 included
  std::vector<std::array<int, 4>> quads;         // normal from the first to the second region
  std::vector<std::array<int, 2>> regions;       // [n_quads] {inner, outer} as in SurfaceComplex

  void confine(std::size_t vertex);  // back into its box and onto its plane
};

// Vertices start at the mean of the crossings of phi_a - phi_b on the edges of their cell.
QuadComplex contour_lattice(const ContourLattice& lattice, const LabelField& field);

// Halves of the quads along the diagonal that gives the larger smallest angle; quad q becomes triangles 2q and 2q + 1.
std::vector<std::array<int, 3>> split_quads(const QuadComplex& complex);

}  // namespace bmiss
