// bmiss leadfield: mesh, fibres, electrodes, conductivities -> lead_field.h5, one row per electrode.
#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "cli/lead_field_accuracy.h"
#include "cli/lead_field_picture.h"
#include "cli/lead_field_problem.h"
#include "cli/stages.h"
#include "cli/study.h"
#include "solvers/lead_field/cost_estimate.h"
#include "solvers/lead_field/derivative_file.h"
#include "solvers/lead_field/engine.h"
#include "solvers/lead_field/finite_element_model.h"
#include "solvers/lead_field/interruption.h"

namespace bmiss {
namespace {

// Residuals that the identities of the discrete system must reach; they hold to solver tolerance, not to discretisation
// error.
constexpr double largest_residual = 1e-8;

void store_derivatives(const Study& study, const LeadFieldProblem& problem, Report& report) {
  const auto options = DerivativeOptions::parse_parameters(study.parameters());
  if (!options.stored) return;
  FiniteElementModelOptions of_model;
  of_model.solver = SolverOptions::parse_parameters(study.parameters());
  of_model.stored = study.file("lead_field.h5");
  of_model.derivative_tolerance = options.tolerance;
  const FiniteElementModel model(std::make_shared<LeadFieldProblem>(problem), of_model, MPI_COMM_WORLD);
  write_derivatives(model, of_model.stored, report);
}

}  // namespace

void estimate_lead_field(const Study& study, Report& report) {
  LeadFieldProblem problem;
  on_rank_zero(MPI_COMM_WORLD, [&] { problem = read_problem(study, report); });
  const auto options = SolverOptions::parse_parameters(study.parameters());
  print_estimate(estimate_lead_field(problem, options, study.file("lead_field.h5"), MPI_COMM_WORLD, report), report);
}

void run_lead_field(const Study& study, Report& report) {
  const Interruption interruption;  // a signal while the mesh is read must not end the program
  Phase phase(report, "lead field");
  const LeadFieldProblem problem = load_problem(study, study.file("electrodes.tsv"), report);
  const auto options = SolverOptions::parse_parameters(study.parameters());
  const LeadFieldChecks checks =
      compute_lead_field(problem, options, study.file("lead_field.h5"), MPI_COMM_WORLD, report);
  report.fact("lead field/reciprocity", checks.reciprocity);
  report.fact("lead field/delivered current", checks.delivered_current);
  report.fact("lead field/symmetry", checks.symmetry);
  for (const auto& [name, value] : {std::pair<std::string, double>{"reciprocity", checks.reciprocity},
                                    {"delivered current", checks.delivered_current},
                                    {"symmetry", checks.symmetry}})
    if (!(value <= largest_residual))
      throw CheckError("the " + name + " check of the lead field failed: " + std::to_string(value) +
                       " relative; use a smaller 'Solver/Tolerance'");
  store_derivatives(study, problem, report);
  on_rank_zero(MPI_COMM_WORLD, [&] {
    show_accuracy(study, problem.mesh, report);
    draw_lead_field(study, problem);
  });
}

}  // namespace bmiss
