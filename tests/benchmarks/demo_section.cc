// The whole chain as ./run demo starts it, on 1 and on 2 ranks: seconds of each stage and how much two ranks save.
#include <iostream>

#include "base/table.h"
#include "benchmarks/machine.h"
#include "benchmarks/program_run.h"
#include "benchmarks/sections.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

RunFacts run_demo(const Overrides& overrides, int ranks) {
  const test::ScratchFolder folder;
  RunFacts facts =
      run_program(std::string("run '") + BMISS_SOURCE_DIR + "/params/demo.prm'", folder.path(), overrides, ranks);
  facts.numbers["load"] = load();
  return facts;
}

void add_stage(Table& table, const std::string& name, double one, double two) {
  table.add_row({name, format("%.1f", one), format("%.1f", two), format("%.2f", one / two)});
}

}  // namespace

bool demo_section(const Overrides& overrides) {
  const RunFacts one = run_demo(overrides, 1), two = run_demo(overrides, 2);
  Table stages({"stage", "1 rank, s", "2 ranks, s", "ratio"});
  for (const std::string name : {"phantom", "mesh", "lead field", "simulate", "decompose", "score"})
    if (one.stage_seconds.count(name) > 0 && two.stage_seconds.count(name) > 0)
      add_stage(stages, name, one.stage_seconds.at(name), two.stage_seconds.at(name));
  add_stage(stages, "all", one.total_seconds, two.total_seconds);

  Table run({"run", "1 rank", "2 ranks"});
  const auto add = [&](const std::string& what, const char* pattern, const std::string& path) {
    run.add_row({what, one.cell(pattern, path), two.cell(pattern, path)});
  };
  add("tetrahedra", "%.0f", "mesh/tetrahedra");
  add("unknowns", "%.0f", "solver/unknowns");
  add("electrodes", "%.0f", "lead field/seconds per electrode/count");
  add("iterations of all electrodes", "%.0f", "lead field/iterations");
  add("active motor units", "%.0f", "simulate/active units");
  add("units found", "%.0f", "decompose/units");
  add("units with agreement of 0.9 or more", "%.0f", "score/units with agreement >= 0.9");
  add("load of the machine at the end, own ranks included", "%.1f", "load");
  run.add_row(
      {"peak memory of rank 0, GB", format("%.2f", one.peak_memory / 1e9), format("%.2f", two.peak_memory / 1e9)});
  std::cout
      << stages.text() << '\n'
      << run.text()
      << "  one run each; only the lead field uses both ranks: a ratio below 1 elsewhere is other work on the machine\n"
      << std::flush;
  return true;
}

}  // namespace bmiss::bench
