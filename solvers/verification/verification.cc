#include "solvers/verification/verification.h"

#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/verification/analytic_checks.h"
#include "solvers/verification/conductor_checks.h"
#include "solvers/verification/derivative_checks.h"

namespace bmiss {
namespace {

constexpr std::size_t n_electrodes = 4;              // of the study, spread over its list
constexpr std::size_t most_unknowns_alone = 600000;  // that one rank solves for the others within a few minutes

}  // namespace

std::vector<Verdict> verify(const LeadFieldProblem& problem, const SolverOptions& options, const std::string& stored,
                            MPI_Comm world, Report& report) {
  std::vector<Verdict> verdicts;
  const auto add = [&](const std::vector<Verdict>& more) { verdicts.insert(verdicts.end(), more.begin(), more.end()); };
  Progress progress(report, "checks", 9);

  progress.next("identities on this mesh");
  const CheckCase mesh = make_check_case(problem, "this mesh", options.degree, n_electrodes, world);
  report.line("checking " + std::to_string(mesh.names.size()) + " of " +
              std::to_string(problem.electrodes.electrodes.size()) + " electrodes on " + std::to_string(mesh.n_nodes) +
              " unknowns");
  SolverOptions iterating = options;
  if (iterating.method == "auto") iterating.method = options.degree == 2 ? "multigrid" : "algebraic";
  const CheckFields fields = solve_case(mesh, iterating, world);
  add(check_identities(mesh, fields));

  progress.next("another solver");
  const double factor = predicted_factor_memory(mesh.n_nodes);
  if (factor <= options.memory_for_direct) {
    verdicts.push_back(check_other_solver(mesh, iterating, fields));
  } else {
    const CheckCase cylinder = cylinder_case(options.degree, world);
    verdicts.push_back(check_other_solver(cylinder, iterating, solve_case(cylinder, iterating, world)));
    verdicts.back().remark += "; on this mesh a factor would take " + format("%.1f GB", factor / 1e9) +
                              ", more than 'Solver/Memory for direct'";
  }

  progress.next("fewer ranks");
  if (mesh.n_nodes <= most_unknowns_alone || mpi_size(world) == 1)
    verdicts.push_back(check_ranks(mesh, iterating, world));
  else
    verdicts.push_back(check_ranks(cylinder_case(options.degree, world), iterating, world));

  progress.next("other units");
  verdicts.push_back(check_scaling(mesh, iterating, fields));

  progress.next("stored lead field");
  if (!stored.empty())
    verdicts.push_back(check_stored(mesh, fields, problem, stored));
  else
    verdicts.push_back(not_checked("stored lead field", "there is none yet; bmiss leadfield computes it"));

  progress.next("far-field decay");
  verdicts.push_back(check_decay(iterating, reference_muscle(), reference_muscle(), world));
  progress.next("layered cylinder");
  add(check_against_cylinder(iterating, reference_layers(), world));
  progress.next("derivatives");
  add(check_derivatives(problem, iterating, n_electrodes, most_unknowns_alone, world));
  progress.next("done");
  return verdicts;
}

}  // namespace bmiss
