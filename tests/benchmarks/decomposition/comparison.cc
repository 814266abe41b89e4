#include "benchmarks/decomposition/comparison.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/table.h"
#include "base/tsv_file.h"
#include "benchmarks/decomposition/kept_results.h"
#include "recording/spike_events.h"

namespace bmiss::bench {
namespace {

std::string last_part(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

// Where a method's results stay. The signal does not depend on the model.
std::string place_of(const SimulatedCase& made, const DecompositionMethod& method) {
  std::string name = method.name;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  const std::string signal = last_part(std::filesystem::path(made.true_units).parent_path().string());
  return signal + (method.needs_model ? "/" + last_part(made.model) : "") + "/" + name;
}

// From the disk, or made now.
std::pair<MethodResult, Source> result_of(const DecompositionMethod& method, const SimulatedCase& made,
                                          const EarlierResults& earlier, const std::string& place,
                                          const std::string& build) {
  if (const auto kept = kept_result(place))
    return {kept->result, kept->build == build ? Source::kept : Source::kept_of_another_build};
  std::filesystem::remove_all(place);  // of a run that was interrupted
  std::filesystem::create_directories(place);
  const MethodResult result = method.run(made, earlier, place);
  keep_result(result, place);
  return {result, Source::this_run};
}

double mean(const OutcomeRow& row, const std::function<double(const Outcome&)>& value) {
  double sum = 0;
  for (const Outcome* outcome : row) sum += value(*outcome);
  return sum / static_cast<double>(row.size());
}

// Mean number of units by condition and method.
class MeanUnits {
public:
  explicit MeanUnits(const std::vector<OutcomeRow>& rows) {
    for (const auto& row : rows) units_[{row.front()->condition.title, row.front()->method}] = mean_units(row);
  }
  std::string ratio(const std::string& condition, double units) const {
    const double blind = of(condition, strong_blind);
    return blind > 0 ? format("%.2f", units / blind) : "-";
  }
  std::string share_of_the_way(const std::string& condition, double units) const {
    const double blind = of(condition, strong_blind), way = of(condition, ceiling) - blind;
    return way > 0 ? format("%.2f", (units - blind) / way) : "-";
  }

private:
  double of(const std::string& condition, const std::string& method) const {
    const auto found = units_.find({condition, method});
    return found == units_.end() ? std::nan("") : found->second;
  }
  std::map<std::pair<std::string, std::string>, double> units_;
};

}  // namespace

int false_units(const Outcome& outcome) {
  return static_cast<int>(outcome.score.unmatched_estimate.size());
}

std::vector<OutcomeRow> rows_of(const std::vector<Outcome>& outcomes) {
  std::vector<OutcomeRow> rows;
  std::map<std::string, std::size_t> place;
  for (const Outcome& outcome : outcomes) {
    const auto [found, is_new] = place.emplace(outcome.condition.title + "\t" + outcome.method, rows.size());
    if (is_new) rows.emplace_back();
    rows[found->second].push_back(&outcome);
  }
  return rows;
}

double mean_units(const OutcomeRow& row) {
  return mean(row, [](const Outcome& o) { return o.score.units_at_90; });
}

double mean_cpu(const OutcomeRow& row) {
  return mean(row, [](const Outcome& o) { return o.cpu; });
}

PooledProperty pool_property(const OutcomeRow& row, const UnitProperty& property) {
  PooledProperty pooled;
  double errors = 0, covered = 0;
  for (const Outcome* outcome : row)
    for (const PropertyScore& s : outcome->properties) {
      if (s.property.name != property.name) continue;
      pooled.n_units += s.n_units;
      errors += s.n_units * s.mean_absolute;
      pooled.n_intervals += s.n_intervals;
      if (s.n_intervals > 0) covered += s.n_intervals * s.coverage;
    }
  if (pooled.n_units > 0) pooled.mean_absolute = errors / pooled.n_units;
  if (pooled.n_intervals > 0) pooled.coverage = covered / pooled.n_intervals;
  return pooled;
}

Outcome judge(const Condition& condition, int seed, const SimulatedCase& made, const std::string& method,
              const MethodResult& result) {
  Outcome outcome;
  outcome.condition = condition;
  outcome.method = method;
  outcome.seed = seed;
  const auto truth = read_spike_events(made.true_spikes);
  const auto found = read_spike_events(result.spikes);
  outcome.active_units = static_cast<int>(truth.size());
  outcome.score = score_spikes(truth, found, ScoreOptions());
  if (!result.units.empty()) {
    outcome.properties = score_properties(TsvFile(made.true_units), TsvFile(result.units), outcome.score.matches);
    const auto folder = std::filesystem::path(result.units).parent_path();
    outcome.recovered = recovered_parameters(condition.error, (folder / "model_parameters.tsv").string());
  }
  outcome.cpu = result.cpu;
  outcome.wall = result.wall;
  outcome.peak_memory = result.peak_memory;
  return outcome;
}

std::vector<Outcome> compare(CaseMaker& maker, const std::vector<Condition>& conditions,
                             const std::vector<DecompositionMethod>& methods, const std::string& folder,
                             const std::function<void(const Outcome&)>& done) {
  const std::string build = this_build();
  std::vector<Outcome> outcomes;
  for (const Condition& condition : conditions)
    for (int seed = 0; seed < condition.seeds; ++seed) {
      const SimulatedCase made = maker.make(condition, seed);
      EarlierResults earlier;
      for (const DecompositionMethod& method : methods) {
        const auto [result, source] = result_of(method, made, earlier, folder + "/" + place_of(made, method), build);
        earlier[method.name] = result;
        outcomes.push_back(judge(condition, seed, made, method.name, result));
        outcomes.back().source = source;
        done(outcomes.back());
      }
    }
  return outcomes;
}

Table comparison_table(const std::vector<Outcome>& outcomes) {
  Table table({"condition", "method", "active", "units ≥ 0.9", "ratio", "share of the way", "seed by seed",
               "median RoA", "false, most", "spikes, %", "sum of F1", "CPU s / s", "memory, GB"});
  const auto rows = rows_of(outcomes);
  const MeanUnits all(rows);
  for (const auto& row : rows) {
    const Condition& condition = row.front()->condition;
    const double units = mean_units(row);
    std::string seeds;
    int most_false = 0;
    double memory = 0;
    for (const Outcome* outcome : row) {
      seeds += (seeds.empty() ? "" : " ") + std::to_string(outcome->score.units_at_90);
      most_false = std::max(most_false, false_units(*outcome));
      memory = std::max(memory, outcome->peak_memory);
    }
    table.add_row({condition.title, row.front()->method,
                   format("%.0f", mean(row, [](const Outcome& o) { return o.active_units; })), format("%.1f", units),
                   all.ratio(condition.title, units), all.share_of_the_way(condition.title, units), seeds,
                   format("%.3f", mean(row, [](const Outcome& o) { return o.score.median_rate_of_agreement; })),
                   std::to_string(most_false),
                   format("%.1f", 100 * mean(row, [](const Outcome& o) { return o.score.share_of_spikes_found; })),
                   format("%.1f", mean(row, [](const Outcome& o) { return o.score.sum_f1; })),
                   format("%.2f", mean_cpu(row) / condition.duration),
                   memory > 0 ? format("%.2f", memory * 1e-9) : "-"});
  }
  return table;
}

Table properties_table(const std::vector<Outcome>& outcomes) {
  Table table({"condition", "method", "property", "unit", "units", "mean abs. error", "90 % intervals", "cover"});
  for (const auto& row : rows_of(outcomes))
    for (const UnitProperty& property : unit_properties()) {
      const PooledProperty pooled = pool_property(row, property);
      if (pooled.n_units > 0)
        table.add_row({row.front()->condition.title, row.front()->method, property.title, property.unit,
                       std::to_string(pooled.n_units), format("%.3g", pooled.mean_absolute),
                       std::to_string(pooled.n_intervals),
                       pooled.n_intervals > 0 ? format("%.0f %%", 100 * pooled.coverage) : "-"});
    }
  return table;
}

Table recovered_table(const std::vector<Outcome>& outcomes) {
  Table table({"condition", "seed", "parameter", "unit", "assumed", "truth", "found", "+-", "adopted", "error left"});
  for (const Outcome& outcome : outcomes)
    for (const RecoveredParameter& p : outcome.recovered)
      table.add_row({outcome.condition.title, std::to_string(outcome.seed), p.name, p.unit, format("%.3g", p.assumed),
                     format("%.3g", p.truth), format("%.3g", p.found), format("%.2g", p.deviation),
                     p.adopted ? "yes" : "no", format("%.0f %%", 100 * p.error_left())});
  return table;
}

}  // namespace bmiss::bench
