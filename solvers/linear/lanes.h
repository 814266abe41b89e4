// Sixteen right-hand sides side by side. A row holds one degree of freedom of all of them, so that every entry of a
// matrix is read once for sixteen products and each product is a vector instruction.
#pragma once

#include <array>
#include <vector>

namespace bmiss {

inline constexpr int n_lanes = 16;

struct alignas(64) FloatRow {
  float values[n_lanes];
};
struct alignas(64) DoubleRow {
  double values[n_lanes];
};
using FloatBlock = std::vector<FloatRow>;
using DoubleBlock = std::vector<DoubleRow>;
using LaneValues = std::array<double, n_lanes>;  // one number for each right-hand side

}  // namespace bmiss
