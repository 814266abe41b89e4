// The lead field on a calf from MRI: reciprocity, delivered current and symmetry hold on any mesh, or the solver is
// wrong.
#include <filesystem>
#include <iostream>

#include "base/table.h"
#include "benchmarks/machine.h"
#include "benchmarks/program_run.h"
#include "benchmarks/sections.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

constexpr double limit = 1e-8;  // the solver's tolerance is 1e-10

}  // namespace

bool calf_section(const Overrides& overrides) {
  const std::string map = test::shared_path("data/anatomy/calf_qmri_1mm.nii.gz"),
                    tissues = test::shared_path("data/anatomy/calf_qmri_labels.txt");
  if (!std::filesystem::exists(map)) {
    skip(map + " is not here");
    return true;
  }
  Overrides settings = {"Anatomy/Label map=" + map, "Anatomy/Tissue table=" + tissues, "Grids/grid1/Rows=4",
                        "Grids/grid1/Columns=4"};
  settings.insert(settings.end(), overrides.begin(), overrides.end());
  const std::string parameters = std::string("'") + BMISS_SOURCE_DIR + "/tests/anatomy/calf.prm'";
  const test::ScratchFolder folder;
  const int ranks = cores() > 1 ? 2 : 1;
  const RunFacts mesh = run_program("mesh " + parameters, folder.path(), settings, 0);
  const RunFacts field = run_program("leadfield " + parameters, folder.path(), settings, ranks);

  const double n_electrodes = field.number("lead field/seconds per electrode/count");
  Table sizes({"tetrahedra", "unknowns", "electrodes", "method", "ranks", "mesh s", "lead field s", "s per electrode",
               "peak memory of rank 0, GB"});
  sizes.add_row({mesh.cell("%.0f", "mesh/tetrahedra"), field.cell("%.0f", "solver/unknowns"),
                 format("%.0f", n_electrodes), field.words.at("solver/method"), std::to_string(ranks),
                 format("%.1f", mesh.total_seconds), format("%.1f", field.total_seconds),
                 format("%.2f", field.number("lead field/seconds per electrode") / n_electrodes),
                 format("%.2f", field.peak_memory / 1e9)});
  Table checks({"check", "relative error", "limit", "verdict"});
  bool all_kept = true;
  for (const std::string name : {"reciprocity", "delivered current", "symmetry"}) {
    const double error = field.number("lead field/checks/" + name);
    const bool kept = error <= limit;
    all_kept = all_kept && kept;
    checks.add_row({name, format("%.1e", error), format("%.0e", limit), kept ? "ok" : "FAIL"});
  }
  std::cout << sizes.text() << '\n' << checks.text() << std::flush;
  return all_kept;
}

}  // namespace bmiss::bench
