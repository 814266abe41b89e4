#include "base/parameters.h"
#include "inversion/prepare/prepare.h"

namespace bmiss {

void PrepareOptions::declare_parameters(Parameters& parameters) {
  const PrepareOptions preset;
  const Parameters::Section prepare(parameters, "Prepare");
  parameters.declare_real("Low cut", preset.low_cut, "Hz", {0, 1e4}, "lower edge of the band-pass; 0: none");
  parameters.declare_real("High cut", preset.high_cut, "Hz", {1, 1e5},
                          "upper edge of the band-pass; above half the sampling rate: none");
  parameters.declare_real("Power line width", preset.power_line_width, "Hz", {0, 20},
                          "width of the notches at the power line and its harmonics; 0: none");
  parameters.declare_real("Shortest duration", preset.shortest_duration, "s", {0, 1e5}, "of a recording");
}

PrepareOptions PrepareOptions::parse_parameters(const Parameters& parameters) {
  const Parameters::Section prepare(parameters, "Prepare");
  PrepareOptions options;
  options.low_cut = parameters.real("Low cut");
  options.high_cut = parameters.real("High cut");
  if (!(options.low_cut < options.high_cut)) parameters.reject("Low cut", "it must lie below 'High cut'");
  options.power_line_width = parameters.real("Power line width");
  options.shortest_duration = parameters.real("Shortest duration");
  return options;
}

}  // namespace bmiss
