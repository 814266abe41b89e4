// Agreement of decomposed spike trains with a reference, by the field's definitions.
#pragma once

#include <vector>

#include "recording/spike_events.h"

namespace bmiss {

class Table;

struct ScoreOptions {
  double tolerance = 1e-3;    // of a match [s]
  double largest_shift = 0.1; // common shift searched per pair [s]
  double lowest_f1 = 0.5;     // pairs below are not matched
};

struct UnitMatch {
  int reference = 0, estimate = 0;  // unit ids
  double shift = 0;                 // estimate - reference [s]
  int common = 0, missed = 0, added = 0;
  double rate_of_agreement = 0, precision = 0, recall = 0, f1 = 0;
};

struct Score {
  std::vector<UnitMatch> matches;               // one-to-one, by linear assignment on 1 - F1
  std::vector<int> unmatched_reference, unmatched_estimate;
  int units_at_90 = 0;                          // rate of agreement >= 0.9
  double median_rate_of_agreement = 0, sum_f1 = 0, share_of_spikes_found = 0;
};

Score score_spikes(const std::vector<UnitSpikes>& reference, const std::vector<UnitSpikes>& estimate,
                   const ScoreOptions& options);
Table score_table(const Score& score);

}  // namespace bmiss
