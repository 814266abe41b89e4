#include "solvers/lead_field/engine.h"

#include <filesystem>
#include <numeric>
#include <set>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/conductor/conductivity.h"
#include "solvers/lead_field/electrode_load.h"
#include "solvers/lead_field/interruption.h"
#include "solvers/lead_field/writer.h"
#include "solvers/linear/field_solver.h"

namespace bmiss {
namespace {

constexpr std::size_t n_check_sources = 3;
constexpr double coarsest_at_contacts = 0.5e-3;  // edges that need no warning: fibres are seldom nearer than two [m]

// Everything derived from the problem before any system is solved. Nodes and tensors on rank 0, the rest on every rank.
struct Preparation {
  ElementNodes nodes;
  CornerTensors tensors;
  LeadFieldIdentity identity;
  std::vector<NodalFunctional> patches;  // of the electrodes, then of the reference
  std::vector<NodalFunctional> sources;  // for the reciprocity check
};

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

void broadcast(std::vector<NodalFunctional>& functionals, MPI_Comm communicator) {
  unsigned long count = functionals.size();
  MPI_Bcast(&count, 1, MPI_UNSIGNED_LONG, 0, communicator);
  functionals.resize(count);
  for (auto& functional : functionals) {
    int n = static_cast<int>(functional.nodes.size());
    MPI_Bcast(&n, 1, MPI_INT, 0, communicator);
    functional.nodes.resize(static_cast<std::size_t>(n));
    functional.weights.resize(static_cast<std::size_t>(n));
    MPI_Bcast(functional.nodes.data(), n, MPI_INT, 0, communicator);
    MPI_Bcast(functional.weights.data(), n, MPI_DOUBLE, 0, communicator);
  }
}

Preparation prepare(const LeadFieldProblem& problem, const SolverOptions& options, const std::string& path,
                    MPI_Comm communicator, Report& report) {
  const Phase phase(report, "prepare");
  require_valid(options);
  Preparation result;
  on_rank_zero(communicator, [&] {
    const ElectrodeArray& array = problem.electrodes;
    require_electrodes(array);
    require_mesh(problem.mesh);
    result.tensors = conductivity_at_corners(problem.mesh, problem.directions, problem.tissues);
    result.nodes = number_nodes(problem.mesh, options.degree);
    std::vector<Electrode> all = array.electrodes;
    all.push_back(array.reference);
    double coarsest = 0;
    for (const auto& electrode : all) {
      ElectrodeLoad load = electrode_load(problem.mesh, result.nodes, electrode);
      coarsest = std::max(coarsest, load.edge);
      if (!load.warning.empty()) report.warn(load.warning);
      result.patches.push_back(std::move(load.functional));
    }
    if (coarsest > coarsest_at_contacts)
      report.warn(
          "the contacts inside the limb lie in tetrahedra with edges of up to " + format("%.1f mm", 1e3 * coarsest) +
          ", so the potentials of fibres nearer to them than that may be wrong by 10 % and more, and from twice "
          "that on by less than 2 %; a smaller 'Mesh/Largest edge' helps");
    result.sources = random_sources(problem.mesh, result.nodes, problem.tissues, n_check_sources);
    result.identity = {problem.mesh.hash(),
                       conductivities_hash(problem.mesh, problem.tissues),
                       directions_hash(problem.mesh, problem.directions, problem.tissues),
                       array.hash(),
                       options.degree,
                       options.tolerance};
    const double n_nodes = static_cast<double>(result.nodes.n_nodes()),
                 n_electrodes = static_cast<double>(array.electrodes.size());
    const double bytes = 8 * n_nodes * n_electrodes + 24 * n_nodes + 44 * static_cast<double>(problem.mesh.n_tets());
    const auto folder = std::filesystem::absolute(path).parent_path().string();
    if (!std::filesystem::exists(path + ".part")) require_free_space(folder, bytes);
    report.line("lead field: " + std::to_string(problem.mesh.n_tets()) + " tetrahedra of degree " +
                std::to_string(options.degree) + ", " + std::to_string(result.nodes.n_nodes()) + " unknowns, " +
                std::to_string(array.electrodes.size()) + " electrodes; matrices about " +
                format("%.0f MB", 28 * 12 * 2 * n_nodes / 1e6) + ", a factor would be about " +
                format("%.0f MB", predicted_factor_memory(result.nodes.n_nodes()) / 1e6) + ", the file " +
                format("%.0f MB", bytes / 1e6));
  });
  broadcast(result.patches, communicator);
  broadcast(result.sources, communicator);
  // Attributes are written collectively, so every rank needs the identity.
  for (std::string* hash : {&result.identity.mesh, &result.identity.conductivities, &result.identity.directions,
                            &result.identity.electrodes}) {
    hash->resize(32, ' ');
    MPI_Bcast(hash->data(), 32, MPI_CHAR, 0, communicator);
  }
  result.identity.degree = options.degree;
  result.identity.tolerance = options.tolerance;
  return result;
}

// Solves the missing rows block by block; each block is safe in the file before the next begins.
class RowLoop {
public:
  RowLoop(const ElectrodeArray& array, const Preparation& preparation, FieldSolver& solver, LeadFieldWriter& writer,
          Report& report)
      : array_(array), preparation_(preparation), solver_(solver), writer_(writer), report_(report) {}

  void run(const std::vector<std::size_t>& rows, const Interruption& interruption) {
    const Phase phase(report_, "solve");
    Progress progress(report_, "electrodes", rows.size());
    for (std::size_t first = 0; first < rows.size(); first += solver_.block_size()) {
      const std::size_t last = std::min(rows.size(), first + solver_.block_size());
      solve({rows.begin() + static_cast<std::ptrdiff_t>(first), rows.begin() + static_cast<std::ptrdiff_t>(last)});
      progress.advance(last - first);
      if (last < rows.size() && interruption.requested(solver_.communicator()))
        throw Interrupted("stopped by a signal after " + std::to_string(last) + " of " + std::to_string(rows.size()) +
                          " electrodes; run the same command again to continue");
    }
    report_.fact("lead field/iterations", iterations_);
    report_.fact("lead field/residuals", residuals_);
    report_.fact("lead field/seconds per electrode", seconds_);
  }

private:
  void solve(const std::vector<std::size_t>& rows) {
    const double start = MPI_Wtime();
    const NodalFunctional& reference = preparation_.patches.back();
    std::vector<NodalFunctional> loads;
    std::vector<std::string> names;
    for (const std::size_t e : rows) {
      loads.push_back(difference(preparation_.patches[e], reference));
      names.push_back(array_.electrodes[e].name);
    }
    FieldSolution solution = solver_.solve(loads, names);
    const double seconds = (MPI_Wtime() - start) / static_cast<double>(rows.size());
    std::vector<RowFacts> facts;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Eigen::VectorXd values = solution.values.col(static_cast<Eigen::Index>(i));
      values.array() -= solver_.evaluate({reference}, values)[0];
      const double current = delivered_current(solver_, preparation_.patches[rows[i]], reference, values);
      facts.push_back({solution.iterations[i], solution.residuals[i], seconds, current});
      writer_.write_row(rows[i], values, solver_.node_range().first);
      iterations_.push_back(solution.iterations[i]);
      residuals_.push_back(solution.residuals[i]);
      seconds_.push_back(seconds);
    }
    writer_.commit_rows(rows, facts);
  }

  const ElectrodeArray& array_;
  const Preparation& preparation_;
  FieldSolver& solver_;
  LeadFieldWriter& writer_;
  Report& report_;
  std::vector<double> iterations_, residuals_, seconds_;
};

LeadFieldChecks check(const Preparation& preparation, FieldSolver& solver, LeadFieldWriter& writer, Report& report) {
  const Phase phase(report, "check");
  std::vector<NodalFunctional> loads;
  for (std::size_t e = 0; e + 1 < preparation.patches.size(); ++e)
    loads.push_back(difference(preparation.patches[e], preparation.patches.back()));
  const auto [first, last] = solver.node_range();
  LeadFieldChecks checks =
      check_rows(solver, loads, preparation.sources,
                 [&, from = first, to = last](std::size_t row) { return writer.read_row(row, from, to); });
  checks.delivered_current = writer.worst_delivered_current();
  writer.write_check("reciprocity", checks.reciprocity);
  writer.write_check("delivered_current", checks.delivered_current);
  writer.write_check("symmetry", checks.symmetry);
  print_checks(checks, report);
  return checks;
}

}  // namespace

LeadFieldChecks compute_lead_field(const LeadFieldProblem& problem, const SolverOptions& options,
                                   const std::string& path, MPI_Comm communicator, Report& report) {
  const Phase phase(report, "lead field");
  const Interruption interruption;
  Preparation preparation = prepare(problem, options, path, communicator, report);
  LeadFieldWriter writer(path, preparation.identity, preparation.nodes, problem.mesh.tet_labels, problem.electrodes,
                         communicator);
  const auto missing = writer.missing_rows();
  FieldSolver solver(problem.mesh, preparation.nodes, preparation.tensors, options, missing.size() + n_check_sources,
                     communicator, report);
  preparation.nodes = {};  // distributed and written: rank 0 needs them no more
  preparation.tensors.resize(6, 0);
  report.line("solving " + std::to_string(missing.size()) + " of " +
              std::to_string(problem.electrodes.electrodes.size()) + " electrodes" +
              (writer.continued() ? ", the others are in the unfinished file" : ""));
  RowLoop(problem.electrodes, preparation, solver, writer, report).run(missing, interruption);
  const LeadFieldChecks checks = check(preparation, solver, writer, report);
  writer.publish();
  report.fact("lead field/peak memory bytes", peak_memory());
  return checks;
}

}  // namespace bmiss
