#include "solvers/verification/check_case.h"

#include <cmath>
#include <random>
#include <sstream>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "solvers/conductor/share_functionals.h"
#include "solvers/lead_field/electrode_load.h"
#include "solvers/verification/cylinder_mesh.h"

namespace bmiss {
namespace {

constexpr std::size_t n_sources = 3, n_samples = 200;

// The middles of tetrahedra of the muscles (of any, when there are none), the same for every run.
void take_samples(const LeadFieldProblem& problem, CheckCase& result) {
  std::vector<std::size_t> inside;
  for (std::size_t t = 0; t < problem.mesh.n_tets(); ++t)
    if (problem.tissues.by_label(problem.mesh.tet_labels[t]).kind == TissueKind::muscle) inside.push_back(t);
  std::mt19937_64 random(20240301);
  result.sample_places.resize(3, static_cast<Eigen::Index>(n_samples));
  for (std::size_t s = 0; s < n_samples; ++s) {
    const std::size_t tet = inside.empty() ? random() % problem.mesh.n_tets() : inside[random() % inside.size()];
    result.sample_places.col(static_cast<Eigen::Index>(s)) = problem.mesh.centroid(tet);
    result.samples.push_back(point_functional(result.nodes, tet, Eigen::Vector4d::Constant(0.25)));
  }
}

}  // namespace

std::vector<Electrode> some_electrodes(const std::vector<Electrode>& all, std::size_t wanted) {
  const std::size_t n = std::min(wanted, all.size());
  std::vector<Electrode> result;
  for (std::size_t i = 0; i < n; ++i) result.push_back(all[n == 1 ? 0 : i * (all.size() - 1) / (n - 1)]);
  return result;
}

CheckCase make_check_case(const LeadFieldProblem& problem, const std::string& name, int degree,
                          std::size_t n_electrodes, MPI_Comm communicator) {
  CheckCase result;
  result.name = name;
  result.is_complex = problem.laws.is_complex();
  const std::vector<Electrode> electrodes = some_electrodes(problem.electrodes.electrodes, n_electrodes);
  if (electrodes.empty()) throw InputError("there are no electrodes to check; name a grid in 'Grids'");
  for (const Electrode& electrode : electrodes) result.names.push_back(electrode.name);
  on_rank_zero(communicator, [&] {
    result.mesh = problem.mesh;
    result.nodes = number_nodes(problem.mesh, degree);
    result.n_nodes = result.nodes.n_nodes();
    result.tensors = conductivity_at_corners(problem.mesh, problem.directions, problem.tissues, problem.laws);
    if (result.is_complex)
      result.susceptivities = susceptivity_at_corners(problem.mesh, problem.directions, problem.tissues, problem.laws);
    for (const Electrode& electrode : electrodes)
      result.patches.push_back(electrode_load(problem.mesh, result.nodes, electrode).functional);
    result.patches.push_back(electrode_load(problem.mesh, result.nodes, problem.electrodes.reference).functional);
    result.sources = random_sources(problem.mesh, result.nodes, problem.tissues, n_sources);
    take_samples(problem, result);
  });
  for (auto* functionals : {&result.patches, &result.sources, &result.samples})
    share_functionals(*functionals, communicator);
  unsigned long n_nodes = result.n_nodes;
  MPI_Bcast(&n_nodes, 1, MPI_UNSIGNED_LONG, 0, communicator);
  result.n_nodes = n_nodes;
  for (std::size_t e = 0; e < electrodes.size(); ++e)
    result.loads.push_back(difference(result.patches[e], result.patches.back()));
  return result;
}

CheckCase cylinder_case(int degree, MPI_Comm communicator) {
  const auto on_skin = [](const std::string& name, double theta, double z) {
    Electrode electrode;
    electrode.name = name;
    electrode.normal = {std::cos(theta), std::sin(theta), 0};
    electrode.position = 0.04 * electrode.normal + Eigen::Vector3d(0, 0, z);
    electrode.along = Eigen::Vector3d::UnitZ();
    electrode.radius = 4e-3;
    return electrode;
  };
  LeadFieldProblem problem;
  problem.electrodes.electrodes = {on_skin("E1", 0, 0.05), on_skin("E2", 0, 0.06), on_skin("E3", 0.3, 0.06)};
  problem.electrodes.reference = on_skin("R", 3.0, 0.06);
  on_rank_zero(communicator, [&] {
    CylinderMeshOptions options;
    options.radii = {0.010, 0.035, 0.038, 0.040};
    options.length = 0.12;
    options.finest = 5e-3;
    options.coarsest = 12e-3;
    options.growth = 0.5;
    options.foci = {{0, 0.06}};
    problem.mesh = make_layered_cylinder_mesh(options);
    problem.directions = axial_directions(problem.mesh);
    problem.tissues = TissueTable({{1, "bone", TissueKind::bone, 0.02, 0.02},
                                   {2, "muscle", TissueKind::muscle, 0.1, 0.5},
                                   {3, "fat", TissueKind::fat, 0.04, 0.04},
                                   {4, "skin", TissueKind::skin, 1.0, 1.0}});
  });
  CheckCase result = make_check_case(problem, "", degree, 3, communicator);
  result.name = "cylinder of " + std::to_string(result.n_nodes) + " unknowns";
  return result;
}

CheckFields solve_case(const CheckCase& check_case, const SolverOptions& options, MPI_Comm communicator) {
  std::ostringstream unheard;
  Report quiet(unheard, mpi_rank(communicator));
  CheckFields fields;
  fields.solver = std::make_unique<FieldSolver>(check_case.mesh, check_case.nodes, check_case.tensors, options,
                                                check_case.loads.size() + n_sources, communicator, quiet);
  if (check_case.is_complex) fields.solver->add_susceptivity(check_case.susceptivities);
  FieldSolution solution = fields.solver->solve(check_case.loads, check_case.names);
  const std::vector<NodalFunctional> reference = {check_case.patches.back()};
  for (Eigen::MatrixXd* part : {&solution.values, &solution.imaginary})
    for (Eigen::Index e = 0; e < part->cols(); ++e)
      part->col(e).array() -= fields.solver->evaluate(reference, part->col(e))[0];
  fields.real = std::move(solution.values);
  fields.imaginary = std::move(solution.imaginary);
  return fields;
}

double relative_difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b, MPI_Comm communicator) {
  BMISS_ASSERT(a.rows() == b.rows() && a.cols() == b.cols());
  double sizes[2] = {a.size() > 0 ? (a - b).cwiseAbs().maxCoeff() : 0, b.size() > 0 ? b.cwiseAbs().maxCoeff() : 0};
  int wrong = a.allFinite() && b.allFinite() ? 0 : 1;
  MPI_Allreduce(MPI_IN_PLACE, sizes, 2, MPI_DOUBLE, MPI_MAX, communicator);
  MPI_Allreduce(MPI_IN_PLACE, &wrong, 1, MPI_INT, MPI_MAX, communicator);
  return wrong != 0 ? std::nan("") : sizes[1] > 0 ? sizes[0] / sizes[1] : 0;
}

double relative_difference(const CheckFields& a, const CheckFields& b) {
  const MPI_Comm communicator = a.solver->communicator();
  return std::max(relative_difference(a.real, b.real, communicator),
                  relative_difference(a.imaginary, b.imaginary, communicator));
}

}  // namespace bmiss
