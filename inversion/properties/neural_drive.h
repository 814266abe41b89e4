// What the decomposed units have in common: an estimate of the drive to their pool.
#pragma once

#include <string>
#include <vector>

#include "recording/spike_events.h"

namespace bmiss {

struct NeuralDrive {
  double step = 0;           // between samples [s]
  std::vector<double> rate;  // spikes of all units per second, smoothed [1/s]
  std::vector<double> mean;  // the same by the number of units that are active [1/s]; 0 where none is
  // Value of `mean` when each unit fires its first spike, 0 for a unit without spikes [n_units, 1/s]: an order of
  // recruitment in the units of the drive itself.
  std::vector<double> at_recruitment;
};

// Cumulative spike train smoothed with a Hann window of 400 ms, the field's usual estimate of the effective drive
// (De Luca & Erim 1994; Negro & Farina 2011). A unit counts as active from its first to its last spike.
NeuralDrive neural_drive(const std::vector<UnitSpikes>& units, double duration, double step = 0.01);

// Columns time_s, spikes_per_s, mean_rate_Hz. Whole or not at all.
void write_neural_drive(const NeuralDrive& drive, const std::string& path);

}  // namespace bmiss
