// Label map -> smooth, conforming multi-label surfaces: cleaning, volume-preserving smoothing, dual contouring.
#pragma once

#include <string>
#include <vector>

#include "anatomy/label_map.h"
#include "anatomy/surface_complex.h"

namespace bmiss {

class Parameters;
class Report;
class TissueTable;

struct ContourOptions {
  double edge_length = 2.0e-3;   // lattice step [m]
  double smoothing = 1.1;        // Gaussian width in voxels of the finest spacing
  double outer_smoothing = 1.6;  // the same for the outer surface
  int smallest_island = 30;      // components with fewer voxels take the majority label of their neighbours
  int bias_sweeps = 60;          // of the fixed point that keeps the volume of each label
  static void declare_parameters(Parameters& parameters);
  static ContourOptions parse_parameters(const Parameters& parameters);
};

// The label for unlabelled places inside the body: connective tissue where the table has it, else the most frequent
// label that is not skin, bone or marrow. Throws InputError when the map is empty.
int default_fill_label(const LabelMap& map, const TissueTable& tissues);

// `dropped_labels` (the skin) count as outside: that layer is extruded later. Throws InputError when nothing is left.
SurfaceComplex contour_label_map(const LabelMap& map, const std::vector<int>& dropped_labels,
                                 const ContourOptions& options, Report& report);

}  // namespace bmiss
