// Label maps with known geometry, so that nobody needs outside data to start.
#pragma once

#include <string>
#include <vector>

#include "anatomy/label_map.h"
#include "anatomy/phantom_defects.h"
#include "anatomy/tissue_table.h"

namespace bmiss {

class Parameters;

struct Phantom {
  LabelMap map;
  TissueTable tissues;
  DefectCounts defects;  // made on purpose
};

// Both phantoms: label 1 skin, 2 fat, 3 bone, 4 marrow, 5 connective tissue, muscles from 11 on; slice k = 0 is the
// proximal end, and the limb is cut by the first and the last slice. They throw InputError for what cannot be drawn:
// radii that do not increase, a layer thinner than a voxel, fat thicker than the limb, more than 400 million voxels.

// Concentric layers around the z axis, from z = 0 (proximal) to z = length (rounded to whole voxels). The kind of each
// tissue is guessed from its name; of several layers of one kind the inner one gets the label above, muscles go on from
// 12, others from 31.
struct LayeredCylinderPhantom {
  std::vector<double> outer_radii{10e-3, 35e-3, 38e-3, 40e-3};  // [m], inside out
  std::vector<std::string> names{"bone", "muscle", "fat", "skin"};
  double length = 120e-3, voxel = 1e-3;  // [m]
};
Phantom make_layered_cylinder(const LayeredCylinderPhantom& description);

// A right forearm hanging down in supination (RAS: lateral +x, palm +y; k runs down), of the size of the mean adult of
// Holzbaur et al. 2007: radius and ulna (cortical shell and marrow), interosseous membrane, 17 named muscles with their
// volumes, belly lengths and places (sources in phantom_forearm_muscles.cc), thin connective tissue between the flexor,
// extensor and radial compartments and in place of tendons, fat of given thickness, skin. Every muscle is one
// face-connected piece. The muscles do not depend on fat, skin or (but for voxel effects) the voxel size.
struct ForearmPhantom {
  double length = 200e-3;  // [m]; the anatomy from 3 cm below the elbow to 3 cm above the wrist is stretched to it
  double voxel = 1e-3;     // [m]
  double fat_thickness = 3e-3, skin_thickness = 1.5e-3;  // outside the muscles; 0: none
  double scale = 1.0;                                    // of bones and muscles across the limb
};
Phantom make_forearm(const ForearmPhantom& description);

// "Phantom/Shape = cylinder | forearm" and "Phantom/Cylinder/…", "Phantom/Forearm/…" with the parameters of each, and
// "Phantom/Defects/…". A bad value is rejected under its name with file and line.
void declare_phantom_parameters(Parameters& parameters);
Phantom make_phantom(const Parameters& parameters);

}  // namespace bmiss
