// Directions of fibres without the roughness of the muscle's surface.
#pragma once

#include <Eigen/Core>

#include "anatomy/muscle_tets.h"

namespace bmiss {

// Unit directions of a piece's tetrahedra [3 x n], smoothed along themselves: minimises
// |f - g|^2 + (wavelength / 2 pi)^4 |d2f/ds2|^2 over the piece (s along the fibre), which halves what varies with this
// wavelength [m], removes what is shorter with the fourth power, and keeps fields that change linearly along the fibre
// up to its ends. Wavelength 0: only averaged over neighbouring tetrahedra.
//
// Why: a field that follows the surface of a label map also follows its voxels, by a fraction of a degree and on every
// mesh in another way. In an anisotropic conductor such bends scatter current, and action potentials of single fibres
// amplify that a hundredfold.
void smooth_along_fibres(const MuscleTets& piece, double wavelength, Eigen::Matrix3Xd& directions);

}  // namespace bmiss
