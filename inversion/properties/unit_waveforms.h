// Average action potentials of decomposed units.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/prepare/prepare.h"
#include "recording/recording.h"
#include "recording/spike_events.h"

namespace bmiss {

struct UnitWaveforms {
  double rate = 0;                         // [Hz]
  double first = 0;                        // of the first sample against the spike [s]
  std::vector<Eigen::Index> channels;      // rows of the recording that are used
  std::vector<Eigen::MatrixXd> waveforms;  // [n_channels used x n_samples], V; one for each unit
};

// From 15 ms before to 35 ms after the spikes, of the filtered recording: averages over all spikes of each unit with
// what other units add at the same time taken out (joint least squares).
UnitWaveforms unit_waveforms(const Recording& recording, const std::vector<UnitSpikes>& units,
                             const PrepareOptions& options);

}  // namespace bmiss
