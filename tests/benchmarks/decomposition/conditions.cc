#include "benchmarks/decomposition/conditions.h"

#include <algorithm>
#include <utility>

#include "base/table.h"

namespace bmiss::bench {
namespace {

Condition pool_x(const std::string& title) {
  Condition condition;
  condition.title = title;
  return condition;
}

Condition pool_y(const std::string& title, double signal_to_noise) {
  Condition condition;
  condition.title = title;
  condition.pool = Pool::recruited;
  condition.rows = 13;
  condition.columns = 5;
  condition.signal_to_noise = signal_to_noise;
  return condition;
}

void add_wrong_models(std::vector<Condition>& conditions, const Condition& right,
                      const std::vector<ModelError>& errors) {
  for (const ModelError error : errors) {
    Condition wrong = right;
    wrong.error = error;
    wrong.claims = Claims();
    wrong.seeds = std::min(right.seeds, 2);
    wrong.title += ", model: " + name_of(error);
    conditions.push_back(wrong);
  }
}

}  // namespace

std::string name_of(ModelError error) {
  switch (error) {
    case ModelError::none:
      return "right";
    case ModelError::fat_thicker:
      return "fat +1 mm";
    case ModelError::fat_thinner:
      return "fat -1 mm";
    case ModelError::grid_moved:
      return "grid 2 mm, 5°";
    case ModelError::conductivity_high:
      return "muscle conducts +30 %";
    case ModelError::conductivity_low:
      return "muscle conducts -30 %";
    case ModelError::other_anatomy:
      return "limb 10 % thicker";
  }
  return "";
}

std::vector<Condition> all_firing_conditions() {
  Condition x = pool_x("X, 128 channels, 20 dB");
  x.seeds = 5;
  x.claims.ratio = 1.4;
  x.claims.properties = Claims::Properties::near_the_truth;
  return {x};
}

std::vector<Condition> recruited_conditions() {
  std::vector<Condition> conditions;
  for (const auto& [db, units] : {std::pair{20.0, 12.0}, {30.0, 20.0}}) {
    conditions.push_back(pool_y("Y, 65 channels, " + format("%.0f dB", db), db));
    conditions.back().seeds = 5;
    Claims& claims = conditions.back().claims;
    claims.ratio = 1.4;
    claims.properties = Claims::Properties::near_the_truth;
    claims.units = units;
    claims.cpu_share = 0.5;
    claims.blind_cpu = 0.3;
  }
  add_wrong_models(conditions, Condition(conditions.front()),
                   {ModelError::fat_thicker, ModelError::grid_moved, ModelError::conductivity_high});
  return conditions;
}

std::vector<Condition> condition_grid() {
  constexpr double duration_of_all = 10;  // [s]; the claims' signals have 20
  std::vector<Condition> conditions;
  Condition x = pool_x("X");
  x.rows = 13;
  x.columns = 5;
  x.duration = duration_of_all;
  for (const double db : {10.0, 20.0, 30.0, 40.0}) {
    conditions.push_back(x);
    conditions.back().title = "X, " + format("%.0f dB", db);
    conditions.back().signal_to_noise = db;
  }
  for (const double duration : {5.0, 20.0}) {
    conditions.push_back(x);
    conditions.back().title = "X, " + format("%.0f s", duration);
    conditions.back().duration = duration;
  }
  for (const auto& [rows, columns] : {std::pair{8, 4}, {8, 16}, {16, 16}}) {
    conditions.push_back(x);
    conditions.back().title = "X, " + std::to_string(rows * columns) + " channels";
    conditions.back().rows = rows;
    conditions.back().columns = columns;
  }
  for (const double excitation : {0.1, 0.3, 0.5}) {
    conditions.push_back(pool_y("Y, " + format("%.0f %% excitation", 100 * excitation), 30));
    conditions.back().excitation = excitation;
    conditions.back().duration = duration_of_all;
  }
  add_wrong_models(conditions, x,
                   {ModelError::fat_thicker, ModelError::fat_thinner, ModelError::grid_moved,
                    ModelError::conductivity_high, ModelError::conductivity_low, ModelError::other_anatomy});
  Condition forearm = pool_y("forearm, 64 channels, 20 dB", 20);
  forearm.body = Body::forearm;
  forearm.rows = forearm.columns = 8;
  forearm.duration = duration_of_all;
  conditions.push_back(forearm);
  add_wrong_models(conditions, forearm, {ModelError::grid_moved, ModelError::conductivity_high});
  return conditions;
}

}  // namespace bmiss::bench
