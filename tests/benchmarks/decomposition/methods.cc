#include "benchmarks/decomposition/methods.h"

#include "benchmarks/decomposition/decoding_methods.h"
#include "benchmarks/program_run.h"

namespace bmiss::bench {
namespace {

MethodResult run_decompose(const std::string& arguments, const std::string& folder,
                           const std::vector<std::string>& overrides) {
  const RunFacts facts = run_program("decompose " + arguments, folder, overrides, 0);
  MethodResult result;
  result.spikes = folder + "/decomposed_events.tsv";
  result.units = folder + "/units.tsv";
  result.cpu = facts.stage_cpu_seconds.at("decompose");
  result.wall = facts.stage_seconds.at("decompose");
  result.peak_memory = facts.peak_memory;
  return result;
}

MethodResult run_blind(const SimulatedCase& given, const EarlierResults&, const std::string& folder) {
  return run_decompose("'" + given.signal + "' --method blind", folder, {});
}

MethodResult run_model(const SimulatedCase& given, const EarlierResults&, const std::string& folder) {
  return run_decompose("'" + given.signal + "' --method model -p '" + given.model_parameters + "'", folder,
                       {"Decomposition/Model folder=" + given.model});
}

MethodResult run_decoding(const SimulatedCase& given, const EarlierResults& earlier, const std::string& folder) {
  return decode_blind_units(given, earlier.at(strong_blind), folder);
}

MethodResult run_ceiling(const SimulatedCase& given, const EarlierResults&, const std::string& folder) {
  return decode_with_true_muaps(given, folder);
}

}  // namespace

const std::string strong_blind = "strong blind", blind_and_decoding = "blind + joint decoding", with_model = "model",
                  ceiling = "ceiling";

std::vector<DecompositionMethod> decomposition_methods() {
  return {{strong_blind, false, run_blind},
          {blind_and_decoding, false, run_decoding},
          {with_model, true, run_model},
          {ceiling, false, run_ceiling}};
}

}  // namespace bmiss::bench
