// Runs of the built bmiss, and what their run.json tells.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace bmiss::bench {

struct RunFacts {
  std::map<std::string, double> numbers;     // facts by path, e.g. "mesh/tetrahedra"; of lists their sum
  std::map<std::string, std::string> words;  // facts that are text
  std::map<std::string, double> stage_seconds, stage_cpu_seconds;
  double total_seconds = 0, peak_memory = 0;  // [s], [bytes]

  double number(const std::string& path) const;                          // throws std::runtime_error when there is none
  std::string cell(const char* pattern, const std::string& path) const;  // formatted; "–" when there is none
};

// bmiss <arguments> --out <folder> with overrides; ranks 0: without mpirun. Throws std::runtime_error with the
// sentence that it ends with when its exit code is not 0.
RunFacts run_program(const std::string& arguments, const std::string& folder, const std::vector<std::string>& overrides,
                     int ranks);

}  // namespace bmiss::bench
