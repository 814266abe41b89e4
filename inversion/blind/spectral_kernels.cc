#include "inversion/blind/spectral_kernels.h"

#include <algorithm>
#include <cstring>

#include "base/instruction_sets.h"

namespace bmiss {

static_assert(sizeof(Lanes) == spectral_width * sizeof(float), "a piece holds two of them");

BMISS_KERNEL void sum_over_channels(const float* x, const float* f, float* out, Eigen::Index n_blocks,
                                    Eigen::Index n_channels) {
  for (Eigen::Index b = 0; b < n_blocks; ++b, out += spectral_group * spectral_piece) {
    Lanes real[spectral_group] = {}, imaginary[spectral_group] = {};
    const float* filter = f;
    for (Eigen::Index i = 0; i < n_channels; ++i, x += spectral_piece) {
      const Lanes x_real = *reinterpret_cast<const Lanes*>(x);
      const Lanes x_imaginary = *reinterpret_cast<const Lanes*>(x + spectral_width);
      for (int j = 0; j < spectral_group; ++j, filter += spectral_piece) {
        const Lanes f_real = *reinterpret_cast<const Lanes*>(filter);
        const Lanes f_imaginary = *reinterpret_cast<const Lanes*>(filter + spectral_width);
        real[j] += f_real * x_real;
        imaginary[j] += f_real * x_imaginary;
        real[j] -= f_imaginary * x_imaginary;
        imaginary[j] += f_imaginary * x_real;
      }
    }
    for (int j = 0; j < spectral_group; ++j) {
      *reinterpret_cast<Lanes*>(out + j * spectral_piece) = real[j];
      *reinterpret_cast<Lanes*>(out + j * spectral_piece + spectral_width) = imaginary[j];
    }
  }
}

BMISS_KERNEL void sum_over_blocks(const float* x, const float* g, float* out, Eigen::Index n_blocks,
                                  Eigen::Index n_channels) {
  constexpr Eigen::Index tile = 8;  // blocks between two writes of a sum
  for (Eigen::Index first = 0; first < n_blocks; first += tile) {
    const Eigen::Index last = std::min(first + tile, n_blocks);
    float* sum = out;
    for (Eigen::Index i = 0; i < n_channels; ++i, sum += spectral_group * spectral_piece) {
      Lanes real[spectral_group] = {}, imaginary[spectral_group] = {};
      for (Eigen::Index b = first; b < last; ++b) {
        const float* block = x + (b * n_channels + i) * spectral_piece;
        const Lanes x_real = *reinterpret_cast<const Lanes*>(block);
        const Lanes x_imaginary = *reinterpret_cast<const Lanes*>(block + spectral_width);
        const float* weight = g + b * spectral_group * spectral_piece;
        for (int j = 0; j < spectral_group; ++j, weight += spectral_piece) {
          const Lanes g_real = *reinterpret_cast<const Lanes*>(weight);
          const Lanes g_imaginary = *reinterpret_cast<const Lanes*>(weight + spectral_width);
          real[j] += g_real * x_real;
          imaginary[j] += g_imaginary * x_real;
          real[j] += g_imaginary * x_imaginary;
          imaginary[j] -= g_real * x_imaginary;
        }
      }
      for (int j = 0; j < spectral_group; ++j) {
        *reinterpret_cast<Lanes*>(sum + j * spectral_piece) += real[j];
        *reinterpret_cast<Lanes*>(sum + j * spectral_piece + spectral_width) += imaginary[j];
      }
    }
  }
}

}  // namespace bmiss
