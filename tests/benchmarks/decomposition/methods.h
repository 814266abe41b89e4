// The decompositions that are compared on the same signals.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/decomposition/simulated_case.h"

namespace bmiss::bench {

struct MethodResult {
  std::string spikes;        // events.tsv
  std::string units;         // units.tsv with properties, what was found of the model beside it; "": none
  double cpu = 0, wall = 0;  // of the inversion, once the lead field exists [s]
  double peak_memory = 0;    // [bytes]; 0: not known
};

// Of the methods before on the same signal and model, by name.
using EarlierResults = std::map<std::string, MethodResult>;

struct DecompositionMethod {
  std::string name;
  bool needs_model = false;  // else it is run once for all models of a signal
  // Writes below `folder`, which exists. Throws std::runtime_error when it fails.
  std::function<MethodResult(const SimulatedCase&, const EarlierResults&, const std::string& folder)> run;
};

extern const std::string strong_blind, blind_and_decoding, with_model, ceiling;  // names of methods

// In the order in which they are printed: the opponent first, the ceiling last.
std::vector<DecompositionMethod> decomposition_methods();

}  // namespace bmiss::bench
