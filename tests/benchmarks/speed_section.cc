// Cost of lead fields: solvers against each other and against the machine on a forearm, and how it grows.
#include <sys/wait.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "base/errors.h"
#include "base/table.h"
#include "benchmarks/machine.h"
#include "benchmarks/program_run.h"
#include "benchmarks/sections.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

int ranks() {
  return cores() > 1 ? 2 : 1;
}

// Under mpirun, its tables on the standard output. False when it missed a limit.
bool run_speed_program(const std::string& arguments) {
  const std::string command =
      "mpirun --oversubscribe --bind-to none -n " + std::to_string(ranks()) + " '" BMISS_SPEED_PROGRAM "' " + arguments;
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(ExitCode::not_converged);
  if (code == static_cast<int>(ExitCode::check_failed)) return false;
  if (code != 0) throw std::runtime_error(command + " ended with exit code " + std::to_string(code));
  return true;
}

}  // namespace

bool speed_section(const Overrides& overrides) {
  const test::ScratchFolder folder;
  // The demo's forearm with its 64 electrodes, meshed to about a million unknowns.
  Overrides settings = {"Contour/Edge length=1.8"};
  settings.insert(settings.end(), overrides.begin(), overrides.end());
  const std::string parameters = std::string("'") + BMISS_SOURCE_DIR + "/params/demo.prm'";
  for (const std::string stage : {"phantom ", "mesh "}) run_program(stage + parameters, folder.path(), settings, 0);
  const RunFacts field = run_program("leadfield " + parameters, folder.path(), settings, ranks());
  std::cout << "  bmiss leadfield in all: " << field.words.at("solver/method") << ", "
            << field.cell("%.0f", "solver/unknowns") << " unknowns, " << format("%.1f s", field.total_seconds) << ", "
            << format("%.2f GB", field.peak_memory / 1e9) << " on rank 0\n"
            << std::endl;
  return run_speed_program("methods '" + folder.path() + "'");
}

bool scaling_section(const Overrides&) {
  return run_speed_program("scaling");
}

}  // namespace bmiss::bench
