// bmiss run: the whole chain from one parameter file; and the single stages under the same conventions.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/stages.h"
#include "cli/study.h"

namespace bmiss {
namespace {

struct Arguments {
  std::string parameters, folder;
  std::vector<std::string> overrides;
};

std::shared_ptr<Arguments> add_arguments(CLI::App* command) {
  auto arguments = std::make_shared<Arguments>();
  command->add_option("parameters", arguments->parameters, "a .prm or .json parameter file; without one the defaults");
  command->add_option("-o,--out", arguments->folder, "output folder, instead of the one in the parameter file");
  command->add_option("--set", arguments->overrides, "override \"Section/Key=value\"")->take_all();
  return arguments;
}

Study open_study(const Arguments& arguments) {
  auto overrides = arguments.overrides;
  if (!arguments.folder.empty()) overrides.push_back("Output folder=" + arguments.folder);
  return Study(arguments.parameters, overrides);
}

void save_parameters(const Study& study) {
  OutputFile file(study.file("parameters.prm"));
  file.stream() << study.parameters().as_prm();
  file.commit();
}

// The output folder is there and holds the resolved parameters. Collective.
void prepare(const Study& study) {
  on_rank_zero(MPI_COMM_WORLD, [&] {
    prepare_output_folder(study.folder());
    save_parameters(study);
  });
}

// Broadcast, because only rank 0 looks at files.
bool same_everywhere(bool value) {
  int flag = value ? 1 : 0;
  MPI_Bcast(&flag, 1, MPI_INT, 0, MPI_COMM_WORLD);
  return flag != 0;
}

void run_stage(const Stage& stage, const Study& study, Report& report) {
  std::string key;
  bool current = false;
  on_rank_zero(MPI_COMM_WORLD, [&] {
    key = stage_key(stage, study);
    current = is_current(stage, study, key);
  });
  report.line("-- " + stage.name + " " + std::string(std::max<std::size_t>(1, 60 - stage.name.size()), '-'));
  if (same_everywhere(current)) {
    report.line("  unchanged, reused");
    return;
  }
  stage.run(study, report);
  on_rank_zero(MPI_COMM_WORLD, [&] { mark_current(stage, study, key); });
}

void say_what_to_open(const Study& study, Report& report) {
  Table table({"open next", "what it shows"});
  table.add_row({study.file("mesh_section.png"), "tissues across the limb"});
  table.add_row({study.file("mesh_skin.png"), "skin and electrodes"});
  table.add_row({study.file("lead_field.png"), "lead field of the middle electrode"});
  table.add_row({study.file("muap.png"), "largest active unit over the grid"});
  table.add_row({study.file("mesh.vtu"), "mesh and fibre directions, in ParaView"});
  table.add_row({study.file("recording"), "simulated EMG, EMG-BIDS"});
  table.add_row({study.file("decomposition.png"), "spikes found and their action potentials"});
  if (study.text("Decomposition", "Method") == "model")
    table.add_row({study.file("identifiability.vtu"), "motor units that the grid can see, in ParaView"});
  table.add_row({study.file("score.tsv"), "which units were found"});
  table.add_row({study.file("run.json"), "versions, times, memory, checks"});
  report.line("");
  report.table(table);
}

void run_chain(const Arguments& arguments, Report& report) {
  const Study study = open_study(arguments);
  prepare(study);
  report.fact("ranks", mpi_size(MPI_COMM_WORLD));
  for (const Stage& stage : stages_of(study)) {
    run_stage(stage, study, report);
    report.write_json(study.file("run.json"));
  }
  say_what_to_open(study, report);
}

using StageFunction = void (*)(const Study&, Report&);

void run_single(StageFunction stage, const Arguments& arguments, Report& report) {
  const Study study = open_study(arguments);
  prepare(study);
  stage(study, report);
  report.write_json(study.file("run.json"));
}

void add_lead_field(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("leadfield", "lead field of every electrode, resumable (exit code 75), under mpirun");
  const auto arguments = add_arguments(command);
  const auto only_estimate = std::make_shared<bool>(false);
  command->add_flag("--estimate", *only_estimate, "only tell unknowns, memory, disk and time; writes nothing");
  command->callback([arguments, only_estimate, &action] {
    action = [arguments, only_estimate](Report& report) {
      if (*only_estimate)
        estimate_lead_field(open_study(*arguments), report);
      else
        run_single(run_lead_field, *arguments, report);
    };
  });
}

}  // namespace

void add_stage_commands(CLI::App& app, Action& action) {
  const auto add = [&](const std::string& name, const std::string& help, StageFunction stage) {
    CLI::App* command = app.add_subcommand(name, help);
    const auto arguments = add_arguments(command);
    command->callback([arguments, stage, &action] {
      action = [arguments, stage](Report& report) { run_single(stage, *arguments, report); };
    });
  };
  add("phantom", "a label map with known geometry", run_phantom);
  add("mesh", "label map -> tagged tetrahedra, fibres, quality table", run_mesh);
  add_lead_field(app, action);
  add("simulate", "motor units and EMG with ground truth (EMG-BIDS)", run_simulate);
}

void add_run(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("run", "the whole chain; unchanged stages are reused");
  const auto arguments = add_arguments(command);
  command->callback([arguments, &action] { action = [arguments](Report& report) { run_chain(*arguments, report); }; });
}

}  // namespace bmiss
