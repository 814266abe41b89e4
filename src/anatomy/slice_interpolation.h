// Shape-based interpolation between thick slices (Raya & Udupa 1990): signed distances per label, linear between
// slices, argmax. A part that moves sideways by about its width or more from one slice to the next, as a thin bone or
// muscle that runs obliquely does, is carried along its shift instead: it would break into one island per slice.
#pragma once

#include "anatomy/label_volume.h"

namespace bmiss {

// While one spacing exceeds `ratio` times the smallest: divides the voxels along the coarsest axis so that they become
// nearly cubic. The image keeps its extent; a volume that is already isotropic comes back unchanged.
LabelVolume interpolate_slices(LabelVolume volume, double ratio);

}  // namespace bmiss
