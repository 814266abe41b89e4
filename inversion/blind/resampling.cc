#include "inversion/blind/resampling.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr Eigen::Index half_width = 12;  // reduced samples of the interpolation on each side
constexpr Eigen::Index low_pass_width = 20;

double windowed_sinc(double x, double reach) {
  const double pi = std::acos(-1.0);
  if (std::abs(x) >= reach) return 0;
  const double sinc = std::abs(x) < 1e-12 ? 1 : std::sin(pi * x) / (pi * x);
  return sinc * (0.5 + 0.5 * std::cos(pi * x / reach));
}

}  // namespace

Eigen::Index Resampling::factor_for(double rate, double high_cut) {
  // A recording of 2000 Hz with a filter up to 500 Hz may be halved: the filter has taken the edge away.
  return high_cut > 0 ? std::max<Eigen::Index>(1, static_cast<Eigen::Index>(std::floor(rate / (2 * high_cut) + 1e-9)))
                      : 1;
}

Resampling::Resampling(Eigen::Index factor) : factor_(factor) {
  BMISS_ASSERT(factor >= 1);
  const Eigen::Index reach = low_pass_width * factor;
  low_pass_.resize(2 * reach + 1);
  for (Eigen::Index k = -reach; k <= reach; ++k)
    low_pass_[k + reach] = static_cast<float>(
        windowed_sinc(static_cast<double>(k) / static_cast<double>(factor), static_cast<double>(low_pass_width)));
  low_pass_ /= low_pass_.sum();
  interpolation_.resize(2 * half_width, factor);
  for (Eigen::Index phase = 0; phase < factor; ++phase)
    for (Eigen::Index k = 0; k < 2 * half_width; ++k)
      interpolation_(k, phase) = static_cast<float>(windowed_sinc(
          static_cast<double>(k - half_width + 1) - static_cast<double>(phase) / static_cast<double>(factor),
          static_cast<double>(half_width)));
}

Eigen::MatrixXf Resampling::reduce(const Eigen::MatrixXf& signal) const {
  if (factor_ == 1) return signal;
  const Eigen::Index n = signal.cols(), reach = low_pass_width * factor_;
  Eigen::MatrixXf result = Eigen::MatrixXf::Zero(signal.rows(), reduced_samples(n));
  for (Eigen::Index r = 0; r < result.cols(); ++r) {
    const Eigen::Index from = std::max<Eigen::Index>(0, r * factor_ - reach);
    const Eigen::Index to = std::min(n - 1, r * factor_ + reach);
    result.col(r).noalias() =
        signal.middleCols(from, to - from + 1) * low_pass_.segment(from - r * factor_ + reach, to - from + 1);
  }
  return result;
}

Eigen::VectorXf Resampling::restore(const Eigen::VectorXf& reduced, Eigen::Index n) const {
  if (factor_ == 1) return reduced;
  BMISS_ASSERT(reduced.size() == reduced_samples(n));
  Eigen::VectorXf padded = Eigen::VectorXf::Zero(reduced.size() + 2 * half_width);
  padded.segment(half_width, reduced.size()) = reduced;
  Eigen::VectorXf result(n);
  for (Eigen::Index t = 0; t < n; ++t)
    result[t] = t % factor_ == 0 ? reduced[t / factor_]
                                 : interpolation_.col(t % factor_).dot(padded.segment(t / factor_ + 1, 2 * half_width));
  return result;
}

Eigen::VectorXf Resampling::spread(const Eigen::VectorXf& weights) const {
  if (factor_ == 1) return weights;
  const Eigen::Index reduced = reduced_samples(weights.size());
  Eigen::VectorXf padded = Eigen::VectorXf::Zero(reduced + 2 * half_width);
  for (Eigen::Index t = 0; t < weights.size(); ++t) {
    if (weights[t] == 0) continue;
    if (t % factor_ == 0)
      padded[t / factor_ + half_width] += weights[t];
    else
      padded.segment(t / factor_ + 1, 2 * half_width) += weights[t] * interpolation_.col(t % factor_);
  }
  return padded.segment(half_width, reduced);
}

}  // namespace bmiss
