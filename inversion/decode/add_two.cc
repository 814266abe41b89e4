#include "inversion/decode/add_two.h"

#include "base/instruction_sets.h"

namespace bmiss {

BMISS_KERNEL void add_two(const float* __restrict__ a, float share_a, const float* __restrict__ b, float share_b,
                          Eigen::Index n, float* __restrict__ sum) {
  for (Eigen::Index i = 0; i < n; ++i) sum[i] += share_a * a[i] + share_b * b[i];
}

}  // namespace bmiss
