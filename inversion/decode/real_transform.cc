#include "inversion/decode/real_transform.h"

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

struct RealTransform::Plans {
  fftwf_plan forward, inverse;
};

RealTransform::RealTransform(Eigen::Index length) : length_(length) {
  BMISS_ASSERT(length >= 2 && length % 2 == 0);
  Eigen::VectorXf signal(length);
  Eigen::VectorXcf spectrum(frequencies());
  auto* const bins = reinterpret_cast<fftwf_complex*>(spectrum.data());
  const std::lock_guard<std::mutex> lock(planner());
  const int n = static_cast<int>(length);
  plans_ =
      new Plans{fftwf_plan_dft_r2c_1d(n, signal.data(), bins, FFTW_ESTIMATE | FFTW_UNALIGNED),
                fftwf_plan_dft_c2r_1d(n, bins, signal.data(), FFTW_ESTIMATE | FFTW_UNALIGNED | FFTW_PRESERVE_INPUT)};
}

RealTransform::~RealTransform() {
  const std::lock_guard<std::mutex> lock(planner());
  fftwf_destroy_plan(plans_->forward);
  fftwf_destroy_plan(plans_->inverse);
  delete plans_;
}

void RealTransform::forward(const float* signal, std::complex<float>* spectrum) const {
  fftwf_execute_dft_r2c(plans_->forward, const_cast<float*>(signal), reinterpret_cast<fftwf_complex*>(spectrum));
}

void RealTransform::inverse(const std::complex<float>* spectrum, float* signal) const {
  auto* const bins = reinterpret_cast<fftwf_complex*>(const_cast<std::complex<float>*>(spectrum));
  fftwf_execute_dft_c2r(plans_->inverse, bins, signal);
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

}  // namespace bmiss
