// Motor units found by each method on the same simulated signals, with the right model and with wrong ones.
#include <iostream>

#include "base/table.h"
#include "benchmarks/decomposition/comparison.h"
#include "benchmarks/sections.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

constexpr int largest_false = 2;  // false units in one signal

void tell(const Outcome& o) {
  std::cout << "  " << o.condition.title << ", seed " << o.seed << ", " << o.method << ": " << o.score.units_at_90
            << " of " << o.active_units << " units, " << o.score.unmatched_estimate.size() << " false, "
            << format("%.1f", o.cpu) << " CPU s" << std::endl;
}

bool run_conditions(const std::vector<Condition>& conditions, int n_seeds, const Overrides& overrides) {
  const test::ScratchFolder folder;
  CaseMaker maker(folder / "data", overrides);
  const auto outcomes = compare(maker, conditions, n_seeds, decomposition_methods(), folder / "runs", tell);
  std::cout << comparison_table(outcomes).text();
  bool told = false, kept = true;
  for (const Outcome& outcome : outcomes) {
    told = told || !outcome.properties.empty();
    kept = kept && outcome.score.unmatched_estimate.size() <= largest_false;
  }
  if (told) std::cout << properties_table(outcomes).text();
  if (!kept) std::cout << "  MISSED: more than " << largest_false << " false units in a signal\n";
  std::cout << std::flush;
  return kept;
}

}  // namespace

bool decomposition_section(const Overrides& overrides) {
  return run_conditions(claimed_conditions(), 5, overrides);
}

bool conditions_section(const Overrides& overrides) {
  return run_conditions(condition_grid(), 1, overrides);
}

}  // namespace bmiss::bench
