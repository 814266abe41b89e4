// Surface EMG: spike trains convolved with MUAPs, plus noise.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "forward/emg_noise.h"
#include "forward/muap.h"
#include "physiology/motoneuron_pool.h"
#include "recording/recording.h"

namespace bmiss {

class Parameters;

struct EmgOptions {
  double rate = 2048;           // [Hz]
  double duration = 20;         // [s]
  double signal_to_noise = 20;  // mean power of all channels over that of the noise [dB]; infinite: no noise
  NoiseOptions noise;
  static void declare_parameters(Parameters& parameters);  // "EMG/…"
  static EmgOptions parse_parameters(const Parameters& parameters);
};

// Sum over units and spikes of the unit's MUAP at the spike's time [n_electrodes x n_samples], V; sample n is at n /
// rate. Spike times between samples are honoured by band-limited interpolation (error below 1e-3 of a MUAP that has no
// energy above 0.4 rate). Throws InputError when numbers of MUAPs and trains, rates or channels do not fit each other.
Eigen::MatrixXd convolve_spikes(const std::vector<Muap>& muaps, const std::vector<SpikeTrain>& trains, double rate,
                                Eigen::Index n_samples);

// The recording that the electrodes of the lead field see, plus noise. Train i belongs to muaps[i]. Deterministic
// for a seed. Throws InputError as above, and when noise is asked for but no unit fires.
Recording synthesise_emg(const std::vector<Muap>& muaps, const std::vector<SpikeTrain>& trains,
                         const ElectrodeArray& electrodes, const EmgOptions& options, unsigned seed);

}  // namespace bmiss
