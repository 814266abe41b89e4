// A band-limited recording at a lower rate. Between 500 Hz and the half of the usual 2048 Hz there is nothing that
// tells units apart, and a search costs in proportion to the square of the rate.
#pragma once

#include <Eigen/Core>

namespace bmiss {

class Resampling {
public:
  // Keeps every `factor`-th sample, the first among them.
  explicit Resampling(Eigen::Index factor);
  // The largest factor whose rate still carries everything below high_cut [Hz].
  static Eigen::Index factor_for(double rate, double high_cut);

  Eigen::Index factor() const { return factor_; }
  Eigen::Index reduced_samples(Eigen::Index n) const { return (n + factor_ - 1) / factor_; }
  // [n_channels x n_samples] to [n_channels x reduced_samples(n_samples)].
  Eigen::MatrixXf reduce(const Eigen::MatrixXf& signal) const;
  // Band-limited interpolation [reduced_samples(n)] to [n].
  Eigen::VectorXf restore(const Eigen::VectorXf& reduced, Eigen::Index n) const;
  // Its adjoint: what a weight at a sample puts on the reduced samples. weights [n].
  Eigen::VectorXf spread(const Eigen::VectorXf& weights) const;

private:
  Eigen::Index factor_;
  Eigen::VectorXf low_pass_;       // taps around the middle one
  Eigen::MatrixXf interpolation_;  // [taps x factor]
};

}  // namespace bmiss
