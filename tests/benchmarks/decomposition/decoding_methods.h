// What joint decoding alone does, without a search for units: after a blind decomposition, and knowing every waveform.
// Both run in this process, on the signal that every method prepares alike.
#pragma once

#include <string>

#include "benchmarks/decomposition/methods.h"

namespace bmiss::bench {

// The units that `blind` has found, twice: their waveforms by joint least squares, then all their spikes together. Its
// costs include those of `blind`.
MethodResult decode_blind_units(const SimulatedCase& given, const MethodResult& blind, const std::string& folder);

// The upper end: the true action potentials of all active units and the spectrum of what they leave are known, the
// spikes are not: decoding starts without any, and is repeated once.
MethodResult decode_with_true_muaps(const SimulatedCase& given, const std::string& folder);

}  // namespace bmiss::bench
