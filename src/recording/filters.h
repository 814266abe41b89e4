// Zero-phase filters of recordings (forwards and backwards: no delay, squared magnitude), and channels to leave out.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "recording/recording.h"

namespace bmiss {

// One second-order section, H(z) = (b0 + b1/z + b2/z²) / (1 + a1/z + a2/z²).
struct Biquad {
  double b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;
};

// Butterworth filter of `order` (that of the low-pass prototype: a band-pass has twice as many poles), by the bilinear
// transform with both cut-offs [Hz] exact. low <= 0 makes a low-pass, high at or above rate/2 a high-pass.
// Throws InputError: no band left, order outside 1–20.
std::vector<Biquad> butterworth(int order, double low, double high, double rate);

// Notches at `frequency` and its harmonics below rate/2, each `width` [Hz] wide at -3 dB (one pass).
// Throws InputError: frequency or width that is not positive or reaches rate/2.
std::vector<Biquad> line_notches(double frequency, double width, double rate);

// |H(f)| of one pass.
double magnitude(const std::vector<Biquad>& filter, double frequency, double rate);

// Runs the filter forwards and backwards over each row of `signal` [n_channels x n_samples], in place. The ends are
// continued by point reflection until the filter has forgotten its start, and each pass starts in its steady state
// (Gustafsson 1996 for the problem; the method is that of common filtfilt implementations).
void filter_zero_phase(const std::vector<Biquad>& filter, Eigen::MatrixXd& signal);

// The two steps that every decomposition starts with; power-line removal is skipped where its frequency is NaN.
void band_pass(Recording& recording, double low, double high, int order = 4);
void remove_power_line(Recording& recording, double width = 1.0);

// A channel that should not be decomposed, and why, in one sentence.
struct BadChannel {
  Eigen::Index channel = 0;
  std::string reason;
};
// Channels whose status is bad, that are flat (rms below 1e-3 of the median channel), or whose rms lies more than
// `deviations` robust standard deviations of log(rms) (1.4826 MAD, at least 10 %) from the median; but a quiet one is
// good at the border of what a muscle is seen by: where two of the eight electrodes next to it are not twice as loud.
// Run it after band_pass.
std::vector<BadChannel> find_bad_channels(const Recording& recording, double deviations = 6);

}  // namespace bmiss
