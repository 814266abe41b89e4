// Label maps with known geometry, so that nobody needs outside data to start.
#pragma once

#include <string>
#include <vector>

#include "anatomy/label_map.h"
#include "anatomy/tissue_table.h"

namespace bmiss {

class Parameters;

struct Phantom {
  LabelMap map;
  TissueTable tissues;
};

// Concentric layers around the z axis, limb length along z.
struct LayeredCylinderPhantom {
  std::vector<double> outer_radii{10e-3, 35e-3, 38e-3, 40e-3};              // [m], inside out
  std::vector<std::string> names{"bone", "muscle", "fat", "skin"};
  double length = 120e-3, voxel = 1e-3;                                      // [m]
};
Phantom make_layered_cylinder(const LayeredCylinderPhantom& description);

// A forearm: radius and ulna (cortical shell and marrow), at least eight named, tapering, touching muscles, connective tissue
// between them, fat of given thickness, skin. Elliptic outline that narrows towards the wrist.
struct ForearmPhantom {
  double length = 200e-3, voxel = 1e-3;       // [m]
  double fat_thickness = 3e-3, skin_thickness = 1.5e-3;
  double scale = 1.0;                         // of the whole cross-section
};
Phantom make_forearm(const ForearmPhantom& description);

// "Phantom/Shape = cylinder | forearm" and the parameters of each.
void declare_phantom_parameters(Parameters& parameters);
Phantom make_phantom(const Parameters& parameters);

}  // namespace bmiss
