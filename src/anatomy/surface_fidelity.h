// How true contoured surfaces are to the voxels they came from: volumes, and how rough they are against the staircase.
#pragma once

#include <map>
#include <vector>

#include "anatomy/label_volume.h"
#include "anatomy/surface_complex.h"

namespace bmiss {

class Report;

// Angles between neighbouring facets of one interface [rad]; 0 on a plane.
struct Roughness {
  double mean = 0, percentile95 = 0;
};

// Of the interfaces that bound each label; under label 0 the outer surface of the body. Cuts do not count, nor the
// edges where three labels meet.
std::map<int, Roughness> surface_roughness(const SurfaceComplex& complex);
std::map<int, Roughness> voxel_roughness(const LabelVolume& volume);

// Label -> volume enclosed by its interfaces [m^3].
std::map<int, double> enclosed_volumes(const SurfaceComplex& complex);

// One table, and facts "contour/volume_change_mm3/label_<n>", "contour/volume_error_percent/label_<n>" and
// "contour/facet_angle_degrees/<label_n or outside>/…". `voxels`: the label map that was contoured.
void report_fidelity(const SurfaceComplex& complex, const LabelVolume& voxels, Report& report);

}  // namespace bmiss
