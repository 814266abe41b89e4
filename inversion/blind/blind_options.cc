#include <limits>

#include "base/parameters.h"
#include "inversion/blind/blind.h"

namespace bmiss {

void BlindOptions::declare_parameters(Parameters& parameters) {
  const BlindOptions preset;
  const Parameters::Section decomposition(parameters, "Decomposition");
  PrepareOptions::declare_parameters(parameters);
  const Parameters::Section blind(parameters, "Blind");
  parameters.declare_integer("Extension", preset.extension, 0, 10000,
                             "delays of each channel, in samples at twice the high cut; 0: so that channels times "
                             "delays are about 500");
  parameters.declare_integer("Passes", preset.passes, 1, 100,
                             "most rounds of search; each is on what the units found before leave of the recording");
  parameters.declare_integer("Sources", preset.iterations, 1, 100000, "starting points tried in a pass");
  parameters.declare_integer("Fruitless sources", preset.fruitless, 1, 100000,
                             "in a row, without a new unit, that end a pass");
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
  parameters.declare_real("Largest local variation", preset.largest_local_variation, "1", {0, 3},
                          "of the intervals of a unit in the result (Shinomoto et al. 2003; 0 for a clock, 1 for a "
                          "Poisson process): spikes that are missed, or another unit's, raise it; drift does not");
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
  parameters.declare_integer("Seed", preset.seed, 0, std::numeric_limits<int>::max(),
                             "of the order in which starting points are tried");
  parameters.declare_integer("Threads", preset.threads, 1, 1024, "of this process; the result does not depend on them");
}

BlindOptions BlindOptions::parse_parameters(const Parameters& parameters) {
  const Parameters::Section decomposition(parameters, "Decomposition");
  BlindOptions options;
  options.prepare = PrepareOptions::parse_parameters(parameters);
  const Parameters::Section blind(parameters, "Blind");
  options.extension = static_cast<int>(parameters.integer("Extension"));
  options.passes = static_cast<int>(parameters.integer("Passes"));
  options.fruitless = static_cast<int>(parameters.integer("Fruitless sources"));
  options.iterations = static_cast<int>(parameters.integer("Sources"));
  options.fixed_point_steps = static_cast<int>(parameters.integer("Fixed-point steps"));
  options.contrast = parameters.text("Contrast");
  options.silhouette = parameters.real("Silhouette");
  options.duplicate_share = parameters.real("Duplicate share");
  options.fewest_spikes = static_cast<int>(parameters.integer("Fewest spikes"));
  options.largest_isi_cov = parameters.real("Largest ISI variation");
  options.largest_local_variation = parameters.real("Largest local variation");
  options.lowest_rate = parameters.real("Lowest rate");
  options.highest_rate = parameters.real("Highest rate");
  if (!(options.lowest_rate < options.highest_rate))
    parameters.reject("Lowest rate", "it must lie below 'Highest rate'");
  options.refractory = parameters.real("Refractory time");
  options.longest_interval = parameters.real("Longest interval");
  options.delayed_copies = parameters.real("Delayed copies");
  options.seed = static_cast<unsigned>(parameters.integer("Seed"));
  options.threads = static_cast<int>(parameters.integer("Threads"));
  return options;
}

}  // namespace bmiss
