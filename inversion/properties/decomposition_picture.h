// A picture of what a decomposition found.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "inversion/properties/neural_drive.h"
#include "inversion/properties/unit_waveforms.h"

namespace bmiss {

// PNG. Left: the spikes of each unit, one row a unit in the order given, and below them the smoothed number of spikes
// per second of all units. Right: action potentials of the first four units, a waveform at the place of each channel
// (layout [2 x n_channels used], in distances between neighbours), each unit on a scale of its own with its bar. Throws
// InputError when the file cannot be written. Whole or not at all.
void draw_decomposition(const std::vector<UnitSpikes>& units, const NeuralDrive& drive, const UnitWaveforms& waveforms,
                        const Eigen::Matrix2Xd& layout, double duration, const std::string& path);

}  // namespace bmiss
