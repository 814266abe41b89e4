// Continues the labels of a body into the outside around it.
#pragma once

#include "anatomy/label_volume.h"

namespace bmiss {

// Outside voxels at most `layers` face steps away from the body take the label of a nearest body voxel.
LabelVolume extend_labels(const LabelVolume& volume, int layers);

}  // namespace bmiss
