#include "benchmarks/decomposition/claims.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/table.h"

namespace bmiss::bench {
namespace {

constexpr int most_false = 2;                           // in a signal
constexpr double largest_error_left = 0.3;              // of that of a model's parameter
constexpr double least_cover = 0.8, most_cover = 0.97;  // of 90 % intervals
const std::map<std::string, double> largest_errors = {  // mean absolute, in the unit of the column
    {"innervation_zone", 1.5},
    {"velocity", 0.1},
    {"depth", 1.5}};

// The outcomes of one condition by method, seeds in order.
struct ConditionRows {
  Condition condition;
  std::map<std::string, OutcomeRow> methods;
  const OutcomeRow* of(const std::string& method) const {
    const auto found = methods.find(method);
    return found == methods.end() ? nullptr : &found->second;
  }
};

std::vector<ConditionRows> by_condition(const std::vector<Outcome>& outcomes) {
  std::vector<ConditionRows> list;
  for (const OutcomeRow& row : rows_of(outcomes)) {
    const Condition& condition = row.front()->condition;
    if (list.empty() || list.back().condition.title != condition.title) list.push_back({condition, {}});
    list.back().methods[row.front()->method] = row;
  }
  return list;
}

class Judge {
public:
  explicit Judge(const ConditionRows& rows) : rows_(rows), blind_(rows.of(strong_blind)), model_(rows.of(with_model)) {}

  std::vector<Judgement> all() {
    for (const std::string& method : {strong_blind, with_model})
      if (const OutcomeRow* row = rows_.of(method))
        at_most("false units in a signal, " + method, "%.0f", worst(*row), most_false);
    if (rows_.condition.error != ModelError::none) add_never_fewer();
    for (const std::string& name : wrong_parameters(rows_.condition.error)) add_recovered(name);
    const Claims& claims = rows_.condition.claims;
    if (claims.ratio > 0) at_least("units against strong blind", "%.2f", ratio(mean_units), claims.ratio);
    if (claims.units > 0) at_least("units", "%.1f", model_ ? mean_units(*model_) : std::nan(""), claims.units);
    if (claims.properties == Claims::Properties::near_the_truth) add_properties();
    if (claims.cpu_share > 0) at_most("CPU time against strong blind", "%.2f", ratio(mean_cpu), claims.cpu_share);
    if (claims.blind_cpu > 0)
      at_most("CPU s of strong blind in a second of signal", "%.2f",
              blind_ ? mean_cpu(*blind_) / rows_.condition.duration : std::nan(""), claims.blind_cpu);
    return std::move(judgements_);
  }

private:
  static double worst(const OutcomeRow& row) {
    int most = 0;
    for (const Outcome* outcome : row) most = std::max(most, false_units(*outcome));
    return most;
  }
  double ratio(double (*value)(const OutcomeRow&)) const {
    return model_ && blind_ ? value(*model_) / value(*blind_) : std::nan("");
  }
  // The worst seed.
  void add_never_fewer() {
    double least = std::nan("");
    if (model_ && blind_)
      for (std::size_t seed = 0; seed < std::min(model_->size(), blind_->size()); ++seed)
        least = std::fmin(least, (*model_)[seed]->score.units_at_90 - (*blind_)[seed]->score.units_at_90);
    at_least("units more than strong blind, worst seed", "%+.0f", least, 0);
  }
  // Mean over the seeds; a seed that tells nothing leaves nothing to judge, what was not adopted leaves the error.
  void add_recovered(const std::string& name) {
    double sum = 0, n = 0;
    if (model_)
      for (const Outcome* outcome : *model_)
        for (const RecoveredParameter& p : outcome->recovered)
          if (p.name == name) sum += p.error_left(), ++n;
    const bool all = model_ && n == static_cast<double>(model_->size());
    at_most("error left in " + name, "%.2f", all ? sum / n : std::nan(""), largest_error_left);
  }
  void add_properties() {
    for (const UnitProperty& property : unit_properties()) {
      const auto limit = largest_errors.find(property.name);
      if (limit == largest_errors.end()) continue;
      const PooledProperty pooled = model_ ? pool_property(*model_, property) : PooledProperty();
      at_most("mean error of " + property.title + ", " + property.unit, "%.3g", pooled.mean_absolute, limit->second);
      const double cover = pooled.coverage;
      add("90 % intervals of " + property.title + " cover", shown("%.0f %%", 100 * cover),
          format("%.0f", 100 * least_cover) + " to " + format("%.0f %%", 100 * most_cover),
          cover >= least_cover && cover <= most_cover);
    }
  }

  static std::string shown(const char* pattern, double value) {
    return std::isnan(value) ? "nothing" : format(pattern, value);
  }
  void at_least(const std::string& claim, const char* pattern, double found, double limit) {
    add(claim, shown(pattern, found), ">= " + format("%.3g", limit), found >= limit);
  }
  void at_most(const std::string& claim, const char* pattern, double found, double limit) {
    add(claim, shown(pattern, found), "<= " + format("%.3g", limit), found <= limit);
  }
  void add(const std::string& claim, const std::string& found, const std::string& limit, bool kept) {
    judgements_.push_back({rows_.condition.title, claim, found, limit, kept});
  }

  const ConditionRows& rows_;
  const OutcomeRow *blind_, *model_;
  std::vector<Judgement> judgements_;
};

}  // namespace

std::vector<Judgement> judge_claims(const std::vector<Outcome>& outcomes) {
  std::vector<Judgement> judgements;
  for (const ConditionRows& rows : by_condition(outcomes))
    for (Judgement& judgement : Judge(rows).all()) judgements.push_back(std::move(judgement));
  return judgements;
}

Table claims_table(const std::vector<Judgement>& judgements) {
  Table table({"condition", "claim", "found", "limit", "verdict"});
  for (const Judgement& j : judgements)
    table.add_row({j.condition, j.claim, j.found, j.limit, j.kept ? "PASS" : "MISSED"});
  return table;
}

}  // namespace bmiss::bench
