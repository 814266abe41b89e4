// bmiss score: decomposed spikes against a reference, properties against true ones, and what the run cost.
#include "inversion/score/score.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "cli/commands.h"
#include "cli/run_cost.h"
#include "cli/stages.h"
#include "cli/study.h"
#include "inversion/score/property_score.h"
#include "inversion/score/unit_quality.h"
#include "recording/recording_file.h"

namespace bmiss {
namespace {

// Empty: not given.
struct ScoreFiles {
  std::string reference, estimate;  // events.tsv
  std::string true_units, units;    // true_units.tsv of simulate, units.tsv of decompose
  std::vector<std::string> runs;    // run.json
  std::string matches, properties;  // written
};

void write_matches(const Score& score, const std::string& path) {
  TsvFile table;
  table.set_columns({"reference_id", "estimate_id", "rate_of_agreement", "precision", "recall", "f1", "common",
                     "missed", "added", "shift_ms"});
  for (const UnitMatch& m : score.matches)
    table.add_row({std::to_string(m.reference), std::to_string(m.estimate), format_real(m.rate_of_agreement),
                   format_real(m.precision), format_real(m.recall), format_real(m.f1), std::to_string(m.common),
                   std::to_string(m.missed), std::to_string(m.added), format_real(m.shift * 1e3)});
  table.write(path);
}

void write_properties(const std::vector<PropertyScore>& scores, const std::string& path) {
  TsvFile table;
  table.set_columns({"property", "n_units", "bias", "mean_absolute_error", "root_mean_square_error", "r_squared",
                     "n_intervals", "coverage"});
  for (const PropertyScore& s : scores)
    table.add_row({s.property.column(), std::to_string(s.n_units), format_real(s.bias), format_real(s.mean_absolute),
                   format_real(s.root_mean_square), format_real(s.r_squared), std::to_string(s.n_intervals),
                   format_real(s.coverage)});
  table.write(path);
}

void score_trains(const ScoreFiles& files, Report& report) {
  const Score score =
      score_spikes(read_spike_events(files.reference), read_spike_events(files.estimate), ScoreOptions());
  report.table(score_table(score));
  report.table(summary_table(score));
  report.line("  " + score_sentence(score));
  report.fact("score/units with agreement >= 0.9", score.units_at_90);
  report.fact("score/median rate of agreement", score.median_rate_of_agreement);
  report.fact("score/false units", static_cast<double>(score.unmatched_estimate.size()));
  report.fact("score/share of spikes found", score.share_of_spikes_found);
  report.fact("score/sum of F1", score.sum_f1);
  if (!files.matches.empty()) write_matches(score, files.matches);
  if (files.true_units.empty() || files.units.empty()) return;
  const auto properties = score_properties(TsvFile(files.true_units), TsvFile(files.units), score.matches);
  if (properties.empty()) return;
  report.table(property_table(properties));
  for (const PropertyScore& s : properties) {
    report.fact("score/properties/" + s.property.column() + "/mean absolute error", s.mean_absolute);
    report.fact("score/properties/" + s.property.column() + "/coverage", s.coverage);
  }
  if (!files.properties.empty()) write_properties(properties, files.properties);
}

void score(const ScoreFiles& files, Report& report) {
  if (!files.units.empty()) report.table(quality_table(read_unit_quality(TsvFile(files.units))));
  if (!files.reference.empty()) score_trains(files, report);
  if (!files.runs.empty()) report.table(cost_table(files.runs));
}

void require_enough(const ScoreFiles& files) {
  if (files.reference.empty() != files.estimate.empty())
    throw InputError(
        "one table of spikes cannot be compared; give two events.tsv, the reference and then the estimate");
  if (files.reference.empty() && files.units.empty() && files.runs.empty())
    throw InputError(
        "there is nothing to judge; give two events.tsv, or --units with a units.tsv where the truth is not known");
  if (!files.true_units.empty() && files.units.empty())
    throw InputError("the true properties have nothing to be compared with; give --units too");
}

}  // namespace

void run_score(const Study& study, Report& report) {
  on_rank_zero(MPI_COMM_WORLD, [&] {
    Phase phase(report, "score");
    ScoreFiles files;
    files.reference = events_path(study.file("recording"), BidsName(), "truth");
    files.estimate = study.file("decomposed_events.tsv");
    files.units = study.file("units.tsv");
    if (std::filesystem::exists(study.file("true_units.tsv"))) files.true_units = study.file("true_units.tsv");
    if (std::filesystem::exists(study.file("run.json"))) files.runs = {study.file("run.json")};
    files.matches = study.file("score.tsv");
    files.properties = study.file("score_properties.tsv");
    score(files, report);
  });
}

void add_score(CLI::App& app, Action& action) {
  auto files = std::make_shared<ScoreFiles>();
  CLI::App* command = app.add_subcommand("score", "agreement of two events.tsv: reference, then estimate");
  command->add_option("reference", files->reference, "events.tsv taken as true");
  command->add_option("estimate", files->estimate, "events.tsv to be judged");
  command->add_option("--units", files->units, "units.tsv of the estimate: silhouette, pulse to noise, properties");
  command->add_option("--true-units", files->true_units, "true_units.tsv of the reference: judges the properties");
  command->add_option("--run", files->runs, "run.json of the runs whose cost is told")->take_all();
  command->add_option("-o,--out", files->matches, "write the matches to this .tsv file");
  command->add_option("--out-properties", files->properties, "write the errors of the properties to this .tsv file");
  command->callback([files, &action] {
    action = [files](Report& report) {
      require_enough(*files);
      on_rank_zero(MPI_COMM_WORLD, [&] { score(*files, report); });
    };
  });
}

}  // namespace bmiss
