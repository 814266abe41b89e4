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
  double low_cut = 20, high_cut = 500;        // band-pass [Hz]
  int extension = 0;                          // samples; 0: so that extension × channels is about 1000
  int iterations = 150;                       // sources tried
  int fixed_point_steps = 100;
  std::string contrast = "skewness";          // skewness, logcosh, kurtosis
  double silhouette = 0.9;                    // accepted from here
  double duplicate_share = 0.3;               // common spikes that make two trains one unit
  int fewest_spikes = 20;
  double largest_isi_cov = 0.5;               // coefficient of variation of the inter-spike intervals
  unsigned seed = 1;
  static void declare_parameters(Parameters& parameters);
  static BlindOptions parse_parameters(const Parameters& parameters);
};

struct DecomposedUnit {
  UnitSpikes spikes;
  double silhouette = 0;
  double pulse_to_noise = 0;    // [dB]
  double isi_cov = 0;
  double mean_rate = 0;         // [Hz]
};

struct Decomposition {
  std::vector<DecomposedUnit> units;
  std::vector<std::string> rejected;  // one sentence for each rejected source, by reason and count
};

Decomposition decompose_blind(const Recording& recording, const BlindOptions& options, Report& report);

}  // namespace bmiss
