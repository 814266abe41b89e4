// Whitening of an extended recording by its principal components, and where in time it is active.
#pragma once

#include <Eigen/Core>

#include "inversion/blind/extended_signal.h"

namespace bmiss {

// z(t) = V x̃(t) has unit covariance in the directions kept. Fixed-point iterations commute with rotations, so these
// components serve as well as the symmetric (ZCA) ones and are fewer. Directions whose variance lies below the mean of
// the smaller half of all variances hold sensor noise and are dropped (as in Negro et al. 2016).
class Whitening {
public:
  explicit Whitening(const ExtendedSignal& signal);

  Eigen::Index directions() const { return matrix_.rows(); }
  // Filters over channels and delays of unit vectors in whitened space, in columns: f = Vᵀ w [dimension x n].
  Eigen::MatrixXf filters(const Eigen::MatrixXf& directions) const { return matrix_.transpose() * directions; }
  // V c [directions x n], c in extended space [dimension x n].
  Eigen::MatrixXf whiten(const Eigen::MatrixXf& extended) const { return matrix_ * extended; }
  const Eigen::MatrixXf& matrix() const { return matrix_; }  // V [directions x dimension]

private:
  Eigen::MatrixXf matrix_;
};

// ‖z(t)‖² of a recording extended so little that at most `dimension` directions arise [n_samples]: the index of
// activity that starts the search for sources.
Eigen::VectorXf activity_index(const Eigen::MatrixXf& signal, Eigen::Index dimension);

}  // namespace bmiss
