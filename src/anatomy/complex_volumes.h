// The volumes that a quad complex encloses, and how they are brought back to those of the voxels.
#pragma once

#include <array>
#include <vector>

#include "anatomy/dual_contour.h"
#include "anatomy/surface_smoothing.h"

namespace bmiss {

// [n_labels] of dense labels, m^3; `triangles` as split_quads() makes them.
std::vector<double> measured_volumes(const QuadComplex& complex, const std::vector<std::array<int, 3>>& triangles,
                                     const ContourLattice& lattice, std::size_t n_labels);

// Flat triangles on curved interfaces lose some volume: further bias steps give it back, towards `target` [n_labels].
// The best of all rounds is kept, as layers that the lattice can hardly hold do not follow.
void match_complex_volumes(QuadComplex& complex, const VertexGraph& graph, const ContourLattice& lattice,
                           LabelField& field, const std::vector<double>& target);

// A region of few lattice points has so few vertices that biases hardly reach its volume: it is blown up about its
// middle, where it is its label's only one.
void match_tiny_regions(QuadComplex& complex, const ContourLattice& lattice, const std::vector<double>& target);

}  // namespace bmiss
