#include "benchmarks/program_run.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/errors.h"
#include "base/table.h"
#include "support/run_program.h"

namespace bmiss::bench {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// The sentence of bmiss, which mpirun buries under its own; without one the end of the output.
std::string reason_in(const std::string& output) {
  const std::size_t begin = output.rfind("bmiss: ");
  if (begin == std::string::npos) return output.substr(output.size() > 600 ? output.size() - 600 : 0);
  return output.substr(begin, output.find('\n', begin) - begin);
}

void collect(const nlohmann::json& node, const std::string& path, RunFacts& facts) {
  if (node.is_object()) {
    for (const auto& [key, child] : node.items()) collect(child, path.empty() ? key : path + "/" + key, facts);
  } else if (node.is_number()) {
    facts.numbers[path] = node.get<double>();
  } else if (node.is_string()) {
    facts.words[path] = node.get<std::string>();
  } else if (node.is_array()) {
    double sum = 0;
    for (const auto& value : node)
      if (value.is_number()) sum += value.get<double>();
    facts.numbers[path] = sum;
    facts.numbers[path + "/count"] = static_cast<double>(node.size());
  }
}

RunFacts read_facts(const std::string& path) {
  std::ifstream stream(path);
  const auto json = nlohmann::json::parse(stream);
  RunFacts facts;
  collect(json.at("facts"), "", facts);
  for (const auto& [phase, seconds] : json.at("phases_seconds").items())
    if (phase.find(" / ") == std::string::npos) facts.stage_seconds[phase] = seconds.get<double>();
  for (const auto& [phase, seconds] : json.at("phases_cpu_seconds").items())
    if (phase.find(" / ") == std::string::npos) facts.stage_cpu_seconds[phase] = seconds.get<double>();
  facts.total_seconds = json.at("total_seconds");
  facts.peak_memory = json.at("peak_memory_bytes");
  return facts;
}

}  // namespace

double RunFacts::number(const std::string& path) const {
  const auto found = numbers.find(path);
  if (found == numbers.end()) throw std::runtime_error("run.json has no fact '" + path + "'");
  return found->second;
}

std::string RunFacts::cell(const char* pattern, const std::string& path) const {
  const auto found = numbers.find(path);
  return found == numbers.end() ? "–" : format(pattern, found->second);
}

RunFacts run_program(const std::string& arguments, const std::string& folder, const std::vector<std::string>& overrides,
                     int ranks) {
  std::string line = arguments + " --out " + quoted(folder);
  for (const std::string& value : overrides) line += " --set " + quoted(value);
  const test::ProgramResult result = test::run_bmiss(line, ranks);
  if (result.exit_code != static_cast<int>(ExitCode::ok))
    throw std::runtime_error("bmiss " + line + " ended with exit code " + std::to_string(result.exit_code) + ": " +
                             reason_in(result.output));
  return read_facts(folder + "/run.json");
}

}  // namespace bmiss::bench
