#include "inversion/decode/relaxation.h"

#include <Eigen/Cholesky>
#include <algorithm>

#include "base/errors.h"
#include "inversion/prepare/real_transform.h"

namespace bmiss {
namespace {

// (G + R)⁻¹ at each frequency.
std::vector<Eigen::MatrixXcf> inverses(const TemplateCorrelations& correlations, const Eigen::VectorXf& augmentation,
                                       Eigen::Index length) {
  std::vector<Eigen::MatrixXcf> result = correlations.gram(length);
  const Eigen::MatrixXcf identity = Eigen::MatrixXcf::Identity(correlations.units(), correlations.units());
  for (auto& matrix : result) {
    matrix.diagonal().array() += augmentation.array().cast<std::complex<float>>();
    matrix = Eigen::LLT<Eigen::MatrixXcf>(matrix).solve(identity);
  }
  return result;
}

}  // namespace

Relaxation::Relaxation(const TemplateCorrelations& correlations, const RelaxationOptions& options)
    : options_(options), augmentation_(static_cast<float>(options.coupling) * correlations.energy()) {
  const std::vector<Eigen::MatrixXcf> inverse = inverses(correlations, augmentation_, options.window);
  solve_ = std::vector<TiledMatrix>(inverse.begin(), inverse.end());
}

Eigen::MatrixXf Relaxation::spikes(const TemplateCorrelations& part, const Eigen::VectorXf& price) const {
  const Eigen::Index n = part.units(), total = part.samples(), length = options_.window;
  const Eigen::Index margin = part.lags(), hop = length - 2 * margin;
  BMISS_ASSERT(n == augmentation_.size() && price.size() == n && hop > 0);
  const Eigen::Index windows = (total + hop - 1) / hop, columns = n * windows;
  const RealTransform transform(length);

  // Column j + n w: unit j in window w.
  Eigen::MatrixXf matched = Eigen::MatrixXf::Zero(length, columns);
  for (Eigen::Index w = 0; w < windows; ++w) {
    const Eigen::Index first = w * hop - margin;
    const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + length, total);
    matched.block(from - first, w * n, to - from, n) = part.matched().middleCols(from, to - from).transpose();
  }
  Eigen::RowVectorXf rho(columns), prices(columns);
  for (Eigen::Index w = 0; w < windows; ++w) {
    rho.segment(w * n, n) = augmentation_.transpose();
    prices.segment(w * n, n) = price.transpose();
  }

  Eigen::MatrixXf z = Eigen::MatrixXf::Zero(length, columns), u = z, x(length, columns);
  Eigen::MatrixXf shift = Eigen::MatrixXf::Ones(length, columns) * prices.cwiseQuotient(rho).asDiagonal();
  const auto softness = static_cast<float>(options_.softness);
  const int before_reweighting = std::max(1, options_.steps / (options_.reweightings + 1));
  Eigen::MatrixXcf spectrum(transform.frequencies(), columns), turned(columns, transform.frequencies());
  for (int step = 0; step < options_.steps; ++step) {
    x = matched + (z - u) * rho.asDiagonal();
    for (Eigen::Index i = 0; i < columns; ++i) transform.forward(x.col(i).data(), spectrum.col(i).data());
    turned = spectrum.transpose();
    for (Eigen::Index f = 0; f < turned.cols(); ++f) {
      Eigen::Map<Eigen::MatrixXcf> values(turned.col(f).data(), n, windows);
      values = solve_[static_cast<std::size_t>(f)].times(values);
    }
    spectrum = turned.transpose();
    for (Eigen::Index i = 0; i < columns; ++i) transform.inverse(spectrum.col(i).data(), x.col(i).data());
    const float relax = 1.6F;
    x = relax * x + (1 - relax) * z;
    z = (x + u - shift).cwiseMax(0).cwiseMin(1);
    u += x - z;
    if ((step + 1) % before_reweighting == 0 && step + 1 < options_.steps)
      shift = ((softness / (z.array() + softness)).matrix() * prices.cwiseQuotient(rho).asDiagonal());
  }

  Eigen::MatrixXf result(n, total);
  for (Eigen::Index w = 0; w < windows; ++w) {
    const Eigen::Index count = std::min(hop, total - w * hop);
    result.middleCols(w * hop, count) = z.block(margin, w * n, count, n).transpose();
  }
  return result;
}

}  // namespace bmiss
