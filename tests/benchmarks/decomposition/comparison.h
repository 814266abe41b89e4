// Runs the methods over conditions and seeds and puts their scores side by side.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "benchmarks/decomposition/conditions.h"
#include "benchmarks/decomposition/methods.h"
#include "benchmarks/decomposition/recovered_parameters.h"
#include "inversion/score/property_score.h"
#include "inversion/score/score.h"

namespace bmiss {
class Table;
}

namespace bmiss::bench {

// Measured by this run, or kept of one before: with these very programs, or with others.
enum class Source { this_run, kept, kept_of_another_build };

// One method on one signal.
struct Outcome {
  Condition condition;
  std::string method;
  int seed = 0;
  int active_units = 0;
  Score score;
  std::vector<PropertyScore> properties;      // of matched units, where the method tells properties
  std::vector<RecoveredParameter> recovered;  // of a wrong model
  double cpu = 0, wall = 0, peak_memory = 0;  // [s], [s], [bytes]
  Source source = Source::this_run;
};
int false_units(const Outcome& outcome);

Outcome judge(const Condition& condition, int seed, const SimulatedCase& made, const std::string& method,
              const MethodResult& result);

// Every method on every condition and seed. A method that needs no model runs once for conditions that differ in the
// model only. Results stay below `folder` (kept_results.h); those that are there are not made again. `done` is called
// after each outcome. A failing run ends with std::runtime_error.
std::vector<Outcome> compare(CaseMaker& maker, const std::vector<Condition>& conditions,
                             const std::vector<DecompositionMethod>& methods, const std::string& folder,
                             const std::function<void(const Outcome&)>& done);

// Outcomes of one condition and method, seeds in order.
using OutcomeRow = std::vector<const Outcome*>;
// In the order of first appearance; they point into `outcomes`.
std::vector<OutcomeRow> rows_of(const std::vector<Outcome>& outcomes);
double mean_units(const OutcomeRow& row);  // with an agreement of 0.9 or more
double mean_cpu(const OutcomeRow& row);    // [s]

// One property over all matched units of a row; NaN where nothing is told.
struct PooledProperty {
  int n_units = 0, n_intervals = 0;
  double mean_absolute = std::numeric_limits<double>::quiet_NaN(), coverage = mean_absolute;
};
PooledProperty pool_property(const OutcomeRow& row, const UnitProperty& property);

// One row for each condition and method: units with an agreement of 0.9 or more (mean, and seed by seed), their ratio
// to strong blind, their share of the way from there to the ceiling, false units (most of a seed), share of spikes, sum
// of F1, CPU seconds a second of signal.
Table comparison_table(const std::vector<Outcome>& outcomes);
// Mean absolute error and coverage of each property, over all matched units of a condition and method; empty when no
// method tells any.
Table properties_table(const std::vector<Outcome>& outcomes);
// Parameters of wrong models as they were assumed, are and were found, seed by seed.
Table recovered_table(const std::vector<Outcome>& outcomes);

}  // namespace bmiss::bench
