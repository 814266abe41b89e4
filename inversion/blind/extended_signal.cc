#include "inversion/blind/extended_signal.h"

#include <algorithm>
#include <complex>
#include <unsupported/Eigen/FFT>

#include "base/errors.h"

// The two inner loops run on the widest vectors of the machine without a build of their own.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define BMISS_WIDE_VECTORS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BMISS_WIDE_VECTORS
#endif

namespace bmiss {
namespace {

// sum += Σ_i f_i x_i over the complex spectra of n channels, each `stride` real parts and then as many imaginary ones.
BMISS_WIDE_VECTORS void multiply_add(const float* __restrict f, const float* __restrict x, float* __restrict sum,
                                     Eigen::Index n, Eigen::Index stride) {
  float* __restrict sum_imaginary = sum + stride;
  for (Eigen::Index i = 0; i < n; ++i, f += 2 * stride, x += 2 * stride) {
    const float *f_imaginary = f + stride, *x_imaginary = x + stride;
    for (Eigen::Index k = 0; k < stride; ++k) {
      sum[k] += f[k] * x[k] - f_imaginary[k] * x_imaginary[k];
      sum_imaginary[k] += f[k] * x_imaginary[k] + f_imaginary[k] * x[k];
    }
  }
}

// sum_i += g conj(x_i) for each of n channels.
BMISS_WIDE_VECTORS void conjugate_multiply_add(const float* __restrict g, const float* __restrict x,
                                               float* __restrict sum, Eigen::Index n, Eigen::Index stride) {
  const float* __restrict g_imaginary = g + stride;
  for (Eigen::Index i = 0; i < n; ++i, sum += 2 * stride, x += 2 * stride) {
    const float* x_imaginary = x + stride;
    float* sum_imaginary = sum + stride;
    for (Eigen::Index k = 0; k < stride; ++k) {
      sum[k] += g[k] * x[k] + g_imaginary[k] * x_imaginary[k];
      sum_imaginary[k] += g_imaginary[k] * x[k] - g[k] * x_imaginary[k];
    }
  }
}

}  // namespace

// Real transform of one block, with its own plan and scratch.
struct ExtendedSignal::Transform {
  Transform(Eigen::Index length, Eigen::Index stride_of_parts)
      : stride(stride_of_parts), samples(length), spectrum(length / 2 + 1) {
    fft.SetFlag(Eigen::FFT<float>::HalfSpectrum);
  }
  void forward(float* parts) {
    fft.fwd(spectrum.data(), samples.data(), samples.size());
    for (Eigen::Index k = 0; k < spectrum.size(); ++k) {
      parts[k] = spectrum[k].real();
      parts[stride + k] = spectrum[k].imag();
    }
  }
  void inverse(const float* parts) {
    for (Eigen::Index k = 0; k < spectrum.size(); ++k) spectrum[k] = {parts[k], parts[stride + k]};
    fft.inv(samples.data(), spectrum.data(), samples.size());
  }

  Eigen::Index stride;
  Eigen::FFT<float> fft;
  Eigen::VectorXf samples;
  Eigen::VectorXcf spectrum;
};

ExtendedSignal::ExtendedSignal(Eigen::MatrixXf signal, int extension)
    : signal_(std::move(signal)), extension_(extension) {
  BMISS_ASSERT(extension_ >= 1 && signal_.size() > 0);
  length_ = 64;
  while (length_ < 4 * extension_) length_ *= 2;
  fresh_ = length_ - extension_ + 1;
  blocks_ = (samples() + fresh_ - 1) / fresh_;
  stride_ = (length_ / 2 + 1 + 15) / 16 * 16;
  transform_ = std::make_unique<Transform>(length_, stride_);
  spectra_.assign(static_cast<std::size_t>(blocks_ * channels() * 2 * stride_), 0.0F);
  for (Eigen::Index b = 0; b < blocks_; ++b) {
    const Eigen::Index first = b * fresh_ - (extension_ - 1);
    const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + length_, samples());
    for (Eigen::Index i = 0; i < channels(); ++i) {
      transform_->samples.setZero();
      transform_->samples.segment(from - first, to - from) = signal_.row(i).segment(from, to - from).transpose();
      transform_->forward(block(b) + i * 2 * stride_);
    }
  }
}

ExtendedSignal::~ExtendedSignal() = default;

Eigen::VectorXf ExtendedSignal::apply(const Eigen::VectorXf& filter) const {
  BMISS_ASSERT(filter.size() == dimension());
  Eigen::VectorXf filters = Eigen::VectorXf::Zero(channels() * 2 * stride_);
  for (Eigen::Index i = 0; i < channels(); ++i) {
    transform_->samples.setZero();
    transform_->samples.head(extension_) = filter.segment(i * extension_, extension_);
    transform_->forward(filters.data() + i * 2 * stride_);
  }
  Eigen::VectorXf output(samples()), sum(2 * stride_);
  for (Eigen::Index b = 0; b < blocks_; ++b) {
    sum.setZero();
    multiply_add(filters.data(), block(b), sum.data(), channels(), stride_);
    transform_->inverse(sum.data());
    const Eigen::Index count = std::min(fresh_, samples() - b * fresh_);
    output.segment(b * fresh_, count) = transform_->samples.segment(extension_ - 1, count);
  }
  return output;
}

Eigen::VectorXf ExtendedSignal::correlate(const Eigen::VectorXf& weights) const {
  BMISS_ASSERT(weights.size() == samples());
  Eigen::VectorXf sums = Eigen::VectorXf::Zero(channels() * 2 * stride_), parts = Eigen::VectorXf::Zero(2 * stride_);
  for (Eigen::Index b = 0; b < blocks_; ++b) {
    const Eigen::Index count = std::min(fresh_, samples() - b * fresh_);
    if ((weights.segment(b * fresh_, count).array() == 0).all()) continue;  // between the spikes of a train
    transform_->samples.setZero();
    transform_->samples.segment(extension_ - 1, count) = weights.segment(b * fresh_, count);
    transform_->forward(parts.data());
    conjugate_multiply_add(parts.data(), block(b), sums.data(), channels(), stride_);
  }
  Eigen::VectorXf result(dimension());
  for (Eigen::Index i = 0; i < channels(); ++i) {
    transform_->inverse(sums.data() + i * 2 * stride_);
    result.segment(i * extension_, extension_) = transform_->samples.head(extension_);
  }
  return result;
}

Eigen::VectorXf ExtendedSignal::sample(Eigen::Index t) const {
  Eigen::VectorXf result = Eigen::VectorXf::Zero(dimension());
  for (Eigen::Index a = 0; a < extension_; ++a)
    if (t >= a && t - a < samples())
      for (Eigen::Index i = 0; i < channels(); ++i) result[i * extension_ + a] = signal_(i, t - a);
  return result;
}

Eigen::MatrixXd ExtendedSignal::covariance() const {
  const Eigen::Index m = channels(), chunk = 4096;  // sums within a chunk in float, of the chunks in double
  Eigen::MatrixXd result(dimension(), dimension());
  for (Eigen::Index lag = 0; lag < std::min<Eigen::Index>(extension_, samples()); ++lag) {
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
          result(i * extension_ + a, j * extension_ + a + lag) = product(i, j);
          result(j * extension_ + a + lag, i * extension_ + a) = product(i, j);
        }
  }
  return result;
}

}  // namespace bmiss
