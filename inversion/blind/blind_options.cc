#include <limits>

#include "base/parameters.h"
#include "inversion/blind/blind.h"

namespace bmiss {

void BlindOptions::declare_parameters(Parameters& parameters) {
  const BlindOptions preset;
  const Parameters::Section decomposition(parameters, "Decomposition");
  const Parameters::Section blind(parameters, "Blind");
  parameters.declare_real("Low cut", preset.low_cut, "Hz", {0, 1e4}, "lower edge of the band-pass; 0: none");
  parameters.declare_real("High cut", preset.high_cut, "Hz", {1, 1e5},
                          "upper edge of the band-pass; above half the sampling rate: none");
  parameters.declare_real("Power line width", preset.power_line_width, "Hz", {0, 20},
                          "width of the notches at the power line and its harmonics; 0: none");
  parameters.declare_integer("Extension", preset.extension, 0, 10000,
                             "delays of each channel [samples]; 0: so that channels times delays are about 1000");
  parameters.declare_integer("Sources", preset.iterations, 1, 100000, "starting points tried");
  parameters.declare_integer("Fixed-point steps", preset.fixed_point_steps, 1, 10000, "most iterations for one source");
  parameters.declare_choice("Contrast", preset.contrast, {"skewness", "logcosh", "kurtosis"},
                            "measure that a source maximises");
  parameters.declare_real("Silhouette", preset.silhouette, "1", {0, 1}, "lowest silhouette of an accepted train");
  parameters.declare_real("Duplicate share", preset.duplicate_share, "1", {0.01, 1},
                          "common spikes, of the shorter train, that make two trains one unit");
  parameters.declare_integer("Fewest spikes", preset.fewest_spikes, 4, 1000000, "of an accepted train");
  parameters.declare_real(
      "Largest ISI variation", preset.largest_isi_cov, "1", {0, 10},
      "coefficient of variation of the inter-spike intervals of an accepted train, pauses left out");
  parameters.declare_real("Lowest rate", preset.lowest_rate, "Hz", {0, 1000},
                          "mean rate of an accepted train while it is active");
  parameters.declare_real("Highest rate", preset.highest_rate, "Hz", {0, 1000},
                          "mean rate of an accepted train while it is active");
  parameters.declare_real("Refractory time", preset.refractory * 1e3, "ms", {0, 1000},
                          "least time between two spikes of one unit");
  parameters.declare_real("Longest interval", preset.longest_interval * 1e3, "ms", {1, 1e5},
                          "between spikes of one contraction; longer ones are pauses");
  parameters.declare_real("Delayed copies", preset.delayed_copies * 1e3, "ms", {0, 100},
                          "later sources avoid accepted units and their copies delayed up to this; 0: the units alone");
  parameters.declare_real("Shortest duration", preset.shortest_duration, "s", {0, 1e5}, "of a recording");
  parameters.declare_integer("Seed", preset.seed, 0, std::numeric_limits<int>::max(),
                             "of the order in which starting points are tried");
}

BlindOptions BlindOptions::parse_parameters(const Parameters& parameters) {
  const Parameters::Section decomposition(parameters, "Decomposition");
  const Parameters::Section blind(parameters, "Blind");
  BlindOptions options;
  options.low_cut = parameters.real("Low cut");
  options.high_cut = parameters.real("High cut");
  if (!(options.low_cut < options.high_cut)) parameters.reject("Low cut", "it must lie below 'High cut'");
  options.power_line_width = parameters.real("Power line width");
  options.extension = static_cast<int>(parameters.integer("Extension"));
  options.iterations = static_cast<int>(parameters.integer("Sources"));
  options.fixed_point_steps = static_cast<int>(parameters.integer("Fixed-point steps"));
  options.contrast = parameters.text("Contrast");
  options.silhouette = parameters.real("Silhouette");
  options.duplicate_share = parameters.real("Duplicate share");
  options.fewest_spikes = static_cast<int>(parameters.integer("Fewest spikes"));
  options.largest_isi_cov = parameters.real("Largest ISI variation");
  options.lowest_rate = parameters.real("Lowest rate");
  options.highest_rate = parameters.real("Highest rate");
  if (!(options.lowest_rate < options.highest_rate))
    parameters.reject("Lowest rate", "it must lie below 'Highest rate'");
  options.refractory = parameters.real("Refractory time");
  options.longest_interval = parameters.real("Longest interval");
  options.delayed_copies = parameters.real("Delayed copies");
  options.shortest_duration = parameters.real("Shortest duration");
  options.seed = static_cast<unsigned>(parameters.integer("Seed"));
  return options;
}

}  // namespace bmiss
