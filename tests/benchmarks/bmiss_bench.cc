// Question: how accurate is this build, and how fast on this machine?
// Command:  ./run bench [leadfield] [oracle] [sfap] [depth] [speed] [scaling] [sampling] [meshing] [convergence] [calf]
//           [decoder] [decomposition] [all_firing] [recruited] [conditions] [demo]; no name: all sections; leadfield:
//           the six after it; decomposition: the two after it
// Minutes:  about 0.6, 1, 1, 10, 15, 0.5, 3, 25, 2, 0.5, 50, 60, 60 and 5 on 2 cores; all_firing, recruited and
//           conditions resume from results/bench/decomposition
// Expect:   tables in which every error is below its limit; exit code 3 when one is not, 1 when a section stopped
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>

#include "base/errors.h"
#include "benchmarks/machine.h"
#include "benchmarks/sections.h"

namespace {

using namespace bmiss;

struct Section {
  std::string name, title;
  bool (*run)(const bench::Overrides&);
};

const std::vector<Section> sections = {
    {"oracle", "Potentials against the exact layered cylinder, relative to the largest value of the case",
     bench::oracle_section},
    {"sfap", "Single-fibre action potentials against the exact layered cylinder", bench::sfap_section},
    {"depth", "How single-fibre action potentials fade with depth", bench::depth_section},
    {"speed", "Lead fields of 64 electrodes on a forearm, solver by solver", bench::speed_section},
    {"scaling", "Lead fields by unknowns, electrodes and groups of ranks", bench::scaling_section},
    {"sampling", "Lead fields at a million points along fibres: locating them, evaluating them",
     bench::sampling_section},
    {"meshing", "Meshes of label maps as people have them, judged from their files", bench::meshing_section},
    {"convergence", "Single-fibre action potentials on a forearm under mesh refinement", bench::convergence_section},
    {"calf", "Identities that a lead field fulfils to the solver's tolerance, on a calf from MRI", bench::calf_section},
    {"decoder", "Joint decoding of 100 units under 128 channels, part by part against what the machine can do",
     bench::decoder_section},
    {"all_firing", "Motor units found by each method on the same five pools: 100 units under 128 channels",
     bench::all_firing_section},
    {"recruited",
     "Motor units found by each method on the same five pools: 83 units under 65 channels, wrong models too",
     bench::recruited_section},
    {"conditions", "The same over noise, duration, channels, excitation and errors of the model, one pool each",
     bench::conditions_section},
    {"demo", "The whole chain of params/demo.prm, one run on 1 and one on 2 ranks", bench::demo_section}};

// Names for several sections.
const std::map<std::string, std::vector<std::string>> groups = {
    {"leadfield", {"oracle", "sfap", "depth", "speed", "scaling", "sampling"}},
    {"decomposition", {"all_firing", "recruited"}}};

// Each section has a process of its own: MPI can start only once in a process, and a program started by mpirun must not
// inherit the environment of another MPI process.
ExitCode run_apart(const Section& section, const bench::Overrides& overrides) {
  std::cout << "\n── " << section.name << ": " << section.title << std::endl;
  const pid_t child = fork();
  if (child == 0) {
    ExitCode code = ExitCode::not_converged;
    try {
      code = section.run(overrides) ? ExitCode::ok : ExitCode::check_failed;
    } catch (const std::exception& error) {
      std::cout << "  stopped: " << error.what() << std::endl;
    }
    std::cout.flush();
    std::exit(static_cast<int>(code));
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return ExitCode::not_converged;
  return static_cast<ExitCode>(WEXITSTATUS(status));
}

}  // namespace

void bmiss::bench::skip(const std::string& reason) {
  std::cout << "  skipped: " << reason << std::endl;
}

int main(int argc, char** argv) {
  CLI::App app{"bmiss_bench: accuracy and speed of this build, as tables"};
  std::vector<std::string> names;
  bench::Overrides overrides;
  for (const Section& section : sections) names.push_back(section.name);
  for (const auto& group : groups) names.push_back(group.first);
  std::vector<std::string> wanted;
  app.add_option("sections", wanted,
                 "which sections; without names all; leadfield, decomposition: all that judge these")
      ->check(CLI::IsMember(names));
  app.add_option("--set", overrides, "override \"Section/Key=value\" in the runs of the program")->take_all();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {  // also the call for help
    return app.exit(stop) == 0 ? 0 : static_cast<int>(ExitCode::bad_input);
  }
  if (wanted.empty()) wanted = names;
  for (const auto& [name, members] : groups)
    if (std::find(wanted.begin(), wanted.end(), name) != wanted.end())
      wanted.insert(wanted.end(), members.begin(), members.end());

  std::cout << bench::machine_line() << std::endl;
  std::map<ExitCode, std::string> failed;  // names of sections
  for (const Section& section : sections)
    if (std::find(wanted.begin(), wanted.end(), section.name) != wanted.end()) {
      const ExitCode code = run_apart(section, overrides);
      if (code != ExitCode::ok) failed[code] += " " + section.name;
    }
  std::cout << std::endl;
  if (failed.empty()) std::cout << "no limit was missed" << std::endl;
  for (const auto& [code, list] : failed)
    std::cout << (code == ExitCode::check_failed ? "a limit was missed in:" : "stopped by an error:") << list
              << std::endl;
  if (failed.count(ExitCode::check_failed) > 0) return static_cast<int>(ExitCode::check_failed);
  return static_cast<int>(failed.empty() ? ExitCode::ok : ExitCode::not_converged);
}
