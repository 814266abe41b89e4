// Which decoded trains are motor units, and why the others are not.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "inversion/decode/templates.h"

namespace bmiss {

struct ModelOptions;
struct ModelledUnit;

struct RegularityLimits {  // train_statistics.h
  double isi_cov = 0, local_variation = 0;
};

// One sentence for each train, empty for a unit. Judged: number of spikes, rate (two units merged into one train fire
// faster than one can), regularity, description length (what the spikes gain in likelihood against what they cost), and
// common spikes with a more separable unit.
std::vector<std::string> reasons_to_reject(const std::vector<SpikePositions>& trains,
                                           const Eigen::VectorXf& separability, double rate,
                                           const RegularityLimits& largest, const ModelOptions& options);

// Of a unit after its fit, empty for a motor unit. A waveform that the model cannot make and a train with more pauses
// than intervals of a unit that fires: neither speaks for it. (One of another muscle has its train.)
std::string reason_to_reject(const ModelledUnit& unit, const ModelOptions& options);

}  // namespace bmiss
