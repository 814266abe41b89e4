// bmiss leadfield: mesh, fibres, electrodes, conductivities -> lead_field.h5, one row per electrode.
#include "anatomy/fibres.h"
#include "anatomy/mesh_file.h"
#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "cli/lead_field_picture.h"
#include "cli/limb.h"
#include "cli/stages.h"
#include "cli/study.h"
#include "solvers/lead_field/engine.h"

namespace bmiss {
namespace {

// Residuals that the identities of the discrete system must reach; they hold to solver tolerance, not to discretisation
// error.
constexpr double largest_residual = 1e-8;

LeadFieldProblem load_problem(const Study& study, Report& report) {
  LeadFieldProblem problem;
  problem.tissues = TissueTable::read(study.file("mesh_tissues.txt"));
  on_rank_zero(MPI_COMM_WORLD, [&] {
    problem.mesh = read_msh(study.file("mesh.msh"), "mm", problem.tissues);
    const FibreAtlas atlas = read_fibres(study.file("fibres.h5"));
    if (atlas.directions.cols() != static_cast<Eigen::Index>(problem.mesh.n_tets()))
      throw InputError("the fibres were made for another mesh; run 'bmiss mesh' again", study.file("fibres.h5"));
    problem.directions = atlas.directions;
    const Limb limb = limb_of(problem.mesh);
    ElectrodeArray array;
    array.electrodes = lay_grids(study, problem.tissues, limb, report);
    if (array.electrodes.empty()) throw InputError("there is no electrode; name a grid in 'Grids'");
    array.reference = lay_reference(study, array.electrodes, limb);
    write_electrodes(array, study.file("electrodes.tsv"));
    report.line("  " + std::to_string(array.electrodes.size()) + " electrodes, reference " + array.reference.name);
  });
  problem.electrodes = read_electrodes(study.file("electrodes.tsv"));
  return problem;
}

}  // namespace

void run_lead_field(const Study& study, Report& report) {
  Phase phase(report, "lead field");
  const LeadFieldProblem problem = load_problem(study, report);
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
  on_rank_zero(MPI_COMM_WORLD, [&] { draw_lead_field(study, problem); });
}

}  // namespace bmiss
