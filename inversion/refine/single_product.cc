#include "inversion/refine/single_product.h"

#include <algorithm>

#include "base/errors.h"
#include "base/instruction_sets.h"

namespace bmiss {
namespace {

constexpr Eigen::Index tile_rows = 32, tile_columns = 6;  // 12 registers of 16 floats, 24 of 8

// tile[c][r] = sum_k a[k][r] * b[c][k]; a in panels of tile_rows, b's columns `stride` apart.
BMISS_KERNEL void multiply_tile(const float* __restrict__ a, const float* __restrict__ b, Eigen::Index stride,
                                Eigen::Index n, float* __restrict__ tile) {
  float sums[tile_columns][tile_rows] = {};
  for (Eigen::Index k = 0; k < n; ++k) {
    const float* __restrict__ row = a + k * tile_rows;
    for (Eigen::Index c = 0; c < tile_columns; ++c) {
      const float factor = b[c * stride + k];
      for (Eigen::Index r = 0; r < tile_rows; ++r) sums[c][r] += row[r] * factor;
    }
  }
  for (Eigen::Index c = 0; c < tile_columns; ++c)
    for (Eigen::Index r = 0; r < tile_rows; ++r) tile[c * tile_rows + r] = sums[c][r];
}

}  // namespace

void multiply(const Eigen::Ref<const Eigen::MatrixXf>& a, const Eigen::Ref<const Eigen::MatrixXf>& b,
              Eigen::Ref<Eigen::MatrixXf> result) {
  BMISS_ASSERT(a.cols() == b.rows() && result.rows() == a.rows() && result.cols() == b.cols());
  const Eigen::Index n = a.cols(), n_panels = (a.rows() + tile_rows - 1) / tile_rows;
  // a as panels of tile_rows rows, zeros below its last row; b's last columns likewise.
  Eigen::MatrixXf panels = Eigen::MatrixXf::Zero(tile_rows, n * n_panels);
  for (Eigen::Index p = 0; p < n_panels; ++p) {
    const Eigen::Index rows = std::min(tile_rows, a.rows() - p * tile_rows);
    panels.block(0, p * n, rows, n) = a.middleRows(p * tile_rows, rows);
  }
  Eigen::MatrixXf last_columns = Eigen::MatrixXf::Zero(n, tile_columns);
  last_columns.leftCols(b.cols() % tile_columns) = b.rightCols(b.cols() % tile_columns);
  alignas(64) float tile[tile_rows * tile_columns];
  const Eigen::Map<const Eigen::Matrix<float, tile_rows, tile_columns>> values(tile);
  for (Eigen::Index c = 0; c < b.cols(); c += tile_columns) {
    const Eigen::Index columns = std::min(tile_columns, b.cols() - c);
    const float* from = columns == tile_columns ? b.col(c).data() : last_columns.data();
    for (Eigen::Index p = 0; p < n_panels; ++p) {
      multiply_tile(panels.col(p * n).data(), from, columns == tile_columns ? b.outerStride() : n, n, tile);
      const Eigen::Index rows = std::min(tile_rows, a.rows() - p * tile_rows);
      result.block(p * tile_rows, c, rows, columns) = values.topLeftCorner(rows, columns);
    }
  }
}

}  // namespace bmiss
