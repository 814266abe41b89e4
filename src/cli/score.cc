// bmiss score: decomposed spikes against a reference.
#include "inversion/score/score.h"

#include <CLI/CLI.hpp>

#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "cli/commands.h"
#include "cli/stages.h"
#include "cli/study.h"
#include "recording/recording_file.h"

namespace bmiss {
namespace {

void write_score(const Score& score, const std::string& path) {
  TsvFile table;
  table.set_columns({"reference_id", "estimate_id", "rate_of_agreement", "precision", "recall", "f1", "common",
                     "missed", "added", "shift_ms"});
  for (const UnitMatch& m : score.matches)
    table.add_row({std::to_string(m.reference), std::to_string(m.estimate), format_real(m.rate_of_agreement),
                   format_real(m.precision), format_real(m.recall), format_real(m.f1), std::to_string(m.common),
                   std::to_string(m.missed), std::to_string(m.added), format_real(m.shift * 1e3)});
  table.write(path);
}

Score print_score(const std::string& reference, const std::string& estimate, Report& report) {
  const Score score = score_spikes(read_spike_events(reference), read_spike_events(estimate), ScoreOptions());
  report.table(score_table(score));
  report.line("  " + score_sentence(score));
  report.fact("score/units with agreement >= 0.9", score.units_at_90);
  report.fact("score/median rate of agreement", score.median_rate_of_agreement);
  return score;
}

}  // namespace

void run_score(const Study& study, Report& report) {
  on_rank_zero(MPI_COMM_WORLD, [&] {
    Phase phase(report, "score");
    const Score score = print_score(events_path(study.file("recording"), BidsName(), "truth"),
                                    study.file("decomposed_events.tsv"), report);
    write_score(score, study.file("score.tsv"));
  });
}

void add_score(CLI::App& app, Action& action) {
  struct Arguments {
    std::string reference, estimate, out;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("score", "agreement of two events.tsv: reference, then estimate");
  command->add_option("reference", arguments->reference, "events.tsv taken as true")->required();
  command->add_option("estimate", arguments->estimate, "events.tsv to be judged")->required();
  command->add_option("-o,--out", arguments->out, "write the matches to this .tsv file");
  command->callback([arguments, &action] {
    action = [arguments](Report& report) {
      on_rank_zero(MPI_COMM_WORLD, [&] {
        const Score score = print_score(arguments->reference, arguments->estimate, report);
        if (!arguments->out.empty()) write_score(score, arguments->out);
      });
    };
  });
}

}  // namespace bmiss
