// Motor units found by each method on the same simulated signals, with the right model and with wrong ones.
#include <algorithm>
#include <iostream>

#include "base/table.h"
#include "benchmarks/decomposition/claims.h"
#include "benchmarks/decomposition/comparison.h"
#include "benchmarks/sections.h"

namespace bmiss::bench {
namespace {

const char* told_source(Source source) {
  switch (source) {
    case Source::this_run:
      return "";
    case Source::kept:
      return ", kept";
    case Source::kept_of_another_build:
      return ", kept of another build";
  }
  return "";
}

void tell(const Outcome& o) {
  std::cout << "  " << o.condition.title << ", seed " << o.seed << ", " << o.method << ": " << o.score.units_at_90
            << " of " << o.active_units << " units, " << false_units(o) << " false, " << format("%.1f", o.cpu)
            << " CPU s" << told_source(o.source) << std::endl;
}

bool run_conditions(const std::vector<Condition>& conditions, const Overrides& overrides) {
  const std::string folder = std::string(BMISS_SOURCE_DIR) + "/results/bench/decomposition";
  std::cout << "  signals and results stay in " << folder
            << "; what is finished there is not made again, so an interrupted run resumes" << std::endl;
  CaseMaker maker(folder + "/data", overrides);
  const auto outcomes = compare(maker, conditions, decomposition_methods(), folder + "/runs", tell);
  std::cout << comparison_table(outcomes).text();
  if (std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return !o.properties.empty(); }))
    std::cout << properties_table(outcomes).text();
  if (std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return !o.recovered.empty(); }))
    std::cout << recovered_table(outcomes).text();
  const auto judgements = judge_claims(outcomes);
  std::cout << claims_table(judgements).text();
  const auto foreign = std::count_if(outcomes.begin(), outcomes.end(),
                                     [](const Outcome& o) { return o.source == Source::kept_of_another_build; });
  if (foreign > 0)
    std::cout << "  " << foreign << " of " << outcomes.size()
              << " results are of another build; remove their folders below " << folder + "/runs to have them anew\n";
  std::cout << std::flush;
  return std::all_of(judgements.begin(), judgements.end(), [](const Judgement& j) { return j.kept; });
}

}  // namespace

bool all_firing_section(const Overrides& overrides) {
  return run_conditions(all_firing_conditions(), overrides);
}

bool recruited_section(const Overrides& overrides) {
  return run_conditions(recruited_conditions(), overrides);
}

bool conditions_section(const Overrides& overrides) {
  return run_conditions(condition_grid(), overrides);
}

}  // namespace bmiss::bench
