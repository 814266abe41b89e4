#include "forward/fractional_delay.h"

#include <algorithm>
#include <cmath>

namespace bmiss {
namespace {

constexpr int n_delays = 32, half_width = 16;
constexpr double kaiser_shape = 7.0;  // side lobes below 1e-3 · 0.1, pass band to 0.43 of the rate at this width

// Sinc times Kaiser window at `x` samples from the centre.
double kernel(double x) {
  if (std::abs(x) >= half_width) return 0;
  const double pi = std::acos(-1.0), u = x / half_width;
  const double window =
      std::cyl_bessel_i(0.0, kaiser_shape * std::sqrt(1 - u * u)) / std::cyl_bessel_i(0.0, kaiser_shape);
  return std::abs(x) < 1e-12 ? 1.0 : window * std::sin(pi * x) / (pi * x);
}

}  // namespace

DelayedWaveform::DelayedWaveform(const Eigen::MatrixXd& waveform) {
  const Eigen::Index n = waveform.cols(), reach = 2 * half_width;
  for (int d = 0; d <= n_delays; ++d) {
    Eigen::VectorXd taps(reach);  // tap j puts a sample at j - (half_width - 1)
    for (Eigen::Index j = 0; j < reach; ++j)
      taps[j] = kernel(static_cast<double>(j - (half_width - 1)) - static_cast<double>(d) / n_delays);
    taps /= taps.sum();  // a constant stays what it is
    Eigen::MatrixXd delayed = Eigen::MatrixXd::Zero(waveform.rows(), n + reach - 1);
    for (Eigen::Index j = 0; j < reach; ++j) delayed.middleCols(j, n) += taps[j] * waveform;
    delayed_.push_back(std::move(delayed));
  }
}

void DelayedWaveform::add_to(Eigen::MatrixXd& signal, double position) const {
  const double whole = std::floor(position), fine = (position - whole) * n_delays;
  const int d = std::min(static_cast<int>(fine), n_delays - 1);
  const double share = fine - d;
  const Eigen::Index start = static_cast<Eigen::Index>(whole) - (half_width - 1);
  const Eigen::Index first = std::max<Eigen::Index>(0, -start);
  const Eigen::Index last = std::min(delayed_[0].cols(), signal.cols() - start);
  if (last <= first) return;
  const auto before = delayed_[static_cast<std::size_t>(d)].middleCols(first, last - first);
  const auto after = delayed_[static_cast<std::size_t>(d) + 1].middleCols(first, last - first);
  signal.middleCols(start + first, last - first) += (1 - share) * before + share * after;
}

}  // namespace bmiss
