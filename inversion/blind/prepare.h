// What a blind decomposition sees of a recording.
#pragma once

#include <Eigen/Core>

#include "recording/recording.h"

namespace bmiss {

class Report;
struct BlindOptions;

// Filtered signals of the channels that can be used [n_channels x n_samples], mean removed, in units of their common
// rms. Warns of each channel that is left out. Throws InputError: no rate, a value that is not finite, no usable
// channel.
Eigen::MatrixXf prepare_channels(const Recording& recording, const BlindOptions& options, Report& report);

}  // namespace bmiss
