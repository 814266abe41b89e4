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

// Takes the mean of each right-hand side off its first n_owned rows here, of n_all on all ranks; the means. Collective.
inline LaneValues remove_means(FloatBlock& rows, std::size_t n_owned, double n_all, MPI_Comm communicator) {
  LaneValues means{};
  for (std::size_t row = 0; row < n_owned; ++row)
    for (std::size_t lane = 0; lane < means.size(); ++lane) means[lane] += static_cast<double>(rows[row].values[lane]);
  sum_over_ranks(means, communicator);
  for (double& mean : means) mean /= n_all;
  for (std::size_t row = 0; row < n_owned; ++row)
    for (std::size_t lane = 0; lane < means.size(); ++lane) rows[row].values[lane] -= static_cast<float>(means[lane]);
  return means;
}

}  // namespace bmiss
