#include "benchmarks/decomposition/comparison.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/table.h"
#include "base/tsv_file.h"

namespace bmiss::bench {
namespace {

// The signal does not depend on the model.
std::string signal_key(const SimulatedCase& made, const std::string& method) {
  return method + "\t" + made.signal;
}

// Outcomes of one condition and method, seeds in order, in the order of first appearance.
std::vector<std::vector<const Outcome*>> rows_of(const std::vector<Outcome>& outcomes) {
  std::vector<std::vector<const Outcome*>> rows;
  std::map<std::string, std::size_t> place;
  for (const Outcome& outcome : outcomes) {
    const auto [found, is_new] = place.emplace(outcome.condition.title + "\t" + outcome.method, rows.size());
    if (is_new) rows.emplace_back();
    rows[found->second].push_back(&outcome);
  }
  return rows;
}

double mean(const std::vector<const Outcome*>& row, const std::function<double(const Outcome&)>& value) {
  double sum = 0;
  for (const Outcome* outcome : row) sum += value(*outcome);
  return sum / static_cast<double>(row.size());
}

double units_at_90(const Outcome& outcome) {
  return outcome.score.units_at_90;
}

int false_units(const Outcome& outcome) {
  return static_cast<int>(outcome.score.unmatched_estimate.size());
}

}  // namespace

Outcome judge(const Condition& condition, int seed, const SimulatedCase& made, const std::string& method,
              const MethodResult& result) {
  Outcome outcome;
  outcome.condition = condition;
  outcome.method = method;
  outcome.seed = seed;
  const auto truth = read_spike_events(made.true_spikes);
  outcome.active_units = static_cast<int>(truth.size());
  outcome.score = score_spikes(truth, result.spikes, ScoreOptions());
  if (!result.units.empty())
    outcome.properties = score_properties(TsvFile(made.true_units), TsvFile(result.units), outcome.score.matches);
  outcome.cpu = result.cpu;
  outcome.wall = result.wall;
  outcome.peak_memory = result.peak_memory;
  return outcome;
}

std::vector<Outcome> compare(CaseMaker& maker, const std::vector<Condition>& conditions, int n_seeds,
                             const std::vector<DecompositionMethod>& methods, const std::string& folder,
                             const std::function<void(const Outcome&)>& done) {
  std::vector<Outcome> outcomes;
  std::map<std::string, MethodResult> without_model;
  for (const Condition& condition : conditions)
    for (int seed = 0; seed < n_seeds; ++seed) {
      const SimulatedCase made = maker.make(condition, seed);
      for (const DecompositionMethod& method : methods) {
        const std::string key = signal_key(made, method.name);
        const auto known = without_model.find(key);
        MethodResult result;
        if (!method.needs_model && known != without_model.end()) {
          result = known->second;
        } else {
          const std::string place = folder + "/run" + std::to_string(outcomes.size());
          std::filesystem::create_directories(place);
          result = method.run(made, place);
          if (!method.needs_model) without_model[key] = result;
        }
        outcomes.push_back(judge(condition, seed, made, method.name, result));
        done(outcomes.back());
      }
    }
  return outcomes;
}

Table comparison_table(const std::vector<Outcome>& outcomes) {
  Table table({"condition", "method", "active", "units ≥ 0.9", "ratio", "seed by seed", "median RoA", "false, most",
               "spikes, %", "sum of F1", "CPU s / s", "memory, GB"});
  std::map<std::string, double> opponent;  // units of the first method
  for (const auto& row : rows_of(outcomes)) {
    const Condition& condition = row.front()->condition;
    const double units = mean(row, units_at_90);
    opponent.emplace(condition.title, units);
    std::string seeds;
    int most_false = 0;
    double memory = 0;
    for (const Outcome* outcome : row) {
      seeds += (seeds.empty() ? "" : " ") + std::to_string(outcome->score.units_at_90);
      most_false = std::max(most_false, false_units(*outcome));
      memory = std::max(memory, outcome->peak_memory);
    }
    const double against = opponent.at(condition.title);
    table.add_row({condition.title, row.front()->method,
                   format("%.0f", mean(row, [](const Outcome& o) { return o.active_units; })), format("%.1f", units),
                   against > 0 ? format("%.2f", units / against) : "-", seeds,
                   format("%.3f", mean(row, [](const Outcome& o) { return o.score.median_rate_of_agreement; })),
                   std::to_string(most_false),
                   format("%.1f", 100 * mean(row, [](const Outcome& o) { return o.score.share_of_spikes_found; })),
                   format("%.1f", mean(row, [](const Outcome& o) { return o.score.sum_f1; })),
                   format("%.2f", mean(row, [](const Outcome& o) { return o.cpu / o.condition.duration; })),
                   format("%.2f", memory * 1e-9)});
  }
  return table;
}

Table properties_table(const std::vector<Outcome>& outcomes) {
  Table table({"condition", "method", "property", "unit", "units", "mean abs. error", "90 % intervals", "cover"});
  for (const auto& row : rows_of(outcomes))
    for (const UnitProperty& property : unit_properties()) {
      double n = 0, errors = 0, intervals = 0, covered = 0;
      for (const Outcome* outcome : row)
        for (const PropertyScore& s : outcome->properties) {
          if (s.property.name != property.name) continue;
          n += s.n_units;
          errors += s.n_units * s.mean_absolute;
          intervals += s.n_intervals;
          if (s.n_intervals > 0) covered += s.n_intervals * s.coverage;
        }
      if (n > 0)
        table.add_row({row.front()->condition.title, row.front()->method, property.title, property.unit,
                       format("%.0f", n), format("%.3g", errors / n), format("%.0f", intervals),
                       intervals > 0 ? format("%.0f %%", 100 * covered / intervals) : "-"});
    }
  return table;
}

}  // namespace bmiss::bench
