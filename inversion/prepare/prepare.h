// Stage 0 of every decomposition: filters, channels to leave out, one scale.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "recording/filters.h"
#include "recording/recording.h"

namespace bmiss {

class Parameters;
class Report;

struct PrepareOptions {
  double low_cut = 20, high_cut = 500;  // band-pass [Hz]; 0 and more than rate/2: none
  double power_line_width = 1;          // of the notches at the power line and its harmonics [Hz]; 0: none
  double shortest_duration = 3;         // of a recording [s]
  static void declare_parameters(Parameters& parameters);  // in the sections now open
  static PrepareOptions parse_parameters(const Parameters& parameters);
};

struct PreparedSignal {
  double rate = 0;                     // [Hz]
  Eigen::MatrixXf signal;              // [n_channels x n_samples], mean removed, in units of `scale`
  std::vector<Eigen::Index> channels;  // their rows in the recording, ascending
  double scale = 1;                    // the common rms [V]
  std::vector<Biquad> filter;          // run forwards and backwards over the recording
  std::vector<std::string> excluded;   // one sentence for each channel left out, and why

  // The same channels, filter and scale for a waveform that is zero outside of its window: waveform in V [all channels
  // of the recording x n_samples], result [n_channels x n_samples]. The filter has no delay; what it moves out of the
  // window is lost, so give the waveform room on both sides.
  Eigen::MatrixXf apply(const Eigen::MatrixXd& waveform) const;
  // The filter's part of that as a matrix to multiply waveforms with from the right [n_samples x n_samples].
  Eigen::MatrixXd waveform_filter(Eigen::Index n_samples) const;
};

// Removes baseline drift and hum and leaves out channels that are marked bad, constant, saturated (many samples at the
// largest or smallest value), mains only, or far louder or quieter than the others; warns of each. Throws InputError:
// no rate, too short, a value that is not finite, no usable channel.
PreparedSignal prepare_channels(const Recording& recording, const PrepareOptions& options, Report& report);

}  // namespace bmiss
