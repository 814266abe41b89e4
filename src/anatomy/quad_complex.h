// The quads of a contoured lattice, and the room that its cells leave to each vertex.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "anatomy/contour_lattice.h"

namespace bmiss {

struct QuadComplex {
  // Vertices keep to this share of their cell.
  static constexpr double share_of_cell = 0.9;
  std::vector<Eigen::Vector3d> points;      // [n_vertices], m
  std::vector<Eigen::Vector3d> centres;     // [n_vertices] of their cells in the regular lattice
  std::vector<Eigen::Vector3d> middles;     // [n_vertices] of the boxes that they keep to …
  std::vector<Eigen::Vector3d> rooms;       // [n_vertices] … and half the boxes' edges
  std::vector<Eigen::Vector3d> homes;       // [n_vertices] middle of the vertex's sheet; of the box when it is alone
  std::vector<std::array<bool, 3>> pinned;  // [n_vertices] the vertex lies on a side of the image across this axis
  std::vector<std::vector<int>> labels;     // [n_vertices] sorted dense labels that its quads separate, 0 included
  std::vector<std::size_t> cell;            // [n_vertices]; the vertices of one cell are neighbours in the list
  std::vector<std::array<int, 4>> quads;    // normal from the first to the second region
  std::vector<std::array<int, 2>> regions;  // [n_quads] {inner, outer} as in SurfaceComplex
  // [n_quads] the lattice point on the inner side, and on the outer side where a region is there
  std::vector<std::array<std::array<int, 3>, 2>> sides;
  // [n_passages of the lattice] the two sheets beside each passage, in the cells on both sides of its face
  std::vector<std::array<std::array<int, 2>, 2>> passages;
  std::vector<char> tiny;  // [n_regions] held by so few lattice points that fairing would crush it

  // Back into its box, onto its plane and to its own side of the other sheets of the cell.
  void confine(std::size_t vertex);
  bool shares_cell(std::size_t vertex) const;
  // Leaves the cells of these vertices one vertex each, at the centre; the others are no longer used.
  void merge_cells(const std::vector<int>& vertices);
  // Regions that hang together only through passages whose sheets share their vertices touch along lines: they become
  // regions of their own, in the lattice too.
  void part_regions(ContourLattice& lattice);
};

double smallest_angle(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c);  // [rad]
// Halves of the quads along the diagonal that gives the larger smallest angle; quad q becomes triangles 2q and 2q + 1.
std::vector<std::array<int, 3>> split_quads(const QuadComplex& complex);

}  // namespace bmiss
