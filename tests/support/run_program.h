// Runs the built bmiss as a user would and keeps what it says.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace bmiss::test {

struct ProgramResult {
  int exit_code = -1;
  std::string output;  // stdout and stderr
  bool says(const std::string& part) const { return output.find(part) != std::string::npos; }
};

// `arguments` as on a shell command line, e.g. "mesh a.prm --set \"Solver/Degree=1\"". ranks 0: without mpirun.
// Ranks are not bound, because mpirun would pin those of every run to the same first cores.
inline ProgramResult run_bmiss(const std::string& arguments, int ranks = 0) {
  const std::string mpirun = "mpirun --allow-run-as-root --oversubscribe --bind-to none -n ";
  const std::string launcher = ranks > 0 ? mpirun + std::to_string(ranks) + " " : "";
  ProgramResult result;
  FILE* pipe = popen((launcher + BMISS_PROGRAM + " " + arguments + " 2>&1").c_str(), "r");
  std::array<char, 4096> block;
  while (const std::size_t n = fread(block.data(), 1, block.size(), pipe)) result.output.append(block.data(), n);
  const int status = pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace bmiss::test
