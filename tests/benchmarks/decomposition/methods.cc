#include "benchmarks/decomposition/methods.h"

#include "benchmarks/program_run.h"
#include "support/run_program.h"

namespace bmiss::bench {
namespace {

MethodResult run_decompose(const std::string& arguments, const std::string& folder,
                           const std::vector<std::string>& overrides) {
  const RunFacts facts = run_program("decompose " + arguments, folder, overrides, 0);
  MethodResult result;
  result.spikes = read_spike_events(folder + "/decomposed_events.tsv");
  result.units = folder + "/units.tsv";
  result.cpu = facts.stage_cpu_seconds.at("decompose");
  result.wall = facts.stage_seconds.at("decompose");
  result.peak_memory = facts.peak_memory;
  return result;
}

MethodResult run_blind(const SimulatedCase& given, const std::string& folder) {
  return run_decompose("'" + given.signal + "' --method blind", folder, {});
}

MethodResult run_model(const SimulatedCase& given, const std::string& folder) {
  return run_decompose("'" + given.signal + "' --method model -p '" + given.model_parameters + "'", folder,
                       {"Decomposition/Model folder=" + given.model});
}

// Whether the reference of the parameters names it among the methods: the row of Decomposition/Method.
bool program_knows(const std::string& method) {
  const std::string text = test::run_bmiss("params").output;
  const std::size_t begin = text.find("\n  Method ", text.find("\nDecomposition\n"));
  return begin != std::string::npos &&
         text.substr(begin, text.find('\n', begin + 1) - begin).find(method) != std::string::npos;
}

}  // namespace

std::vector<DecompositionMethod> decomposition_methods() {
  std::vector<DecompositionMethod> methods = {{"strong blind", false, run_blind}};
  if (program_knows("model")) methods.push_back({"model", true, run_model});
  return methods;
}

}  // namespace bmiss::bench
