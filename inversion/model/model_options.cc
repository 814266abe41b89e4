#include "base/parameters.h"
#include "inversion/model/decompose_model.h"

namespace bmiss {

void ModelOptions::declare_parameters(Parameters& parameters) {
  const ModelOptions preset;
  const Parameters::Section decomposition(parameters, "Decomposition");
  const Parameters::Section model(parameters, "Model");
  parameters.declare_choice("Start", "blind", {"blind", "nothing"}, "units to begin with");
  parameters.declare_integer("Atoms", preset.span.atoms, 100, 100000,
                             "action potentials drawn from the model; what they span is where templates lie");
  parameters.declare_real("Span loss", preset.span.loss, "1", {1e-8, 0.1},
                          "energy of the atoms that templates may lose, as a share");
  parameters.declare_integer("Scanned atoms", preset.candidates.scanned, 1, 100000,
                             "outputs looked at for contrast in a round");
  parameters.declare_integer("Searches", preset.candidates.climbed, 1, 100000,
                             "of the outputs with most contrast, from which a search starts in a round");
  parameters.declare_real("Candidate silhouette", preset.candidates.silhouette, "1", {0, 1},
                          "lowest of a candidate; joint decoding decides whether it is a unit");
  parameters.declare_real("Candidate ISI variation", preset.candidates.isi_cov, "1", {0, 10},
                          "largest coefficient of variation of a candidate's inter-spike intervals");
  parameters.declare_integer("Fewest spikes", preset.candidates.fewest_spikes, 4, 1000000, "of a unit");
  parameters.declare_integer("Rounds", preset.rounds, 1, 1000, "most rounds of search and joint decoding");
  parameters.declare_integer("Fruitless rounds", preset.fruitless, 1, 1000,
                             "in a row, without a new unit, that end the search");
  parameters.declare_real("Price of a spike", preset.decoding.price, "1", {0, 100},
                          "logarithm of the odds that a unit does not fire at a sample");
  parameters.declare_real("Refractory time", preset.decoding.refractory * 1e3, "ms", {0, 1000},
                          "least time between two spikes of one unit");
  parameters.declare_real("Largest ISI variation", preset.largest_isi_cov, "1", {0, 10},
                          "coefficient of variation of the inter-spike intervals of a unit, pauses left out");
  parameters.declare_real("Largest local variation", preset.largest_local_variation, "1", {0, 3},
                          "of the intervals of a unit in the result (Shinomoto et al. 2003)");
  parameters.declare_real("Provisional ISI variation", preset.provisional_isi_cov, "1", {0, 10},
                          "the same between rounds: units that are not yet clear explain what others would take");
  parameters.declare_real("Lowest rate", preset.lowest_rate, "Hz", {0, 1000}, "mean rate of a unit while active");
  parameters.declare_real("Highest rate", preset.highest_rate, "Hz", {0, 1000},
                          "mean rate of a unit while active; faster trains are two units in one");
  parameters.declare_real("Duplicate share", preset.duplicate_share, "1", {0.01, 1},
                          "common spikes, of the shorter train, that make two trains one unit");
  parameters.declare_real("Least explained", preset.least_explained, "1", {0, 1},
                          "median share of the units' waveforms that the model must explain; below, the result is that "
                          "of the blind method");
  parameters.declare_switch(
      "Fit field", preset.fit_field,
      "also fit conductivities of tissues and places of grids, with the clearest units, where the "
      "lead field has its derivatives (Derivatives/Store)");
  parameters.declare_real("Largest distance", preset.largest_distance * 1e3, "mm", {0, 1000},
                          "between an electrode's places in the recording and in the lead field");
}

ModelOptions ModelOptions::parse_parameters(const Parameters& parameters) {
  ModelOptions options;
  options.blind = BlindOptions::parse_parameters(parameters);
  options.prepare = options.blind.prepare;
  const Parameters::Section decomposition(parameters, "Decomposition");
  const Parameters::Section model(parameters, "Model");
  options.start_blind = parameters.text("Start") == "blind";
  options.span.atoms = static_cast<int>(parameters.integer("Atoms"));
  options.span.loss = parameters.real("Span loss");
  options.candidates.scanned = static_cast<int>(parameters.integer("Scanned atoms"));
  options.candidates.climbed = static_cast<int>(parameters.integer("Searches"));
  options.candidates.silhouette = parameters.real("Candidate silhouette");
  options.candidates.isi_cov = parameters.real("Candidate ISI variation");
  options.candidates.fewest_spikes = static_cast<int>(parameters.integer("Fewest spikes"));
  options.rounds = static_cast<int>(parameters.integer("Rounds"));
  options.fruitless = static_cast<int>(parameters.integer("Fruitless rounds"));
  options.decoding.price = parameters.real("Price of a spike");
  options.decoding.refractory = parameters.real("Refractory time");
  options.largest_isi_cov = parameters.real("Largest ISI variation");
  options.largest_local_variation = parameters.real("Largest local variation");
  options.provisional_isi_cov = parameters.real("Provisional ISI variation");
  options.lowest_rate = parameters.real("Lowest rate");
  options.highest_rate = parameters.real("Highest rate");
  if (!(options.lowest_rate < options.highest_rate))
    parameters.reject("Lowest rate", "it must lie below 'Highest rate'");
  options.duplicate_share = parameters.real("Duplicate share");
  options.least_explained = parameters.real("Least explained");
  options.fit_field = parameters.enabled("Fit field");
  options.largest_distance = parameters.real("Largest distance");
  return options;
}

}  // namespace bmiss
