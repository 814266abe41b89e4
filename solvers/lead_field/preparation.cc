#include "solvers/lead_field/preparation.h"

#include <algorithm>
#include <set>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/conductor/share_functionals.h"
#include "solvers/verification/lead_field_checks.h"

namespace bmiss {
namespace {

constexpr double coarsest_at_contacts = 0.5e-3;  // edges that need no warning: fibres are seldom nearer than two [m]

void require_electrodes(const ElectrodeArray& array) {
  if (array.electrodes.empty()) throw InputError("there are no electrodes; give at least one besides the reference");
  std::set<std::string> names;
  for (const auto& electrode : array.electrodes)
    if (!names.insert(electrode.name).second)
      throw InputError("two electrodes are called '" + electrode.name + "'; give every electrode its own name");
  if (names.count(array.reference.name) != 0)
    throw InputError("electrode '" + array.reference.name +
                     "' is also the reference; its lead field would be zero, so leave it out");
}

// The dense system of contact impedances is made from real potentials.
void require_real_contacts(const ElectrodeArray& array) {
  std::vector<Electrode> all = array.electrodes;
  all.push_back(array.reference);
  for (const Electrode& electrode : all)
    if (electrode.model == ElectrodeModel::complete)
      throw InputError("electrode '" + electrode.name +
                       "' is a complete electrode, but the conductivity law is complex, for which contact impedances "
                       "are not solved; make it uniform, or take a law without imaginary part");
}

void require_mesh(const TetMesh& mesh) {
  if (mesh.n_tets() == 0) throw InputError("the mesh has no tetrahedra; mesh the label map first");
  std::vector<char> used(mesh.n_points(), 0);
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    if (!(mesh.volume(t) > 0))
      throw InputError("tetrahedron " + std::to_string(t) + " of the mesh has a volume of " +
                       format("%g mm^3", 1e9 * mesh.volume(t)) + "; mesh again, or repair its inverted tetrahedra");
    for (const int v : mesh.tets[t]) used[static_cast<std::size_t>(v)] = 1;
  }
  const auto unused = std::find(used.begin(), used.end(), 0);
  if (unused != used.end())
    throw InputError("point " + std::to_string(unused - used.begin()) +
                     " of the mesh belongs to no tetrahedron; remove such points");
}

void warn(const RowFunctionals& functionals, Report& report) {
  for (const auto& warning : functionals.warnings) report.warn(warning);
  if (functionals.longest_edge > coarsest_at_contacts)
    report.warn("the contacts inside the limb lie in tetrahedra with edges of up to " +
                format("%.1f mm", 1e3 * functionals.longest_edge) +
                ", so the potentials of fibres nearer to them than that may be wrong by 10 % and more, and from twice "
                "that on by less than 2 %; a smaller 'Mesh/Largest edge' helps");
}

}  // namespace

LeadFieldIdentity identity_of(const LeadFieldProblem& problem, const SolverOptions& options) {
  return {problem.mesh.hash(),
          conductivities_hash(problem.mesh, problem.tissues, problem.laws),
          directions_hash(problem.mesh, problem.directions, problem.tissues, problem.laws),
          problem.electrodes.hash(),
          problem.laws.text(),
          problem.laws.is_complex() ? PotentialKind::complex : PotentialKind::real,
          options.degree,
          options.tolerance};
}

Preparation prepare(const LeadFieldProblem& problem, const SolverOptions& options, MPI_Comm communicator,
                    Report& report) {
  const Phase phase(report, "prepare");
  require_valid(options);
  Preparation result;
  on_rank_zero(communicator, [&] {
    const ElectrodeArray& array = problem.electrodes;
    require_electrodes(array);
    require_mesh(problem.mesh);
    if (problem.laws.is_complex()) require_real_contacts(array);
    result.tensors = conductivity_at_corners(problem.mesh, problem.directions, problem.tissues, problem.laws);
    if (problem.laws.is_complex())
      result.susceptivities = susceptivity_at_corners(problem.mesh, problem.directions, problem.tissues, problem.laws);
    result.nodes = number_nodes(problem.mesh, options.degree);
    RowFunctionals functionals = row_functionals(problem.mesh, result.nodes, array);
    warn(functionals, report);
    result.areas = std::move(functionals.areas);
    result.functionals = std::move(functionals.rows);
    result.reference = std::move(functionals.reference);
    result.sources = random_sources(problem.mesh, result.nodes, problem.tissues, n_check_sources);
    result.identity = identity_of(problem, options);
  });
  result.rows = lead_field_rows(problem.electrodes);
  std::vector<NodalFunctional> reference = {std::move(result.reference)};
  for (auto* functionals : {&result.functionals, &reference, &result.sources})
    share_functionals(*functionals, communicator);
  result.reference = std::move(reference.front());
  return result;
}

}  // namespace bmiss
