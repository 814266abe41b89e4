// bmiss check: is the physics of this study's lead fields right? A table of checks with limits and verdicts.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/commands.h"
#include "cli/lead_field_problem.h"
#include "cli/muap_checks.h"
#include "cli/study.h"
#include "solvers/verification/verification.h"

namespace bmiss {
namespace {

void run_check(const Study& study, Report& report) {
  const Phase phase(report, "check");
  // Not electrodes.tsv, which goes with the lead field that is there.
  const std::string electrodes = study.file("check_electrodes.tsv");
  const LeadFieldProblem problem = load_problem(study, electrodes, report);
  MPI_Barrier(MPI_COMM_WORLD);  // all have read it
  std::string stored = study.file("lead_field.h5");
  int exists = 0;
  on_rank_zero(MPI_COMM_WORLD, [&] {
    std::filesystem::remove(electrodes);
    exists = std::filesystem::exists(stored) ? 1 : 0;
  });
  MPI_Bcast(&exists, 1, MPI_INT, 0, MPI_COMM_WORLD);
  if (exists == 0) stored.clear();
  auto verdicts = verify(problem, SolverOptions::parse_parameters(study.parameters()), stored, MPI_COMM_WORLD, report);
  const auto more = check_muap_derivatives(study, report);
  verdicts.insert(verdicts.end(), more.begin(), more.end());
  report_verdicts(verdicts, report);
  report.line("checked in " + format("%.0f s", phase.seconds()));
  report.write_json(study.file("check.json"));
  on_rank_zero(MPI_COMM_WORLD, [&] { require_passed(verdicts); });
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  struct Arguments {
    std::string parameters, folder;
    std::vector<std::string> overrides;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "check",
      "physics verification of a study's conductor, its solvers and its lead field; exit code 3 when one fails");
  command->add_option("parameters", arguments->parameters, "a .prm or .json parameter file; without one the defaults");
  command->add_option("-o,--out", arguments->folder, "output folder, instead of the one in the parameter file");
  command->add_option("--set", arguments->overrides, "override \"Section/Key=value\"")->take_all();
  command->callback([arguments, &action] {
    action = [arguments](Report& report) {
      auto overrides = arguments->overrides;
      if (!arguments->folder.empty()) overrides.push_back("Output folder=" + arguments->folder);
      const Study study(arguments->parameters, overrides);
      on_rank_zero(MPI_COMM_WORLD, [&] { prepare_output_folder(study.folder()); });
      run_check(study, report);
    };
  });
}

}  // namespace bmiss
