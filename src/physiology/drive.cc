#include "physiology/drive.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/parameters.h"
#include "base/tsv_file.h"

namespace bmiss {

void DriveOptions::declare_parameters(Parameters& p) {
  const DriveOptions o;
  const Parameters::Section section(p, "Drive");
  p.declare_real("Level", o.level * 100, "%", {0, 100}, "of the hold; 100 % brings the last unit to its peak rate");
  p.declare_real("Ramp", o.ramp, "s", {0, 1e4}, "duration of the rise and of the fall");
  p.declare_real("Rest", o.rest, "s", {0, 1e4}, "before the rise and after the fall");
}

DriveOptions DriveOptions::parse_parameters(const Parameters& p) {
  const Parameters::Section section(p, "Drive");
  return {p.real("Level"), p.real("Ramp"), p.real("Rest")};
}

std::vector<double> trapezoid_drive(const DriveOptions& options, double duration, double rate) {
  BMISS_ASSERT(rate > 0 && options.level >= 0 && options.level <= 1 && options.ramp >= 0 && options.rest >= 0);
  const double edges = 2 * (options.rest + options.ramp);
  if (!(edges <= duration))
    throw InputError("two rests and two ramps of the drive take " + format_real(edges) + " s but the duration is " +
                     format_real(duration) + " s; shorten them or record longer");
  std::vector<double> excitation(static_cast<std::size_t>(std::lround(duration * rate)));
  for (std::size_t n = 0; n < excitation.size(); ++n) {
    const double t = static_cast<double>(n) / rate, inside = std::min(t, duration - t) - options.rest;
    const double share = options.ramp > 0 ? std::clamp(inside / options.ramp, 0.0, 1.0) : (inside >= 0 ? 1.0 : 0.0);
    excitation[n] = options.level * share;
  }
  return excitation;
}

}  // namespace bmiss
