#include "recording/filters.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

using Complex = std::complex<double>;
const double pi = std::acos(-1.0);

// Section of two zeros and a conjugate (or two real) pair of poles in z, with unit gain at `at`.
Biquad section(double zero1, double zero2, Complex pole1, Complex pole2, Complex at) {
  Biquad s{1, -(zero1 + zero2), zero1 * zero2, -(pole1 + pole2).real(), (pole1 * pole2).real()};
  const Complex d = 1.0 / at;
  const double gain = std::abs((1.0 + s.a1 * d + s.a2 * d * d) / (s.b0 + s.b1 * d + s.b2 * d * d));
  s.b0 *= gain;
  s.b1 *= gain;
  s.b2 *= gain;
  return s;
}

// A single pole of an odd order.
Biquad first_order(double zero, double pole, Complex at) {
  return section(zero, 0, pole, 0, at);
}

Complex to_z(Complex s) {
  return (1.0 + s) / (1.0 - s);
}  // bilinear, s in units of 2 rate

double largest_pole(const std::vector<Biquad>& filter) {
  double largest = 0;
  for (const Biquad& s : filter) {
    const Complex root = std::sqrt(Complex(s.a1 * s.a1 - 4 * s.a2, 0));
    largest = std::max({largest, std::abs((-s.a1 + root) / 2.0), std::abs((-s.a1 - root) / 2.0)});
  }
  return largest;
}

// Channels filtered side by side: a recursion waits for its own last value, and its neighbours fill the time.
constexpr Eigen::Index lanes = 8;
using Lanes = Eigen::Array<double, lanes, 1>;

// In place, started in the steady state that belongs to the first value.
void run(const std::vector<Biquad>& filter, std::vector<Lanes>& x) {
  Lanes level = x.front();
  for (const Biquad& s : filter) {
    const double gain = (s.b0 + s.b1 + s.b2) / (1 + s.a1 + s.a2);
    Lanes w1 = (gain - s.b0) * level, w2 = (s.b2 - s.a2 * gain) * level;  // transposed direct form II
    for (Lanes& value : x) {
      const Lanes y = s.b0 * value + w1;
      w1 = s.b1 * value - s.a1 * y + w2;
      w2 = s.b2 * value - s.a2 * y;
      value = y;
    }
    level *= gain;
  }
}

}  // namespace

std::vector<Biquad> butterworth(int order, double low, double high, double rate) {
  const bool has_low = low > 0, has_high = high < rate / 2;
  if (order < 1 || order > 20) throw InputError("the filter order is " + std::to_string(order) + "; give 1 to 20");
  if (!(rate > 0) || !(has_low || has_high) || (has_low && low >= rate / 2) || high <= 0 ||
      (has_low && has_high && low >= high))
    throw InputError("a filter from " + format("%g", low) + " to " + format("%g", high) +
                     " Hz leaves no band at a sampling rate of " + format("%g", rate) +
                     " Hz; give 0 < low < high, one of them inside 0 to " + format("%g", rate / 2));
  const double warped_low = std::tan(pi * low / rate), warped_high = std::tan(pi * high / rate);
  std::vector<Biquad> filter;
  if (has_low && has_high) {
    const double centre2 = warped_low * warped_high, width = warped_high - warped_low;
    const Complex at = to_z(Complex(0, std::sqrt(centre2)));  // unit gain at the centre
    for (int k = 0; k < order; ++k) {
      // Each prototype pole gives two poles of the band-pass; those of conjugate prototypes pair up, so half are used.
      const Complex p = std::polar(1.0, pi * (2 * k + order + 1) / (2.0 * order)) * width / 2.0;
      if (p.imag() < -1e-14) continue;
      const Complex root = std::sqrt(p * p - centre2);
      const Complex q1 = to_z(p + root), q2 = to_z(p - root);
      if (p.imag() > 1e-14) {
        filter.push_back(section(1, -1, q1, std::conj(q1), at));
        filter.push_back(section(1, -1, q2, std::conj(q2), at));
      } else {
        filter.push_back(section(1, -1, q1, q2, at));
      }
    }
    return filter;
  }
  const double zero = has_low ? 1 : -1;
  const Complex at = has_low ? Complex(-1) : Complex(1);
  for (int k = 0; k < order; ++k) {
    const Complex p = std::polar(1.0, pi * (2 * k + order + 1) / (2.0 * order));
    if (p.imag() < -1e-14) continue;
    const Complex q = to_z(has_low ? warped_low / p : warped_high * p);
    filter.push_back(p.imag() > 1e-14 ? section(zero, zero, q, std::conj(q), at) : first_order(zero, q.real(), at));
  }
  return filter;
}

std::vector<Biquad> line_notches(double frequency, double width, double rate) {
  if (!(frequency > 0) || !(width > 0) || frequency >= rate / 2 || width >= frequency)
    throw InputError("notches at multiples of " + format("%g", frequency) + " Hz, " + format("%g", width) +
                     " Hz wide, cannot be made at a sampling rate of " + format("%g", rate) +
                     " Hz; give 0 < width < frequency < rate/2");
  std::vector<Biquad> filter;
  const double damping = std::tan(pi * width / rate);
  for (int harmonic = 1; harmonic * frequency < rate / 2 - width / 2; ++harmonic) {
    // All-pass based notch (Regalia, Mitra & Vaidyanathan 1988): zeros on the circle, -3 dB width exact.
    const double cosine = std::cos(2 * pi * harmonic * frequency / rate), scale = 1 / (1 + damping);
    filter.push_back({scale, -2 * cosine * scale, scale, -2 * cosine * scale, (1 - damping) * scale});
  }
  return filter;
}

double magnitude(const std::vector<Biquad>& filter, double frequency, double rate) {
  const Complex d = std::polar(1.0, -2 * pi * frequency / rate);
  double product = 1;
  for (const Biquad& s : filter)
    product *= std::abs((s.b0 + s.b1 * d + s.b2 * d * d) / (1.0 + s.a1 * d + s.a2 * d * d));
  return product;
}

void filter_zero_phase(const std::vector<Biquad>& filter, Eigen::MatrixXd& signal) {
  const Eigen::Index n = signal.cols();
  if (n < 2 || filter.empty()) return;
  constexpr double forgotten = 1e-6;
  const double decay = std::log(forgotten) / std::log(std::max(largest_pole(filter), 1e-3));
  const Eigen::Index pad = std::min(n - 1, static_cast<Eigen::Index>(std::ceil(decay)) + 2);
  std::vector<Lanes> x(static_cast<std::size_t>(n + 2 * pad));
  for (Eigen::Index first = 0; first < signal.rows(); first += lanes) {
    const Eigen::Index count = std::min(lanes, signal.rows() - first);
    const auto column = [&](Eigen::Index t) {
      Lanes values = Lanes::Zero();
      values.head(count) = signal.col(t).segment(first, count).array();
      return values;
    };
    for (Eigen::Index i = -pad; i < n + pad; ++i) {
      Lanes& value = x[static_cast<std::size_t>(i + pad)];
      if (i < 0)
        value = 2 * column(0) - column(-i);
      else if (i >= n)
        value = 2 * column(n - 1) - column(2 * (n - 1) - i);
      else
        value = column(i);
    }
    run(filter, x);
    std::reverse(x.begin(), x.end());
    run(filter, x);
    std::reverse(x.begin(), x.end());
    for (Eigen::Index t = 0; t < n; ++t)
      signal.col(t).segment(first, count) = x[static_cast<std::size_t>(t + pad)].head(count).matrix();
  }
}

void band_pass(Recording& recording, double low, double high, int order) {
  filter_zero_phase(butterworth(order, low, high, recording.rate), recording.signal);
}

void remove_power_line(Recording& recording, double width) {
  if (std::isnan(recording.power_line)) return;
  filter_zero_phase(line_notches(recording.power_line, width, recording.rate), recording.signal);
}

}  // namespace bmiss
