#include "inversion/refine/weighted_sums.h"

#include <algorithm>

#include "base/errors.h"
#include "base/instruction_sets.h"

namespace bmiss {
namespace {

constexpr Eigen::Index n_block = 2048;  // floats: one sum of 8 KiB, four of them with a column's piece fit the L1 cache

BMISS_KERNEL void add_one(const float* __restrict__ column, float share, Eigen::Index n, float* __restrict__ sum) {
  for (Eigen::Index i = 0; i < n; ++i) sum[i] += share * column[i];
}

BMISS_KERNEL void add_four(const float* __restrict__ column, const float* __restrict__ share, Eigen::Index n,
                           float* __restrict__ a, float* __restrict__ b, float* __restrict__ c, float* __restrict__ d) {
  for (Eigen::Index i = 0; i < n; ++i) {
    const float value = column[i];
    a[i] += share[0] * value;
    b[i] += share[1] * value;
    c[i] += share[2] * value;
    d[i] += share[3] * value;
  }
}

}  // namespace

void add_up(const Eigen::MatrixXf& columns, const std::vector<PathShare>& shares, Eigen::MatrixXf& sums) {
  BMISS_ASSERT(sums.rows() == columns.rows() && (sums.cols() == 1 || sums.cols() == 4));
  sums.setZero();
  for (Eigen::Index first = 0; first < sums.rows(); first += n_block) {
    const Eigen::Index n = std::min(n_block, sums.rows() - first);
    for (const PathShare& s : shares) {
      const float* column = columns.col(s.path).data() + first;
      const Eigen::Vector4f share = s.share.cast<float>();
      if (sums.cols() == 1)
        add_one(column, share[0], n, sums.col(0).data() + first);
      else
        add_four(column, share.data(), n, sums.col(0).data() + first, sums.col(1).data() + first,
                 sums.col(2).data() + first, sums.col(3).data() + first);
    }
  }
}

}  // namespace bmiss
