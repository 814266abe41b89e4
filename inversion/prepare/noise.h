// The noise of a prepared recording: how channels share it and how it spreads over frequencies.
#pragma once

#include <Eigen/Core>

#include "inversion/prepare/prepare.h"

namespace bmiss {

enum class NoiseSource {
  rest,     // the muscle rests somewhere in the recording
  quietest  // it does not: the quietest moments, which still hold activity and therefore bound the noise from above
};

struct Noise {
  NoiseSource source = NoiseSource::quietest;
  double duration = 0;         // of the samples it was taken from [s]
  Eigen::MatrixXd covariance;  // between channels, units of the prepared signal [n_channels x n_channels]
  Eigen::VectorXd spectrum;    // power of a channel on average, from 0 to rate/2 evenly, its mean over all is 1
};

// Rest are windows of an eighth of a second whose power, averaged over the channels, lies below a quarter of that of
// the windows' upper quartile, if there is a second of them; else the tenth of the windows that is quietest counts.
Noise describe_noise(const PreparedSignal& prepared);

}  // namespace bmiss
