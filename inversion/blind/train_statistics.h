// Regularity of spike trains, and how much two of them have in common.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

struct TrainStatistics {
  double isi_cov = 0;  // coefficient of variation of the inter-spike intervals; infinite below 3 intervals
  // Lv of Shinomoto et al. 2003: mean of 3 (a - b)^2 / (a + b)^2 over successive intervals; infinite without a pair.
  double local_variation = 0;
  double mean_rate = 0;    // [Hz] while active: one over the mean of the same intervals
  double short_share = 0;  // of the intervals that are below half of their median: 1/4 in two interleaved trains
};

// Intervals above `pause` [s] belong to rest between contractions and do not count.
TrainStatistics train_statistics(const std::vector<Eigen::Index>& samples, double rate, double pause);

struct CommonSpikes {
  Eigen::Index shift = 0;  // second − first, samples
  int count = 0;           // one-to-one pairs within the tolerance after the shift
  double share = 0;        // of the shorter train
};

// Best common shift within ± largest_shift samples. Two filters that look at one unit with different delays give the
// same train but for a shift.
CommonSpikes common_spikes(const std::vector<Eigen::Index>& first, const std::vector<Eigen::Index>& second,
                           Eigen::Index tolerance, Eigen::Index largest_shift);
// Within 1 ms, after a shift of up to 30 ms; rate [Hz].
CommonSpikes common_spikes(const std::vector<Eigen::Index>& first, const std::vector<Eigen::Index>& second,
                           double rate);

}  // namespace bmiss
