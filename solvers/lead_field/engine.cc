#include "solvers/lead_field/engine.h"

#include <algorithm>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "solvers/lead_field/cost_estimate.h"
#include "solvers/lead_field/interruption.h"
#include "solvers/lead_field/phase_summary.h"
#include "solvers/lead_field/preparation.h"
#include "solvers/lead_field/rank_groups.h"
#include "solvers/lead_field/row_loop.h"
#include "solvers/lead_field/writer.h"
#include "solvers/linear/field_solver.h"
#include "solvers/verification/error_estimate.h"

namespace bmiss {
namespace {

void broadcast(LeadFieldChecks& checks, MPI_Comm communicator) {
  double values[3] = {checks.reciprocity, checks.delivered_current, checks.symmetry};
  MPI_Bcast(values, 3, MPI_DOUBLE, 0, communicator);
  checks.reciprocity = values[0];
  checks.delivered_current = values[1];
  checks.symmetry = values[2];
}

// Is there a finished file of the same identity? Collective.
bool is_finished(const std::string& path, const LeadFieldIdentity& identity, MPI_Comm communicator,
                 LeadFieldChecks& checks) {
  int finished = 0;
  on_rank_zero(communicator, [&] {
    const auto found = finished_checks(path, identity);
    finished = found ? 1 : 0;
    if (found) checks = *found;
  });
  MPI_Bcast(&finished, 1, MPI_INT, 0, communicator);
  broadcast(checks, communicator);
  return finished != 0;
}

LeadFieldContents contents_of(const LeadFieldProblem& problem, const Preparation& preparation) {
  return {preparation.identity, problem.electrodes, preparation.nodes, problem.mesh.tet_labels, problem.tissues};
}

ProblemSize size_of(const LeadFieldProblem& problem, const Preparation& preparation, std::size_t n_missing) {
  return {problem.mesh.n_tets(), preparation.nodes.n_nodes(), preparation.rows.size(), n_missing,
          file_size(contents_of(problem, preparation))};
}

void tell_rows(const LeadFieldWriter& writer, Report& report) {
  if (report.rank() != 0) return;
  const auto facts = writer.facts();
  std::vector<double> iterations, residuals, seconds;
  for (const RowFacts& row : facts) {
    iterations.push_back(row.iterations);
    residuals.push_back(row.residual);
    seconds.push_back(row.seconds);
  }
  report.fact("lead field/iterations", iterations);
  report.fact("lead field/residuals", residuals);
  report.fact("lead field/seconds per electrode", seconds);
}

double worst_current(const Preparation& preparation, const std::vector<RowFacts>& facts) {
  double worst = 0;
  for (std::size_t row = 0; row < facts.size(); ++row)
    worst = std::max(worst, std::abs(facts[row].delivered_current - (preparation.rows[row].mode == 0 ? 1 : 0)));
  return worst;
}

void tell_phases(const Preparation& preparation, const FieldSolver& solver, const LeadFieldWriter& writer,
                 Report& report) {
  PhaseSummary phases;
  const auto [first, last] = solver.node_range();
  for (std::size_t row = 0; row < preparation.rows.size(); ++row)
    phases.add(preparation.rows[row].name, writer.read_row(row, first, last),
               writer.read_row(row, first, last, RowPart::imaginary), solver.communicator());
  phases.tell(report);
}

LeadFieldChecks check(const Preparation& preparation, FieldSolver& solver, const LeadFieldWriter& writer,
                      Report& report) {
  const Phase phase(report, "check");
  std::vector<NodalFunctional> loads;
  for (std::size_t row = 0; row < preparation.rows.size(); ++row) loads.push_back(preparation.load(row));
  const auto [first, last] = solver.node_range();
  LeadFieldChecks checks =
      check_rows(solver, loads, preparation.sources,
                 [&, from = first, to = last](std::size_t row) { return writer.read_row(row, from, to); });
  checks.delivered_current = worst_current(preparation, writer.facts());
  print_checks(checks, report);
  if (writer.is_complex()) tell_phases(preparation, solver, writer, report);
  return checks;
}

// The mesh's nodes and tensors are made again on rank 0, since they were not kept while solving.
ErrorEstimate estimate_errors(const LeadFieldProblem& problem, const Preparation& preparation, int degree,
                              FieldSolver& solver, const LeadFieldWriter& writer, Report& report) {
  const Phase phase(report, "error estimate");
  ElementNodes nodes;
  CornerTensors tensors;
  on_rank_zero(solver.communicator(), [&] {
    nodes = number_nodes(problem.mesh, degree);
    tensors = conductivity_at_corners(problem.mesh, problem.directions, problem.tissues, problem.laws);
  });
  std::vector<std::string> names;
  for (const auto& row : preparation.rows) names.push_back(row.name);
  const ErrorEstimate errors = estimate_errors(
      problem.mesh, nodes, tensors, problem.tissues, names.size(), solver,
      [&](std::size_t row, std::size_t from, std::size_t to) { return writer.read_row(row, from, to); });
  print_estimate(errors, names, report);
  return errors;
}

// Sets up a solver in every group and solves the missing rows, unless a signal stops it.
std::unique_ptr<FieldSolver> solve_rows(const LeadFieldProblem& problem, Preparation& preparation,
                                        const SolverOptions& options, const RankGroups& groups, LeadFieldWriter& writer,
                                        const Interruption& interruption, Report& report) {
  const std::size_t n_missing = writer.missing_rows().size(), n_groups = static_cast<std::size_t>(groups.n_groups()),
                    share = (n_missing + n_groups - 1) / n_groups;
  std::unique_ptr<FieldSolver> solver;
  RowDealer dealer(groups.world(), groups.n_groups());
  groups.together([&] {
    try {
      {
        Conductor copy;
        copy_to_roots(groups, problem.mesh, preparation.nodes, preparation.tensors, preparation.susceptivities, copy);
        const bool original = mpi_rank(groups.world()) == 0;
        solver = std::make_unique<FieldSolver>(original ? problem.mesh : copy.mesh,
                                               original ? preparation.nodes : copy.nodes,
                                               original ? preparation.tensors : copy.tensors, options,
                                               share + preparation.sources.size(), groups.group(), report);
        if (problem.laws.is_complex())
          solver->add_susceptivity(original ? preparation.susceptivities : copy.susceptivities);
        preparation.nodes = {};  // distributed and written: needed no more
        preparation.tensors.resize(24, 0);
        preparation.susceptivities.resize(24, 0);
      }
      const Phase phase(report, "solve");
      RowLoop(preparation, *solver, writer, dealer, std::min(share, solver->block_size())).run(interruption, report);
    } catch (...) {
      dealer.stop();
      throw;
    }
  });
  dealer.close();
  return solver;
}

}  // namespace

CostEstimate estimate_lead_field(const LeadFieldProblem& problem, const SolverOptions& options, const std::string& path,
                                 MPI_Comm communicator, Report& report) {
  const Preparation preparation = prepare(problem, options, communicator, report);
  ProblemSize size;
  on_rank_zero(communicator,
               [&] { size = size_of(problem, preparation, count_missing(path, contents_of(problem, preparation))); });
  return estimate_cost(size, options, communicator);
}

LeadFieldChecks compute_lead_field(const LeadFieldProblem& problem, const SolverOptions& options,
                                   const std::string& path, MPI_Comm communicator, Report& report) {
  const Phase phase(report, "lead field");
  const Interruption interruption;
  Preparation preparation = prepare(problem, options, communicator, report);
  LeadFieldChecks checks;
  if (is_finished(path, preparation.identity, communicator, checks)) {
    report.line("the lead field of this problem is there already, complete");
    return checks;
  }
  LeadFieldWriter writer(path, contents_of(problem, preparation), communicator);
  const CostEstimate cost =
      estimate_cost(size_of(problem, preparation, writer.missing_rows().size()), options, communicator);
  report.line("lead field: " + one_line(cost));
  const RankGroups groups(communicator, cost.n_groups);
  const auto solver = solve_rows(problem, preparation, options, groups, writer, interruption, report);
  const std::size_t complete = writer.n_complete(communicator);
  if (complete < writer.n_rows())
    throw Interrupted("stopped by a signal after " + std::to_string(complete) + " of " +
                      std::to_string(writer.n_rows()) + " rows; run the same command again to continue");
  ErrorEstimate errors;
  groups.together([&] {
    if (groups.number() != 0) return;
    checks = check(preparation, *solver, writer, report);
    errors = estimate_errors(problem, preparation, options.degree, *solver, writer, report);
  });
  tell_rows(writer, report);
  writer.publish(checks, errors, preparation.areas);
  broadcast(checks, communicator);
  report.fact("lead field/peak memory bytes", peak_memory());
  return checks;
}

}  // namespace bmiss
