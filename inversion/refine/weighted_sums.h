// Sums of many long columns, several at once: the hot loop of the action potential model.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "inversion/refine/muscle_section.h"

namespace bmiss {

// sums.col(w) = sum over s of shares[s].share[w] * columns.col(shares[s].path), w < sums.cols() <= 4.
void add_up(const Eigen::MatrixXf& columns, const std::vector<PathShare>& shares, Eigen::MatrixXf& sums);

}  // namespace bmiss
