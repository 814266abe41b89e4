// bmiss decompose: recording -> motor-unit spikes (events.tsv) and a table of units.
#include <CLI/CLI.hpp>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "cli/commands.h"
#include "cli/stages.h"
#include "cli/study.h"
#include "inversion/blind/blind.h"
#include "recording/recording_file.h"
#include "recording/spike_events.h"

namespace bmiss {
namespace {

void write_units(const Decomposition& decomposition, const std::string& path) {
  TsvFile table;
  table.set_columns({"unit_id", "n_spikes", "mean_rate_Hz", "isi_cov", "silhouette", "pulse_to_noise_dB"});
  for (const DecomposedUnit& u : decomposition.units)
    table.add_row({std::to_string(u.spikes.id), std::to_string(u.spikes.times.size()), format_real(u.mean_rate),
                   format_real(u.isi_cov), format_real(u.silhouette), format_real(u.pulse_to_noise)});
  table.write(path);
}

void decompose_on_rank_zero(const Study& study, Report& report) {
  Phase phase(report, "decompose");
  const Recording recording = read_recording(study.recording());
  for (const auto& sentence : recording.warnings) report.warn(sentence);
  report.line("  " + study.recording() + ": " + std::to_string(recording.channels.size()) + " channels, " +
              format("%.1f s at ", recording.duration()) + format("%.0f Hz", recording.rate));
  const BlindOptions options = BlindOptions::parse_parameters(study.parameters());
  report.fact("decompose/threads", options.threads);
  const Decomposition decomposition = decompose_blind(recording, options, report);
  std::vector<UnitSpikes> spikes;
  for (const auto& unit : decomposition.units) spikes.push_back(unit.spikes);
  write_spike_events(spikes, recording.rate, study.file("decomposed_events.tsv"));
  write_units(decomposition, study.file("units.tsv"));
  report.fact("decompose/units", static_cast<double>(decomposition.units.size()));
  report.line("  wrote " + study.file("decomposed_events.tsv") + " and " + study.file("units.tsv"));
}

}  // namespace

void run_decompose(const Study& study, Report& report) {
  on_rank_zero(MPI_COMM_WORLD, [&] { decompose_on_rank_zero(study, report); });
}

void add_decompose(CLI::App& app, Action& action) {
  struct Arguments {
    std::string recording, method = "blind", folder = "results", parameters;
    std::vector<std::string> overrides;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("decompose", "motor-unit spikes of a recording (EDF, BDF or MAT)");
  command->add_option("recording", arguments->recording, "the recording; with --parameters it may be named there");
  command->add_option("--method", arguments->method, "blind: convolutive fastICA")->capture_default_str();
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
