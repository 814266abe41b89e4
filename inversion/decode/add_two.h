// Waveforms between two delays are sums of two: the loop that lays them into a signal.
#pragma once

#include <Eigen/Core>

namespace bmiss {

// sum[i] += share_a a[i] + share_b b[i], i < n; none overlaps another.
void add_two(const float* a, float share_a, const float* b, float share_b, Eigen::Index n, float* sum);

}  // namespace bmiss
