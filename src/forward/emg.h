// Surface EMG: spike trains convolved with MUAPs, plus noise.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "forward/muap.h"
#include "physiology/motoneuron_pool.h"
#include "recording/recording.h"

namespace bmiss {

class Parameters;

struct EmgOptions {
  double rate = 2048;       // [Hz]
  double duration = 20;     // [s]
  double signal_to_noise = 20;  // mean power of all channels over that of the white noise [dB]
  static void declare_parameters(Parameters& parameters);
  static EmgOptions parse_parameters(const Parameters& parameters);
};

// Spike times between samples are honoured (fractional delay by band-limited interpolation of the MUAP).
Eigen::MatrixXd convolve_spikes(const std::vector<Muap>& muaps, const std::vector<SpikeTrain>& trains, double rate,
                                Eigen::Index n_samples);

// The recording that the electrodes of the lead field see. Deterministic for a seed.
Recording synthesise_emg(const std::vector<Muap>& muaps, const std::vector<SpikeTrain>& trains,
                         const ElectrodeArray& electrodes, const EmgOptions& options, unsigned seed);

}  // namespace bmiss
