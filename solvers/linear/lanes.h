// Sixteen right-hand sides side by side. A row holds one degree of freedom of all of them, so that every entry of a
// matrix is read once for sixteen products and each product is a vector instruction.
#pragma once

#include <mpi.h>

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

inline void sum_over_ranks(LaneValues& values, MPI_Comm communicator) {
  MPI_Allreduce(MPI_IN_PLACE, values.data(), n_lanes, MPI_DOUBLE, MPI_SUM, communicator);
}

}  // namespace bmiss
