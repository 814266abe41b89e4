// bmiss: reads the command line, runs one subcommand, turns errors into one sentence and an exit code.
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/nearest_name.h"
#include "base/report.h"
#include "cli/commands.h"
#include "solvers/lead_field/store.h"

namespace {

using bmiss::ExitCode;

// Other ranks usually fail with the same error and arrive here too; when one does not, it waits elsewhere for us.
bool all_ranks_arrive() {
  MPI_Request barrier;
  MPI_Ibarrier(MPI_COMM_WORLD, &barrier);
  int done = 0;
  for (int attempt = 0; attempt < 200 && done == 0; ++attempt) {
    MPI_Test(&barrier, &done, MPI_STATUS_IGNORE);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return done != 0;
}

int fail(ExitCode code, const std::string& sentence) {
  if (bmiss::mpi_rank(MPI_COMM_WORLD) == 0) std::cerr << "bmiss: " << sentence << std::endl;
  const bool together = all_ranks_arrive();
  if (!together) {
    if (bmiss::mpi_rank(MPI_COMM_WORLD) != 0) std::cerr << "bmiss: " << sentence << std::endl;
    MPI_Abort(MPI_COMM_WORLD, static_cast<int>(code));
  }
  return static_cast<int>(code);
}

std::string known_subcommands(const CLI::App& app, const std::string& name) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(command->get_name());
  return bmiss::known_names(name, known, 3);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit of its size fails like one on a full disk
  bmiss::MpiSession session(argc, argv);
  bmiss::register_lead_fields();
  bmiss::Report report(std::cout, bmiss::mpi_rank(MPI_COMM_WORLD));

  CLI::App app{"bmiss: from a segmented limb and a surface EMG recording to motor units"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "help of all subcommands");
  bmiss::Action action;
  bmiss::add_stage_commands(app, action);
  bmiss::add_decompose(app, action);
  bmiss::add_score(app, action);
  bmiss::add_check(app, action);
  bmiss::add_run(app, action);
  bmiss::add_info(app, action);
  bmiss::add_params(app, action);
  bmiss::add_version(app, action);

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& call) {
    return report.rank() == 0 ? app.exit(call) : 0;
  } catch (const CLI::CallForAllHelp& call) {
    return report.rank() == 0 ? app.exit(call) : 0;
  } catch (const CLI::ParseError& error) {
    if (app.get_subcommands().empty() && argc > 1)
      return fail(ExitCode::bad_input,
                  std::string("'") + argv[1] + "' is no subcommand" + known_subcommands(app, argv[1]));
    return fail(ExitCode::bad_input, std::string(error.what()) + "; see bmiss --help");
  }

  try {
    action(report);
    return static_cast<int>(ExitCode::ok);
  } catch (const bmiss::InputError& error) {
    return fail(ExitCode::bad_input, error.what());
  } catch (const bmiss::CheckError& error) {
    return fail(ExitCode::check_failed, error.what());
  } catch (const bmiss::NumericalError& error) {
    return fail(ExitCode::not_converged, error.what());
  } catch (const bmiss::Interrupted& error) {
    return fail(ExitCode::resumable, error.what());
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::bad_input, "memory ran out; use a coarser mesh or more ranks on more nodes");
  } catch (const std::exception& error) {
    return fail(ExitCode::not_converged, error.what());
  }
}
