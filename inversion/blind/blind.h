// Classical blind source separation of surface EMG: convolutive fastICA (Negro et al. 2016).
#pragma once

#include <string>
#include <vector>

#include "recording/recording.h"
#include "recording/spike_events.h"

namespace bmiss {

class Parameters;
class Report;

struct BlindOptions {
  double low_cut = 20, high_cut = 500;  // band-pass [Hz]; 0 and more than rate/2: none
  double power_line_width = 1;          // of the notches at the power line and its harmonics [Hz]; 0: none
  int extension = 0;                    // samples; 0: so that extension × channels is about 1000
  int iterations = 150;                 // sources tried
  int fixed_point_steps = 100;
  std::string contrast = "skewness";  // skewness, logcosh, kurtosis
  double silhouette = 0.9;            // accepted from here
  double duplicate_share = 0.3;       // common spikes that make two trains one unit
  int fewest_spikes = 20;
  double largest_isi_cov = 0.5;               // coefficient of variation of the inter-spike intervals
  double lowest_rate = 2, highest_rate = 60;  // mean rate while active [Hz]
  double refractory = 0.010;                  // least time between two spikes of one unit [s]
  double longest_interval = 0.25;             // between spikes of one contraction [s]; longer ones are pauses
  double delayed_copies = 8e-3;               // sources avoid accepted units and their copies delayed up to this [s]
  double shortest_duration = 3;               // of a recording [s]
  unsigned seed = 1;                          // of the order in which starting points are tried
  static void declare_parameters(Parameters& parameters);
  static BlindOptions parse_parameters(const Parameters& parameters);
};

struct DecomposedUnit {
  UnitSpikes spikes;
  double silhouette = 0;      // Negro et al. 2016
  double pulse_to_noise = 0;  // [dB], Holobar et al. 2014
  double isi_cov = 0;         // of the intervals up to the longest one inside a contraction
  double mean_rate = 0;       // [Hz], one over the mean of the same intervals
};

struct Decomposition {
  std::vector<DecomposedUnit> units;  // largest average waveform first
  std::vector<std::string> rejected;  // one sentence for each rejected source, by reason and count
};

// A spike time is where the unit's average waveform has most power over the channels. The same options give the same
// result whatever the number of threads. Throws InputError: recording shorter than the shortest duration or than twice
// the extended channels, no usable channel, values that are not finite, unknown contrast, no pass band.
Decomposition decompose_blind(const Recording& recording, const BlindOptions& options, Report& report);

}  // namespace bmiss
