#include "inversion/blind/whitening.h"

#include <Eigen/Eigenvalues>
#include <algorithm>

#include "base/errors.h"

namespace bmiss {

Whitening::Whitening(const ExtendedSignal& signal) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXf> solver(signal.covariance());
  if (solver.info() != Eigen::Success)
    throw NumericalError("the covariance of the extended recording has no eigenvalues");
  const Eigen::VectorXf& variances = solver.eigenvalues();  // ascending
  const Eigen::Index n = variances.size();
  // The second bound removes what rounding makes of exactly dependent channels (common average reference).
  const float smallest = std::max(variances.head((n + 1) / 2).cwiseMax(0.0F).mean(), 1e-6F * variances[n - 1]);
  const auto kept = static_cast<Eigen::Index>((variances.array() >= smallest).count());
  BMISS_ASSERT(kept > 0);
  matrix_ =
      variances.tail(kept).cwiseSqrt().cwiseInverse().asDiagonal() * solver.eigenvectors().rightCols(kept).transpose();
}

Eigen::VectorXf activity_index(const Eigen::MatrixXf& signal, Eigen::Index dimension) {
  const auto extension = static_cast<int>(std::max<Eigen::Index>(1, dimension / signal.rows()));
  const ExtendedSignal extended(signal, extension);
  const Whitening whitening(extended);
  const Eigen::Index samples = signal.cols(), chunk = 1024;
  Eigen::VectorXf result(samples);
  Eigen::MatrixXf window(extended.dimension(), chunk);
  for (Eigen::Index from = 0; from < samples; from += chunk) {
    const Eigen::Index count = std::min(chunk, samples - from);
    for (Eigen::Index t = 0; t < count; ++t) window.col(t) = extended.sample(from + t);
    result.segment(from, count) = (whitening.matrix() * window.leftCols(count)).colwise().squaredNorm().transpose();
  }
  return result;
}

}  // namespace bmiss
