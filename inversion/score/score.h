// Agreement of decomposed spike trains with a reference, by the field's definitions.
#pragma once

#include <string>
#include <vector>

#include "recording/spike_events.h"

namespace bmiss {

class Table;

struct ScoreOptions {
  double tolerance = 1e-3;       // of a match [s]
  double largest_shift = 0.1;    // common shift searched per pair [s]
  double lowest_f1 = 0.5;        // pairs below are not matched
  double duplicate_share = 0.3;  // common spikes, of the longer train, that make two estimated trains one unit
};

struct UnitMatch {
  int reference = 0, estimate = 0;  // unit ids
  double shift = 0;                 // estimate - reference [s]
  int common = 0, missed = 0, added = 0;
  double rate_of_agreement = 0, precision = 0, recall = 0, f1 = 0;
};

// An estimated train left out because an earlier one is the same unit.
struct DuplicateUnit {
  int kept = 0, dropped = 0;  // unit ids
  double share = 0;           // common spikes / spikes of the longer train
};

struct Score {
  std::vector<UnitMatch> matches;  // one-to-one, by linear assignment on 1 - F1; in order of the reference
  std::vector<int> unmatched_reference, unmatched_estimate;
  std::vector<DuplicateUnit> duplicates;  // these are in neither list of estimates
  int units_at_90 = 0;                    // rate of agreement >= 0.9
  double median_rate_of_agreement = 0;    // of the matches, 0 without any
  double sum_f1 = 0;
  double share_of_spikes_found = 0;  // common spikes of the matches / all spikes of the reference
};

// Compares two trains: the common shift within ±largest_shift that brings most pairs within the tolerance (exactly,
// from the sorted differences; its value is their median, the smaller shift on a tie), then one-to-one matching in time
// order.
UnitMatch match_units(const UnitSpikes& reference, const UnitSpikes& estimate, const ScoreOptions& options);

// Duplicates in the estimate are dropped first (the first train of a unit stays), then units are assigned.
Score score_spikes(const std::vector<UnitSpikes>& reference, const std::vector<UnitSpikes>& estimate,
                   const ScoreOptions& options);

// One row for each unit: matched, false in the estimate, duplicate; and one that names those of the reference not
// found.
Table score_table(const Score& score);
// The field's measures: units with an agreement of 0.9 or more, median agreement, false units, share of all true spikes
// found, sum of F1.
Table summary_table(const Score& score);
// "4 of 5 units matched, 3 with a rate of agreement of 0.9 or more; median 0.953; 1 false, 0 duplicate; …"
std::string score_sentence(const Score& score);

}  // namespace bmiss
