// The decompositions that are compared on the same signals.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "benchmarks/decomposition/simulated_case.h"
#include "recording/spike_events.h"

namespace bmiss::bench {

struct MethodResult {
  std::vector<UnitSpikes> spikes;
  std::string units;         // units.tsv with properties; "": none
  double cpu = 0, wall = 0;  // of the inversion, once the lead field exists [s]
  double peak_memory = 0;    // [bytes]
};

struct DecompositionMethod {
  std::string name;
  bool needs_model = false;  // else it is run once for all models of a signal
  // Writes below `folder`, which exists. Throws std::runtime_error when it fails.
  std::function<MethodResult(const SimulatedCase&, const std::string& folder)> run;
};

// In the order in which they are printed: the opponent first, the ceiling last. "model" is among them when the program
// knows it.
std::vector<DecompositionMethod> decomposition_methods();

}  // namespace bmiss::bench
