// Products of complex matrices in single precision as wide as the machine's vectors are.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

// A matrix that multiplies many others, as the products read it: tiles of 16 rows, in each column by column the real
// parts of the 16 and their imaginary parts; the last tile filled up with zeros.
class TiledMatrix {
public:
  explicit TiledMatrix(const Eigen::MatrixXcf& matrix);
  // this * b [rows x columns of b].
  Eigen::MatrixXcf times(const Eigen::Ref<const Eigen::MatrixXcf>& b) const;

private:
  Eigen::Index rows_ = 0, cols_ = 0;
  std::vector<float> tiles_;
};

}  // namespace bmiss
