// A complete electrode as a few functionals of the potential: the components of the potential on its patch, and of its
// current density, along profiles that are orthonormal there.
#pragma once

#include <vector>

#include "solvers/lead_field/electrode_load.h"

namespace bmiss {

// 1 but for complete electrodes.
int number_of_modes(const Electrode& electrode);

struct ElectrodeModes {
  ElectrodeLoad uniform;                 // as electrode_load(): the average over the patch
  std::vector<NodalFunctional> further;  // int phi_k N dS / |patch|; weights of each sum to zero
};

// phi_0 = 1, phi_1 … are profiles of the coordinates on the patch with int phi_k phi_l dS = |patch| delta_kl, so
// that a current density sum_k c_k phi_k / |patch| carries the current c_0 and, behind a contact impedance z, needs the
// voltages z c_k / |patch|. Throws InputError as electrode_load() does, and naming a complete electrode that is no
// patch or has another number of modes than the known ones.
ElectrodeModes electrode_modes(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode);

}  // namespace bmiss
