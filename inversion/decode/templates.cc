#include "inversion/decode/templates.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/instruction_sets.h"
#include "inversion/decode/add_two.h"

namespace bmiss {
namespace {

constexpr Eigen::Index half_width = 6;  // taps of the interpolation on each side

// The part of a spike's window that lies inside the signal.
struct Overlap {
  Eigen::Index in_signal = 0, in_window = 0, n = 0;
};
Overlap overlap(Eigen::Index sample, const TemplateWindow& window, Eigen::Index n_samples) {
  const Eigen::Index first = sample - window.before;
  const Eigen::Index from = std::max<Eigen::Index>(first, 0), to = std::min(first + window.lags, n_samples);
  return {from, from - first, std::max<Eigen::Index>(to - from, 0)};
}

// waveform times D_q or its transpose, without their zeros.
template <typename Matrix>
Eigen::MatrixXf banded_product(const Eigen::MatrixXf& waveform, const Eigen::MatrixBase<Matrix>& matrix) {
  Eigen::MatrixXf result(waveform.rows(), waveform.cols());
  for (Eigen::Index to = 0; to < result.cols(); ++to) {
    const Eigen::Index from = std::max<Eigen::Index>(0, to - half_width);
    const Eigen::Index n = std::min(result.cols() - 1, to + half_width) - from + 1;
    result.col(to).noalias() = waveform.middleCols(from, n) * matrix.col(to).segment(from, n);
  }
  return result;
}

BMISS_KERNEL void add_to_two(const float* __restrict__ values, Eigen::Index n, float share_a, float* __restrict__ a,
                             float share_b, float* __restrict__ b) {
  for (Eigen::Index i = 0; i < n; ++i) {
    a[i] += share_a * values[i];
    b[i] += share_b * values[i];
  }
}

}  // namespace

SpikePositions positions_of(const std::vector<double>& times, double rate) {
  SpikePositions train;
  for (const double time : times) train.push_back(time * rate);
  return train;
}

std::vector<Eigen::Index> nearest_samples(const SpikePositions& train) {
  std::vector<Eigen::Index> samples;
  for (const double position : train) samples.push_back(std::lround(position));
  return samples;
}

DelayBank::DelayBank(Eigen::Index lags) {
  const double pi = std::acos(-1.0);
  for (int q = 0; q <= phases; ++q) {
    const double delay = static_cast<double>(q) / phases;
    Eigen::MatrixXf matrix = Eigen::MatrixXf::Zero(lags, lags);
    for (Eigen::Index to = 0; to < lags; ++to)
      for (Eigen::Index from = std::max<Eigen::Index>(0, to - half_width); from <= std::min(lags - 1, to + half_width);
           ++from) {
        const double x = static_cast<double>(to - from) - delay;
        const double reach = static_cast<double>(half_width) + 1;
        const double sinc = std::abs(x) < 1e-12 ? 1 : std::sin(pi * x) / (pi * x);
        const double hann = std::abs(x) < reach ? 0.5 + 0.5 * std::cos(pi * x / reach) : 0;
        matrix(from, to) = static_cast<float>(sinc * hann);
      }
    matrices_.push_back(std::move(matrix));
  }
}

DelayBank::Place DelayBank::place_of(double position) {
  const double whole = std::floor(position), quarters = (position - whole) * phases;
  const int phase = std::min(static_cast<int>(quarters), phases - 1);
  return {static_cast<Eigen::Index>(whole), phase, static_cast<float>(quarters - phase)};
}

Eigen::MatrixXf DelayBank::delayed(const Eigen::MatrixXf& waveform, int phase) const {
  if (phase == 0) return waveform;
  return banded_product(waveform, matrices_[static_cast<std::size_t>(phase)]);
}

Eigen::MatrixXf DelayBank::advanced(const Eigen::MatrixXf& waveform, int phase) const {
  if (phase == 0) return waveform;
  return banded_product(waveform, matrices_[static_cast<std::size_t>(phase)].transpose());
}

void add_spikes(const Eigen::MatrixXf& waveform, const TemplateWindow& window, const SpikePositions& train,
                float factor, const DelayBank& bank, Eigen::MatrixXf& signal) {
  BMISS_ASSERT(waveform.rows() == signal.rows() && waveform.cols() == window.lags);
  std::vector<Eigen::MatrixXf> copies;
  for (int q = 0; q <= DelayBank::phases; ++q) copies.push_back(factor * bank.delayed(waveform, q));
  for (const double position : train) {
    const auto place = DelayBank::place_of(position);
    const Overlap part = overlap(place.sample, window, signal.cols());
    if (part.n <= 0) continue;
    const auto q = static_cast<std::size_t>(place.phase);
    add_two(copies[q].col(part.in_window).data(), 1 - place.share, copies[q + 1].col(part.in_window).data(),
            place.share, part.n * signal.rows(), signal.col(part.in_signal).data());
  }
}

void add_spikes(const Templates& templates, const std::vector<SpikePositions>& trains, float factor,
                Eigen::MatrixXf& signal) {
  BMISS_ASSERT(templates.waveforms.size() == trains.size());
  const DelayBank bank(templates.window.lags);
  for (std::size_t j = 0; j < trains.size(); ++j)
    add_spikes(templates.waveforms[j], templates.window, trains[j], factor, bank, signal);
}

Eigen::MatrixXf gather_spikes(const Eigen::MatrixXf& signal, const TemplateWindow& window, const SpikePositions& train,
                              const DelayBank& bank) {
  std::vector<Eigen::MatrixXf> sums(DelayBank::phases + 1, Eigen::MatrixXf::Zero(signal.rows(), window.lags));
  for (const double position : train) {
    const auto place = DelayBank::place_of(position);
    const Overlap part = overlap(place.sample, window, signal.cols());
    if (part.n <= 0) continue;
    const auto q = static_cast<std::size_t>(place.phase);
    add_to_two(signal.col(part.in_signal).data(), part.n * signal.rows(), 1 - place.share,
               sums[q].col(part.in_window).data(), place.share, sums[q + 1].col(part.in_window).data());
  }
  Eigen::MatrixXf result = sums[0];
  for (int q = 1; q <= DelayBank::phases; ++q) result += bank.advanced(sums[static_cast<std::size_t>(q)], q);
  return result;
}

}  // namespace bmiss
