#include "benchmarks/solver_case.h"

#include <mpi.h>

#include <cmath>

#include "anatomy/fibres.h"
#include "anatomy/mesh_file.h"
#include "base/mpi_session.h"
#include "solvers/conductor/share_functionals.h"
#include "solvers/lead_field/electrode_load.h"
#include "support/layered_cylinder_problem.h"

namespace bmiss::bench {
namespace {

SolverCase case_of(LeadFieldProblem problem, MPI_Comm communicator) {
  SolverCase result;
  const std::size_t n = problem.electrodes.electrodes.size();
  result.loads.resize(n);
  on_rank_zero(communicator, [&] {
    result.tensors = conductivity_at_corners(problem.mesh, problem.directions, problem.tissues, problem.laws);
    result.nodes = number_nodes(problem.mesh, 2);
    result.n_unknowns = result.nodes.n_nodes();
    const NodalFunctional reference =
        electrode_load(problem.mesh, result.nodes, problem.electrodes.reference).functional;
    for (std::size_t e = 0; e < n; ++e)
      result.loads[e] = difference(
          electrode_load(problem.mesh, result.nodes, problem.electrodes.electrodes[e]).functional, reference);
    result.mesh = std::move(problem.mesh);
  });
  share_functionals(result.loads, communicator);
  MPI_Bcast(&result.n_unknowns, 1, MPI_UNSIGNED_LONG, 0, communicator);
  result.names = problem.electrodes.names();
  return result;
}

}  // namespace

SolverCase case_of_study(const std::string& folder) {
  LeadFieldProblem problem;
  problem.tissues = TissueTable::read(folder + "/mesh_tissues.txt");
  problem.electrodes = read_electrodes(folder + "/electrodes.tsv");
  on_rank_zero(MPI_COMM_WORLD, [&] {
    problem.mesh = read_msh(folder + "/mesh.msh", "mm", problem.tissues);
    problem.directions = read_fibres(folder + "/fibres.h5").directions;
  });
  return case_of(std::move(problem), MPI_COMM_WORLD);
}

SolverCase case_of_cylinder(double finest, std::size_t n_electrodes, MPI_Comm communicator) {
  std::vector<Electrode> electrodes;
  std::vector<CylinderFocus> foci;
  // Rows of sixteen around the cylinder, 6 mm apart.
  for (std::size_t e = 0; e < n_electrodes; ++e) {
    const double theta = 2 * M_PI * static_cast<double>(e % 16) / 16, z = 0.012 + 0.006 * static_cast<double>(e / 16);
    electrodes.push_back(test::skin_electrode("E" + std::to_string(e + 1), theta, z, 2e-3));
  }
  foci.push_back({0, 0.03});
  LeadFieldProblem problem;
  problem.tissues = test::reference_tissues();
  problem.electrodes.electrodes = electrodes;
  problem.electrodes.reference = test::skin_electrode("R", M_PI / 16, 0.114, 4e-3);
  on_rank_zero(communicator, [&] {
    problem.mesh = make_layered_cylinder_mesh(test::reference_cylinder(finest, 3.3 * finest, 0.15, foci));
    problem.directions = axial_directions(problem.mesh);
  });
  return case_of(std::move(problem), communicator);
}

}  // namespace bmiss::bench
