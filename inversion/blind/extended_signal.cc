#include "inversion/blind/extended_signal.h"

#include <algorithm>
#include <complex>

#include "base/errors.h"
#include "base/threads.h"
#include "inversion/blind/spectral_kernels.h"

namespace bmiss {
namespace {

// The length for which a sample costs least: long transforms have few samples that only repeat others, but cost more.
Eigen::Index transform_length(int extension) {
  Eigen::Index length = 256;
  while (length < 8 * extension) length *= 2;
  return length;
}

// Real and imaginary parts of a spectrum, piece by piece; pieces lie `stride` floats apart.
void store(const Eigen::VectorXcf& spectrum, float* parts, Eigen::Index stride) {
  for (Eigen::Index k = 0; k < spectrum.size(); ++k) {
    float* const piece = parts + k / spectral_width * stride + k % spectral_width;
    piece[0] = spectrum[k].real();
    piece[spectral_width] = spectrum[k].imag();
  }
}
void load(const float* parts, Eigen::Index stride, Eigen::VectorXcf& spectrum) {
  for (Eigen::Index k = 0; k < spectrum.size(); ++k) {
    const float* const piece = parts + k / spectral_width * stride + k % spectral_width;
    spectrum[k] = {piece[0], piece[spectral_width]};
  }
}

Eigen::Index groups(Eigen::Index n) {
  return (n + spectral_group - 1) / spectral_group;
}

}  // namespace

ExtendedSignal::ExtendedSignal(Eigen::MatrixXf signal, int extension, int threads)
    : signal_(std::move(signal)), extension_(extension), threads_(threads), transform_(transform_length(extension)) {
  BMISS_ASSERT(extension_ >= 1 && signal_.size() > 0);
  fresh_ = transform_.length() - extension_ + 1;
  blocks_ = (samples() + fresh_ - 1) / fresh_;
  pieces_ = (transform_.frequencies() + spectral_width - 1) / spectral_width;
  spectra_.assign(static_cast<std::size_t>(pieces_ * blocks_ * channels() * spectral_piece), 0.0F);
  for_each_piece(static_cast<std::size_t>(blocks_), threads_, [&](std::size_t block) {
    const auto b = static_cast<Eigen::Index>(block);
    const Eigen::Index first = b * fresh_ - (extension_ - 1);
    const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + transform_.length(), samples());
    Eigen::VectorXf part(transform_.length());
    Eigen::VectorXcf spectrum(transform_.frequencies());
    for (Eigen::Index i = 0; i < channels(); ++i) {
      part.setZero();
      part.segment(from - first, to - from) = signal_.row(i).segment(from, to - from).transpose();
      transform_.forward(part.data(), spectrum.data());
      store(spectrum, spectra_.data() + (b * channels() + i) * spectral_piece, blocks_ * channels() * spectral_piece);
    }
  });
}

Eigen::MatrixXf ExtendedSignal::apply(const Eigen::MatrixXf& filters) const {
  BMISS_ASSERT(filters.rows() == dimension());
  Eigen::MatrixXf result(samples(), filters.cols());
  for_each_piece(static_cast<std::size_t>(groups(filters.cols())), threads_, [&](std::size_t group) {
    const Eigen::Index first = static_cast<Eigen::Index>(group) * spectral_group;
    apply_group(filters, first, std::min(spectral_group, filters.cols() - first), result);
  });
  return result;
}

void ExtendedSignal::apply_group(const Eigen::MatrixXf& filters, Eigen::Index first, Eigen::Index count,
                                 Eigen::MatrixXf& out) const {
  const Eigen::Index of_filters = channels() * spectral_group * spectral_piece;
  const Eigen::Index of_blocks = blocks_ * spectral_group * spectral_piece;
  const Eigen::Index of_signal = blocks_ * channels() * spectral_piece;
  std::vector<float> parts(static_cast<std::size_t>(pieces_ * of_filters), 0.0F);
  std::vector<float> sums(static_cast<std::size_t>(pieces_ * of_blocks));
  Eigen::VectorXf part(transform_.length());
  Eigen::VectorXcf spectrum(transform_.frequencies());
  for (Eigen::Index j = 0; j < count; ++j)
    for (Eigen::Index i = 0; i < channels(); ++i) {
      part.setZero();
      part.head(extension_) = filters.col(first + j).segment(i * extension_, extension_);
      transform_.forward(part.data(), spectrum.data());
      store(spectrum, parts.data() + (i * spectral_group + j) * spectral_piece, of_filters);
    }
  for (Eigen::Index p = 0; p < pieces_; ++p)
    sum_over_channels(spectra_.data() + p * of_signal, parts.data() + p * of_filters, sums.data() + p * of_blocks,
                      blocks_, channels());
  for (Eigen::Index j = 0; j < count; ++j)
    for (Eigen::Index b = 0; b < blocks_; ++b) {
      load(sums.data() + (b * spectral_group + j) * spectral_piece, of_blocks, spectrum);
      transform_.inverse(spectrum.data(), part.data());
      const Eigen::Index fresh = std::min(fresh_, samples() - b * fresh_);
      out.col(first + j).segment(b * fresh_, fresh) = part.segment(extension_ - 1, fresh);
    }
}

Eigen::MatrixXf ExtendedSignal::correlate(const Eigen::MatrixXf& weights) const {
  BMISS_ASSERT(weights.rows() == samples());
  Eigen::MatrixXf result(dimension(), weights.cols());
  for_each_piece(static_cast<std::size_t>(groups(weights.cols())), threads_, [&](std::size_t group) {
    const Eigen::Index first = static_cast<Eigen::Index>(group) * spectral_group;
    correlate_group(weights, first, std::min(spectral_group, weights.cols() - first), result);
  });
  return result;
}

void ExtendedSignal::correlate_group(const Eigen::MatrixXf& weights, Eigen::Index first, Eigen::Index count,
                                     Eigen::MatrixXf& out) const {
  const Eigen::Index of_filters = channels() * spectral_group * spectral_piece;
  const Eigen::Index of_blocks = blocks_ * spectral_group * spectral_piece;
  const Eigen::Index of_signal = blocks_ * channels() * spectral_piece;
  std::vector<float> sums(static_cast<std::size_t>(pieces_ * of_filters), 0.0F);
  std::vector<float> parts(static_cast<std::size_t>(pieces_ * of_blocks), 0.0F);
  Eigen::VectorXf part(transform_.length());
  Eigen::VectorXcf spectrum(transform_.frequencies());
  for (Eigen::Index j = 0; j < count; ++j)
    for (Eigen::Index b = 0; b < blocks_; ++b) {
      const Eigen::Index fresh = std::min(fresh_, samples() - b * fresh_);
      part.setZero();
      part.segment(extension_ - 1, fresh) = weights.col(first + j).segment(b * fresh_, fresh);
      transform_.forward(part.data(), spectrum.data());
      store(spectrum, parts.data() + (b * spectral_group + j) * spectral_piece, of_blocks);
    }
  for (Eigen::Index p = 0; p < pieces_; ++p)
    sum_over_blocks(spectra_.data() + p * of_signal, parts.data() + p * of_blocks, sums.data() + p * of_filters,
                    blocks_, channels());
  for (Eigen::Index j = 0; j < count; ++j)
    for (Eigen::Index i = 0; i < channels(); ++i) {
      load(sums.data() + (i * spectral_group + j) * spectral_piece, of_filters, spectrum);
      transform_.inverse(spectrum.data(), part.data());
      out.col(first + j).segment(i * extension_, extension_) = part.head(extension_);
    }
}

Eigen::VectorXf ExtendedSignal::sample(Eigen::Index t) const {
  Eigen::VectorXf result = Eigen::VectorXf::Zero(dimension());
  for (Eigen::Index a = 0; a < extension_; ++a)
    if (t >= a && t - a < samples())
      for (Eigen::Index i = 0; i < channels(); ++i) result[i * extension_ + a] = signal_(i, t - a);
  return result;
}

Eigen::MatrixXf ExtendedSignal::covariance() const {
  const Eigen::Index m = channels(), chunk = 4096;  // sums within a chunk in float, of the chunks in double
  Eigen::MatrixXf result(dimension(), dimension());
  for_each_piece(static_cast<std::size_t>(extension_), threads_, [&](std::size_t piece) {
    const auto lag = static_cast<Eigen::Index>(piece);
    Eigen::MatrixXd product = Eigen::MatrixXd::Zero(m, m);  // Σ_t x(t) x(t − lag)ᵀ
    for (Eigen::Index from = lag; from < samples(); from += chunk) {
      const Eigen::Index count = std::min(chunk, samples() - from);
      product += (signal_.middleCols(from, count) * signal_.middleCols(from - lag, count).transpose()).cast<double>();
    }
    product /= static_cast<double>(samples());
    for (Eigen::Index i = 0; i < m; ++i)
      for (Eigen::Index j = 0; j < m; ++j)
        for (Eigen::Index a = 0; a + lag < extension_; ++a) {
          // x_i(t − a) against x_j(t − a − lag).
          const auto value = static_cast<float>(product(i, j));
          result(i * extension_ + a, j * extension_ + a + lag) = value;
          result(j * extension_ + a + lag, i * extension_ + a) = value;
        }
  });
  return result;
}

}  // namespace bmiss
