// bmiss decompose: recording -> motor-unit spikes (events.tsv) and a table of units.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/decomposed_units.h"
#include "cli/forward_model.h"
#include "cli/stages.h"
#include "cli/study.h"
#include "cli/visible_units.h"
#include "inversion/model/decompose_model.h"
#include "recording/recording_file.h"

namespace bmiss {
namespace {

// The conductor, muscle and skin are those of Decomposition/Model folder, or of the study itself.
ModelDecomposition decompose_by_model(const Study& study, const Recording& recording, DecodingTeam& team,
                                      Report& report) {
  const std::string named = study.text("Decomposition", "Model folder");
  const std::string folder = named.empty() ? study.folder() : named;
  const auto lead_field = lead_field_of(study, folder);
  const FibreAtlas atlas = read_fibres(folder + "/fibres.h5");
  const auto action_potential = action_potential_of(study);
  const std::string muscle = muscle_of(study, atlas, lead_field->electrodes());
  const Surface skin = skin_of(folder);
  const SurfaceLocator locator(skin);
  ModelOptions options = ModelOptions::parse_parameters(study.parameters());
  options.before_search = [&](const MuapModel& model, const PreparedSignal& prepared) {
    write_visible_units(study, model, prepared, locator, report);
  };
  return decompose_with_model(recording, {atlas, {muscle}, *lead_field, *action_potential, locator}, options, team,
                              report);
}

void decompose_on_rank_zero(const Study& study, DecodingTeam& team, Report& report) {
  Phase phase(report, "decompose");
  const Recording recording = read_recording(study.recording());
  for (const auto& sentence : recording.warnings) report.warn(sentence);
  report.line("  " + study.recording() + ": " + std::to_string(recording.channels.size()) + " channels, " +
              format("%.1f s at ", recording.duration()) + format("%.0f Hz", recording.rate));
  const BlindOptions options = BlindOptions::parse_parameters(study.parameters());
  report.fact("decompose/threads", options.threads);
  const ModelDecomposition result = study.text("Decomposition", "Method") == "model"
                                        ? decompose_by_model(study, recording, team, report)
                                        : without_model(decompose_blind(recording, options, report));
  write_decomposition(study, recording, result, options.prepare);
  const std::string field = study.file("model_parameters.tsv");
  if (result.field.parameters.empty())
    std::filesystem::remove(field);  // of another run
  else
    write_fitted_field(result.field, field);
  report.fact("decompose/units", static_cast<double>(result.units.size()));
  report.line("  wrote " + study.file("decomposed_events.tsv") + ", " + study.file("units.tsv") + ", " +
              study.file("neural_drive.tsv") + " and " + study.file("decomposition.png"));
}

}  // namespace

void run_decompose(const Study& study, Report& report) {
  // Rank 0 does all but decode: there the others help.
  if (mpi_rank(MPI_COMM_WORLD) > 0) DecodingTeam::assist(MPI_COMM_WORLD);
  on_rank_zero(MPI_COMM_WORLD, [&] {
    DecodingTeam team(MPI_COMM_WORLD);
    decompose_on_rank_zero(study, team, report);
  });
}

void add_decompose(CLI::App& app, Action& action) {
  struct Arguments {
    std::string recording, method = "blind", folder = "results", parameters;
    std::vector<std::string> overrides;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("decompose", "motor-unit spikes of a recording (EDF, BDF or MAT)");
  command->add_option("recording", arguments->recording, "the recording; with --parameters it may be named there");
  command->add_option("--method", arguments->method, "blind: convolutive fastICA; model: with a lead field")
      ->capture_default_str();
  command->add_option("-o,--out", arguments->folder, "output folder");
  command->add_option("-p,--parameters", arguments->parameters, "a .prm or .json parameter file");
  command->add_option("--set", arguments->overrides, "override \"Section/Key=value\"")->take_all();
  command->callback([arguments, command, &action] {
    action = [arguments, command](Report& report) {
      auto overrides = arguments->overrides;
      if (!arguments->recording.empty())
        overrides.push_back("Decomposition/Recording=" + arguments->recording);
      else if (arguments->parameters.empty())
        throw InputError("no recording is named; give its file, e.g. bmiss decompose emg.edf");
      if (command->count("--method") > 0) overrides.push_back("Decomposition/Method=" + arguments->method);
      if (command->count("--out") > 0 || arguments->parameters.empty())
        overrides.push_back("Output folder=" + arguments->folder);
      const Study study(arguments->parameters, overrides);
      on_rank_zero(MPI_COMM_WORLD, [&] { prepare_output_folder(study.folder()); });
      run_decompose(study, report);
      report.write_json(study.file("run.json"));
    };
  });
}

}  // namespace bmiss
