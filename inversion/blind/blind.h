// Classical blind source separation of surface EMG: convolutive fastICA with deflation (Negro et al. 2016), repeated on
// what remains after all units found so far have been subtracted together.
#pragma once

#include <string>
#include <vector>

#include "inversion/prepare/prepare.h"
#include "recording/recording.h"
#include "recording/spike_events.h"

namespace bmiss {

class Parameters;
class Report;

struct BlindOptions {
  PrepareOptions prepare;
  int passes = 6;        // at most; each subtracts the units found so far and searches what is left
  int extension = 0;     // delays of each channel at the rate of the search; 0: so that × channels is 500
  int iterations = 100;  // sources tried in a pass, at most
  int fruitless = 15;    // sources in a row without a new unit that end a pass
  int fixed_point_steps = 40;
  std::string contrast = "skewness";  // skewness, logcosh, kurtosis
  double silhouette = 0.9;            // accepted from here
  double duplicate_share = 0.3;       // common spikes that make two trains one unit
  int fewest_spikes = 20;
  double largest_isi_cov = 0.5;               // coefficient of variation of the inter-spike intervals
  double largest_local_variation = 0.14;      // of the same intervals, of a unit in the result
  double lowest_rate = 2, highest_rate = 40;  // mean rate while active [Hz]
  double refractory = 0.010;                  // least time between two spikes of one unit [s]
  double longest_interval = 0.25;             // between spikes of one contraction [s]; longer ones are pauses
  double delayed_copies = 8e-3;               // sources avoid accepted units and their copies delayed up to this [s]
  unsigned seed = 1;                          // of the order in which starting points are tried
  int threads = 1;                            // the result does not depend on them
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
