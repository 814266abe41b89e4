#include "inversion/decode/complex_product.h"

#include <algorithm>

#include "base/errors.h"
#include "base/instruction_sets.h"

namespace bmiss {
namespace {

constexpr Eigen::Index width = 16;  // rows of a tile
constexpr Eigen::Index group = 4;   // columns of a product made together: each piece that is read serves them all

// Rows of one tile times n <= 4 columns. b: for each row of the right factor the real and imaginary parts of four
// columns. out: for each column 16 real and 16 imaginary parts.
BMISS_KERNEL void multiply_tile(const float* tile, Eigen::Index inner, const float* b, float* out) {
  Lanes real[group] = {}, imaginary[group] = {};
  for (Eigen::Index k = 0; k < inner; ++k, tile += 2 * width, b += 2 * group) {
    const Lanes x = *reinterpret_cast<const Lanes*>(tile);
    const Lanes y = *reinterpret_cast<const Lanes*>(tile + width);
    for (Eigen::Index c = 0; c < group; ++c) {
      real[c] += x * b[2 * c];
      imaginary[c] += x * b[2 * c + 1];
      real[c] -= y * b[2 * c + 1];
      imaginary[c] += y * b[2 * c];
    }
  }
  for (Eigen::Index c = 0; c < group; ++c, out += 2 * width) {
    *reinterpret_cast<Lanes*>(out) = real[c];
    *reinterpret_cast<Lanes*>(out + width) = imaginary[c];
  }
}

}  // namespace

TiledMatrix::TiledMatrix(const Eigen::MatrixXcf& matrix) : rows_(matrix.rows()), cols_(matrix.cols()) {
  const Eigen::Index n_tiles = (rows_ + width - 1) / width;
  tiles_.assign(static_cast<std::size_t>(n_tiles * cols_ * 2 * width), 0.0F);
  for (Eigen::Index k = 0; k < cols_; ++k)
    for (Eigen::Index i = 0; i < rows_; ++i) {
      float* piece = tiles_.data() + ((i / width) * cols_ + k) * 2 * width + i % width;
      piece[0] = matrix(i, k).real();
      piece[width] = matrix(i, k).imag();
    }
}

Eigen::MatrixXcf TiledMatrix::times(const Eigen::Ref<const Eigen::MatrixXcf>& b) const {
  BMISS_ASSERT(cols_ == b.rows());
  Eigen::MatrixXcf result(rows_, b.cols());
  std::vector<float> columns(static_cast<std::size_t>(2 * group * cols_));
  float sums[2 * width * group];
  for (Eigen::Index first = 0; first < b.cols(); first += group) {
    const Eigen::Index n = std::min(group, b.cols() - first);
    if (n < group) std::fill(columns.begin(), columns.end(), 0.0F);
    for (Eigen::Index c = 0; c < n; ++c)
      for (Eigen::Index k = 0; k < cols_; ++k) {
        float* place = columns.data() + 2 * (group * k + c);
        place[0] = b(k, first + c).real();
        place[1] = b(k, first + c).imag();
      }
    for (Eigen::Index top = 0; top < rows_; top += width) {
      multiply_tile(tiles_.data() + top * cols_ * 2, cols_, columns.data(), sums);
      const Eigen::Index height = std::min(width, rows_ - top);
      for (Eigen::Index c = 0; c < n; ++c)
        for (Eigen::Index i = 0; i < height; ++i)
          result(top + i, first + c) = {sums[2 * width * c + i], sums[2 * width * c + width + i]};
    }
  }
  return result;
}

}  // namespace bmiss
