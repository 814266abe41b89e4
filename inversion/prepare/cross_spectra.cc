#include "inversion/prepare/cross_spectra.h"

#include <algorithm>
#include <cmath>

namespace bmiss {

Eigen::VectorXf hann_window(Eigen::Index n) {
  const double pi = std::acos(-1.0);
  Eigen::VectorXf taper(n);
  for (Eigen::Index t = 0; t < n; ++t)
    taper[t] =
        static_cast<float>(0.5 - 0.5 * std::cos(2 * pi * (static_cast<double>(t) + 0.5) / static_cast<double>(n)));
  return taper / taper.norm();
}

std::vector<Eigen::MatrixXcf> cross_spectra(const Eigen::MatrixXf& signal, Eigen::Index window, Eigen::Index hop,
                                            Eigen::Index count, const RealTransform& transform) {
  constexpr Eigen::Index batch = 128;  // windows at once: their spectra stay in the cache
  const Eigen::Index n = signal.rows(), length = transform.length();
  const auto n_frequencies = static_cast<std::size_t>(transform.frequencies());
  const Eigen::VectorXf taper = hann_window(window);
  std::vector<Eigen::MatrixXcf> sums(n_frequencies, Eigen::MatrixXcf::Zero(n, n));
  std::vector<Eigen::MatrixXcf> values(n_frequencies, Eigen::MatrixXcf(n, batch));
  Eigen::MatrixXf part = Eigen::MatrixXf::Zero(length, n);
  for (Eigen::Index first = 0; first < count; first += batch) {
    const Eigen::Index here = std::min(batch, count - first);
    for (Eigen::Index w = 0; w < here; ++w) {
      part.topRows(window) = taper.asDiagonal() * signal.middleCols((first + w) * hop, window).transpose();
      const Eigen::MatrixXcf spectrum = transform.forward(part);
      for (std::size_t k = 0; k < n_frequencies; ++k)
        values[k].col(w) = spectrum.row(static_cast<Eigen::Index>(k)).transpose();
    }
    for (std::size_t k = 0; k < n_frequencies; ++k)
      sums[k].selfadjointView<Eigen::Lower>().rankUpdate(values[k].leftCols(here), 1 / static_cast<float>(count));
  }
  return sums;
}

}  // namespace bmiss
