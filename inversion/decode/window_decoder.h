// Decoding of a recording in windows of time: they are independent but for their margins, so that ranks can share them.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/decode/correlations.h"
#include "inversion/decode/firing_prior.h"
#include "inversion/decode/relaxation.h"

namespace bmiss {

struct DecodingOptions {
  double price = 5;           // of a spike: logarithm of the odds that a sample has none
  double refractory = 0.015;  // between two spikes of a unit [s]
  int passes = 3;             // of the local search
  int rebuilds = 2;           // of all clusters of spikes, each followed by a local search
  int relaxation_steps = 40;
  double window = 5, margin = 0.3;  // about, decoded together, and on both sides of it [s]
};

enum class DecodingStart {
  trains,             // local search from the trains at hand
  relaxed_and_trains  // and from the solution of the relaxed problem: the better of the two
};

// Heights of a unit's matched output on all that the other units leave, in units of a spike's own: ones at spikes,
// noise elsewhere.
struct OutputHeights {
  double n_spikes = 0, spikes = 0, spike_squares = 0;  // and sums over them
  double n_others = 0, others = 0;                     // all other maxima
  OutputHeights& operator+=(const OutputHeights& more);
  // Of the two classes as in Negro et al. 2016, distances squared; 0 without both.
  double silhouette() const;
};

struct DecodingWindow {
  Eigen::Index first = 0, count = 0;  // samples, margins included
  Eigen::Index begin = 0, end = 0;    // of which its own
};

// The same whatever the number of ranks.
std::vector<DecodingWindow> decoding_windows(Eigen::Index n_samples, double rate, const DecodingOptions& options);

struct DecodedWindow {
  std::vector<SpikePositions> trains;  // in samples of the recording, margins included
  std::vector<OutputHeights> heights;  // of each unit in the window's own samples
};

// What decode_window() needs to start from the relaxed problem, the same for all windows.
Relaxation relaxation_of(const TemplateCorrelations& correlations, const DecodingOptions& options);

// relaxation: null for a start from the trains alone.
DecodedWindow decode_window(const TemplateCorrelations& correlations, const DecodingWindow& window,
                            const std::vector<SpikePositions>& trains, const FiringPrior& prior, double rate,
                            const Relaxation* relaxation, const DecodingOptions& options);

// Trains of the whole recording. Near the border of two windows each unit passes from one to the other in the middle of
// the longest interval that neither has a spike in.
std::vector<SpikePositions> joined(const std::vector<DecodingWindow>& windows,
                                   const std::vector<DecodedWindow>& decoded);

}  // namespace bmiss
