// The excitation that a motoneuron pool receives over time.
#pragma once

#include <vector>

namespace bmiss {

class Parameters;

// A trapezoid: rest, ramp up, hold, ramp down, rest.
struct DriveOptions {
  double level = 0.3;                                      // of the hold, as a share of the maximum
  double ramp = 2;                                         // duration of each ramp [s]
  double rest = 1;                                         // before and after the contraction [s]
  static void declare_parameters(Parameters& parameters);  // "Drive/…"
  static DriveOptions parse_parameters(const Parameters& parameters);
};

// Excitation [round(duration * rate)] from 0 to options.level, sample n at time n / rate. Throws InputError when rests
// and ramps do not fit into the duration [s].
std::vector<double> trapezoid_drive(const DriveOptions& options, double duration, double rate);

}  // namespace bmiss
