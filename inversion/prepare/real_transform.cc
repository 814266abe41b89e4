#include "inversion/prepare/real_transform.h"

#include <fftw3.h>

#include <mutex>

#include "base/errors.h"

namespace bmiss {
namespace {

// FFTW's planner is the only part of it that threads must not share.
std::mutex& planner() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

// Arrays that begin where the widest vectors may are transformed about twice as fast.
struct RealTransform::Plans {
  fftwf_plan forward, inverse, aligned_forward, aligned_inverse;
};

RealTransform::RealTransform(Eigen::Index length) : length_(length) {
  BMISS_ASSERT(length >= 2 && length % 2 == 0);
  const std::lock_guard<std::mutex> lock(planner());
  auto* const signal = fftwf_alloc_real(static_cast<std::size_t>(length));
  auto* const bins = fftwf_alloc_complex(static_cast<std::size_t>(frequencies()));
  const int n = static_cast<int>(length);
  const unsigned inverse_flags = FFTW_ESTIMATE | FFTW_PRESERVE_INPUT;
  plans_ = new Plans{fftwf_plan_dft_r2c_1d(n, signal, bins, FFTW_ESTIMATE | FFTW_UNALIGNED),
                     fftwf_plan_dft_c2r_1d(n, bins, signal, inverse_flags | FFTW_UNALIGNED),
                     fftwf_plan_dft_r2c_1d(n, signal, bins, FFTW_ESTIMATE),
                     fftwf_plan_dft_c2r_1d(n, bins, signal, inverse_flags)};
  fftwf_free(signal);
  fftwf_free(bins);
}

RealTransform::~RealTransform() {
  const std::lock_guard<std::mutex> lock(planner());
  for (const fftwf_plan plan : {plans_->forward, plans_->inverse, plans_->aligned_forward, plans_->aligned_inverse})
    fftwf_destroy_plan(plan);
  delete plans_;
}

void RealTransform::forward(const float* signal, std::complex<float>* spectrum) const {
  auto* const in = const_cast<float*>(signal);
  auto* const out = reinterpret_cast<fftwf_complex*>(spectrum);
  const bool aligned = fftwf_alignment_of(in) == 0 && fftwf_alignment_of(out[0]) == 0;
  fftwf_execute_dft_r2c(aligned ? plans_->aligned_forward : plans_->forward, in, out);
}

void RealTransform::inverse(const std::complex<float>* spectrum, float* signal) const {
  auto* const bins = reinterpret_cast<fftwf_complex*>(const_cast<std::complex<float>*>(spectrum));
  const bool aligned = fftwf_alignment_of(signal) == 0 && fftwf_alignment_of(bins[0]) == 0;
  fftwf_execute_dft_c2r(aligned ? plans_->aligned_inverse : plans_->inverse, bins, signal);
  const float scale = 1 / static_cast<float>(length_);
  for (Eigen::Index t = 0; t < length_; ++t) signal[t] *= scale;
}

Eigen::MatrixXcf RealTransform::forward(const Eigen::MatrixXf& signals) const {
  BMISS_ASSERT(signals.rows() == length_);
  Eigen::MatrixXcf spectra(frequencies(), signals.cols());
  for (Eigen::Index i = 0; i < signals.cols(); ++i) forward(signals.col(i).data(), spectra.col(i).data());
  return spectra;
}

Eigen::MatrixXf RealTransform::inverse(const Eigen::MatrixXcf& spectra) const {
  BMISS_ASSERT(spectra.rows() == frequencies());
  Eigen::MatrixXf signals(length_, spectra.cols());
  for (Eigen::Index i = 0; i < spectra.cols(); ++i) inverse(spectra.col(i).data(), signals.col(i).data());
  return signals;
}

Eigen::Index power_of_two(Eigen::Index least) {
  Eigen::Index n = 2;
  while (n < least) n *= 2;
  return n;
}

}  // namespace bmiss
