// The inner loops of ExtendedSignal: complex products summed over channels or blocks, for a few filters at once.
#pragma once

#include <Eigen/Core>

namespace bmiss {

constexpr Eigen::Index spectral_width = 16;  // frequencies in a piece: real parts, then imaginary parts
constexpr Eigen::Index spectral_piece = 2 * spectral_width;
constexpr Eigen::Index spectral_group = 4;  // filters that share one reading of the recording

// out[block][filter] = Σ_channel x[block][channel] f[channel][filter], pieces each.
void sum_over_channels(const float* x, const float* f, float* out, Eigen::Index n_blocks, Eigen::Index n_channels);
// out[channel][filter] += Σ_block conj(x[block][channel]) g[block][filter].
void sum_over_blocks(const float* x, const float* g, float* out, Eigen::Index n_blocks, Eigen::Index n_channels);

}  // namespace bmiss
