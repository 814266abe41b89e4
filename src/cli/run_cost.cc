#include "cli/run_cost.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

// What one kind of work cost.
struct Cost {
  double wall = 0, cpu = 0, memory = 0, threads = 1;  // [s], [s], [bytes]
  bool done = false;
};

nlohmann::json read_record(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) throw InputError("the record of a run does not exist; check the path", path);
  auto json = nlohmann::json::parse(stream, nullptr, false);
  for (const char* key : {"phases_seconds", "phases_cpu_seconds", "peak_memory_bytes"})
    if (!json.is_object() || !json.contains(key))
      throw InputError("'" + std::string(key) + "' is missing, so this is no record of a run; give a run.json of bmiss",
                       path);
  return json;
}

void add_run(Cost& cost, const nlohmann::json& run, const std::vector<std::string>& phases) {
  for (const std::string& phase : phases) {
    if (!run["phases_seconds"].contains(phase)) continue;
    cost.done = true;
    cost.wall += run["phases_seconds"][phase].get<double>();
    cost.cpu += run["phases_cpu_seconds"].value(phase, 0.0);
    cost.memory = std::max(cost.memory, run["peak_memory_bytes"].get<double>());
    const auto facts = run.value("facts", nlohmann::json::object());
    if (phase == "decompose" && facts.contains("decompose"))
      cost.threads = std::max(cost.threads, facts["decompose"].value("threads", 1.0));
  }
}

}  // namespace

Table cost_table(const std::vector<std::string>& run_files) {
  Cost fields, simulation, inversion;
  for (const std::string& file : run_files) {
    const auto run = read_record(file);
    add_run(fields, run, {"phantom", "mesh", "lead field"});
    add_run(simulation, run, {"simulate"});
    add_run(inversion, run, {"decompose"});
  }
  Table table({"cost of", "wall, s", "CPU, s", "threads", "peak memory, GB"});
  const auto add = [&](const std::string& title, const Cost& cost) {
    if (cost.done)
      table.add_row({title, format("%.1f", cost.wall), format("%.1f", cost.cpu), format("%.0f", cost.threads),
                     format("%.2f", cost.memory * 1e-9)});
  };
  add("field computations", fields);
  add("simulation", simulation);
  add("inversion", inversion);
  return table;
}

}  // namespace bmiss
