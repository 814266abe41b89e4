#include "inversion/decode/correlations.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "base/errors.h"
#include "inversion/decode/complex_product.h"
#include "inversion/prepare/real_transform.h"

namespace bmiss {
namespace {

constexpr Eigen::Index most_blocks = 128;  // of a signal, whose spectra are in memory at once

// Spectra of all templates by frequency: [n_channels x n_units] each.
std::vector<Eigen::MatrixXcf> spectra_of(const Templates& templates, const RealTransform& transform) {
  const auto n_units = static_cast<Eigen::Index>(templates.waveforms.size());
  const Eigen::Index n_channels = n_units > 0 ? templates.waveforms[0].rows() : 0;
  std::vector<Eigen::MatrixXcf> result(static_cast<std::size_t>(transform.frequencies()),
                                       Eigen::MatrixXcf(n_channels, n_units));
  Eigen::MatrixXf padded(transform.length(), n_channels);
  for (Eigen::Index j = 0; j < n_units; ++j) {
    padded.setZero();
    padded.topRows(templates.window.lags) = templates.waveforms[static_cast<std::size_t>(j)].transpose();
    const Eigen::MatrixXcf spectrum = transform.forward(padded);
    for (Eigen::Index k = 0; k < transform.frequencies(); ++k)
      result[static_cast<std::size_t>(k)].col(j) = spectrum.row(k).transpose();
  }
  return result;
}

}  // namespace

// By overlap-save: correlation is a product with the conjugate spectrum.
Eigen::MatrixXf matched_outputs(const Eigen::MatrixXf& signal, const Templates& templates) {
  const auto& window = templates.window;
  const RealTransform transform(power_of_two(4 * window.lags));
  const Eigen::Index length = transform.length(), fresh = length - window.lags + 1;
  std::vector<TiledMatrix> filters;
  for (const auto& spectrum : spectra_of(templates, transform)) filters.emplace_back(spectrum.adjoint());
  const Eigen::Index blocks = (signal.cols() + fresh - 1) / fresh, n = signal.rows();
  const auto n_units = static_cast<Eigen::Index>(templates.waveforms.size());
  Eigen::MatrixXf result(n_units, signal.cols()), part(length, n);
  Eigen::MatrixXcf spectrum(transform.frequencies(), n_units);
  for (Eigen::Index some = 0; some < blocks; some += most_blocks) {
    const Eigen::Index n_blocks = std::min(most_blocks, blocks - some);
    std::vector<Eigen::MatrixXcf> values(filters.size(), Eigen::MatrixXcf(n, n_blocks));
    for (Eigen::Index b = 0; b < n_blocks; ++b) {
      const Eigen::Index first = (some + b) * fresh - window.before;
      const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + length, signal.cols());
      part.setZero();
      if (to > from) part.middleRows(from - first, to - from) = signal.middleCols(from, to - from).transpose();
      const Eigen::MatrixXcf block = transform.forward(part);
      for (std::size_t k = 0; k < values.size(); ++k)
        values[k].col(b) = block.row(static_cast<Eigen::Index>(k)).transpose();
    }
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = filters[k].times(values[k]);
    for (Eigen::Index b = 0; b < n_blocks; ++b) {
      for (std::size_t k = 0; k < values.size(); ++k)
        spectrum.row(static_cast<Eigen::Index>(k)) = values[k].col(b).transpose();
      const Eigen::MatrixXf whole = transform.inverse(spectrum);
      const Eigen::Index first = (some + b) * fresh, count = std::min(fresh, signal.cols() - first);
      result.middleCols(first, count) = whole.topRows(count).transpose();
    }
  }
  return result;
}

TemplateCorrelations::TemplateCorrelations(const Eigen::MatrixXf& signal, const Templates& templates)
    : lags_(templates.window.lags), matched_(matched_outputs(signal, templates)) {
  const RealTransform transform(power_of_two(2 * lags_ + 2));
  const auto spectra = spectra_of(templates, transform);
  const Eigen::Index n = matched_.rows(), frequencies = transform.frequencies(), length = transform.length();
  std::vector<Eigen::MatrixXcf> gram;
  for (const auto& s : spectra) gram.push_back(s.adjoint() * s);
  std::vector<Eigen::MatrixXf> effects(static_cast<std::size_t>(n * (DelayBank::phases + 1)),
                                       Eigen::MatrixXf(n, 2 * lags_));
  energy_.resize(n);
  const double pi = std::acos(-1.0);
  Eigen::MatrixXcf spectrum(frequencies, n);
  for (Eigen::Index k = 0; k < n; ++k) {
    for (int q = 0; q <= DelayBank::phases; ++q) {
      for (Eigen::Index f = 0; f < frequencies; ++f) {
        const double angle = -2 * pi * static_cast<double>(f) * q / DelayBank::phases / static_cast<double>(length);
        const std::complex<float> ramp(static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)));
        spectrum.row(f) = ramp * gram[static_cast<std::size_t>(f)].col(k).transpose();
      }
      const Eigen::MatrixXf circular = transform.inverse(spectrum);
      Eigen::MatrixXf& effect = effects[static_cast<std::size_t>(k * (DelayBank::phases + 1) + q)];
      for (Eigen::Index i = 0; i < 2 * lags_; ++i)
        effect.col(i) = circular.row((i - lags_ + 1 + length) % length).transpose();
    }
    energy_[k] = effects[static_cast<std::size_t>(k * (DelayBank::phases + 1))](k, lags_ - 1);
  }
  effects_ = std::make_shared<const std::vector<Eigen::MatrixXf>>(std::move(effects));
}

TemplateCorrelations TemplateCorrelations::part(Eigen::Index first, Eigen::Index count) const {
  TemplateCorrelations result;
  result.lags_ = lags_;
  result.matched_ = matched_.middleCols(first, count);
  result.effects_ = effects_;
  result.energy_ = energy_;
  return result;
}

std::vector<Eigen::MatrixXcf> TemplateCorrelations::gram(Eigen::Index length) const {
  BMISS_ASSERT(length >= 2 * lags_);
  const RealTransform transform(length);
  std::vector<Eigen::MatrixXcf> result(static_cast<std::size_t>(transform.frequencies()),
                                       Eigen::MatrixXcf(units(), units()));
  Eigen::MatrixXf circular = Eigen::MatrixXf::Zero(length, units());
  for (Eigen::Index k = 0; k < units(); ++k) {
    circular.setZero();
    for (Eigen::Index i = 0; i < 2 * lags_; ++i)
      circular.row((i - lags_ + 1 + length) % length) = effect(k, 0).col(i).transpose();
    const Eigen::MatrixXcf spectrum = transform.forward(circular);
    for (std::size_t f = 0; f < result.size(); ++f)
      result[f].col(k) = spectrum.row(static_cast<Eigen::Index>(f)).transpose();
  }
  return result;
}

}  // namespace bmiss
