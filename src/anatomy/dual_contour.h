// Multi-label dual contouring (after Ju et al. 2002, "Dual contouring of Hermite data"): one quad across every lattice
// edge between two regions, and in every lattice cell one vertex for each sheet of interfaces that passes through it
// (after Schaefer, Ju & Warren 2007, "Manifold dual contouring"): the two sides of a thin layer keep their own
// vertices.
#pragma once

#include "anatomy/contour_lattice.h"
#include "anatomy/label_field.h"
#include "anatomy/quad_complex.h"

namespace bmiss {

// Vertices start at the mean of the crossings of phi_a - phi_b on the lattice edges of their sheet.
QuadComplex contour_lattice(const ContourLattice& lattice, const LabelField& field);

}  // namespace bmiss
