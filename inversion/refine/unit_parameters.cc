#include "inversion/refine/unit_parameters.h"

namespace bmiss {

const std::array<UnitParameterKind, n_unit_parameters>& unit_parameter_kinds() {
  static const std::array<UnitParameterKind, n_unit_parameters> kinds{{{"position across", "m", 1e-3},
                                                                       {"position towards the electrodes", "m", 1e-3},
                                                                       {"territory radius", "m", 1e-3},
                                                                       {"innervation zone", "m", 1e-3},
                                                                       {"proximal half-length", "m", 2e-3},
                                                                       {"distal half-length", "m", 2e-3},
                                                                       {"velocity", "m/s", 0.1},
                                                                       {"junction scatter", "m", 1e-3},
                                                                       {"delay", "s", 1e-4},
                                                                       {"log size", "1", 0.1}}};
  return kinds;
}

}  // namespace bmiss
