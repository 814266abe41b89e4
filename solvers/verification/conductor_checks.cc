#include "solvers/verification/conductor_checks.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/table.h"
#include "solvers/lead_field/store.h"

namespace bmiss {
namespace {

constexpr double largest_identity_error = 1e-8, largest_solver_difference = 1e-7, largest_scaling_error = 1e-8,
                 largest_stored_difference = 1e-7;

std::string described(const std::string& method) {
  return method == "direct" ? "factorisation" : "iteration (" + method + ")";
}

// Which parts of the file's identity are not those of the problem. Rank 0.
std::string differences(const std::string& path, const LeadFieldProblem& problem) {
  const Hdf5File file(path, Hdf5File::Mode::read);
  std::string result;
  const auto compare = [&](const std::string& attribute, const std::string& hash, const std::string& what) {
    if (file.has_attribute("/", attribute) && file.text_attribute("/", attribute) != hash)
      result += (result.empty() ? "" : ", ") + what;
  };
  compare("mesh_hash", problem.mesh.hash(), "the mesh");
  compare("conductivity_laws", problem.laws.text(), "the conductivity laws");
  compare("conductivities_hash", conductivities_hash(problem.mesh, problem.tissues, problem.laws),
          "the conductivities");
  compare("directions_hash", directions_hash(problem.mesh, problem.directions, problem.tissues, problem.laws),
          "the fibre directions");
  compare("electrodes_hash", problem.electrodes.hash(), "the electrodes");
  return result;
}

}  // namespace

std::vector<Verdict> check_identities(const CheckCase& check_case, const CheckFields& fields) {
  FieldSolver& solver = *fields.solver;
  const LeadFieldChecks checks =
      check_rows(solver, check_case.loads, check_case.sources,
                 [&](std::size_t row) -> Eigen::VectorXd { return fields.real.col(static_cast<Eigen::Index>(row)); });
  double current = 0;
  const auto currents = solver.currents(check_case.loads, fields.real, fields.imaginary);
  for (std::size_t e = 0; e < check_case.loads.size(); ++e) {
    const double delivered = delivered_current(currents[e], check_case.patches[e], check_case.patches.back());
    current = std::isfinite(delivered) ? std::max(current, std::abs(delivered - 1)) : std::nan("");
  }
  const std::string& on = check_case.name;
  return {
      judged("reciprocity", on, checks.reciprocity, largest_identity_error,
             "electrode field against forward solution of " + std::to_string(check_case.sources.size()) + " sources"),
      judged("delivered current", on, current, largest_identity_error, "discrete reaction against 1 A"),
      judged("symmetry", on, checks.symmetry, largest_identity_error,
             "matrix of " + std::to_string(check_case.loads.size()) + " electrodes")};
}

Verdict check_other_solver(const CheckCase& check_case, const SolverOptions& options, const CheckFields& fields) {
  SolverOptions other = options;
  const std::string iterative = options.degree == 2 ? "multigrid" : "algebraic";
  other.method = fields.solver->method() == "direct" ? iterative : "direct";
  const CheckFields again = solve_case(check_case, other, fields.solver->communicator());
  return judged("solver independence", check_case.name, relative_difference(fields, again), largest_solver_difference,
                described(fields.solver->method()) + " against " + described(again.solver->method()));
}

Verdict check_scaling(const CheckCase& check_case, const SolverOptions& options, const CheckFields& fields) {
  constexpr double lengths = 1.5, conductivities = 7;
  CheckCase scaled = check_case;
  scaled.mesh.points *= lengths;
  scaled.nodes.points *= lengths;
  scaled.tensors *= conductivities;
  scaled.susceptivities *= conductivities;
  scaled.names.resize(1);
  scaled.loads.resize(1);
  CheckFields found = solve_case(scaled, options, fields.solver->communicator());
  found.real *= lengths * conductivities;
  found.imaginary *= lengths * conductivities;
  const MPI_Comm communicator = fields.solver->communicator();
  double difference = relative_difference(found.real, fields.real.leftCols(1), communicator);
  if (check_case.is_complex)
    difference = std::max(difference, relative_difference(found.imaginary, fields.imaginary.leftCols(1), communicator));
  return judged("unit scaling", check_case.name, difference, largest_scaling_error,
                "lengths x 1.5, conductivities x 7: field x 2/21");
}

Verdict check_stored(const CheckCase& check_case, const CheckFields& fields, const LeadFieldProblem& problem,
                     const std::string& path) {
  const MPI_Comm communicator = fields.solver->communicator();
  const auto n = static_cast<Eigen::Index>(check_case.loads.size());
  Eigen::MatrixXd fresh(n, static_cast<Eigen::Index>(check_case.samples.size()));
  for (Eigen::Index e = 0; e < n; ++e)
    fresh.row(e) = fields.solver->evaluate(check_case.samples, fields.real.col(e)).transpose();
  Verdict verdict;
  on_rank_zero(communicator, [&] {
    const std::string check = "stored lead field";
    const std::string differing = differences(path, problem);
    if (!differing.empty()) {
      verdict = judged(check, check_case.name, std::nan(""), largest_stored_difference,
                       "differs from this study in " + differing + "; compute it again");
      return;
    }
    try {
      const auto stored = open_lead_field(path);
      const auto names = stored->electrodes().names();
      const Eigen::MatrixXd all = stored->potential(check_case.sample_places);
      Eigen::MatrixXd rows = fresh;
      int n_read = 0;
      for (Eigen::Index e = 0; e < n; ++e) {
        const auto found = std::find(names.begin(), names.end(), check_case.names[static_cast<std::size_t>(e)]);
        if (found == names.end()) continue;  // a passive electrode, which is not recorded
        rows.row(e) = all.row(found - names.begin());
        ++n_read;
      }
      verdict =
          judged(check, check_case.name, relative_difference(rows, fresh, MPI_COMM_SELF), largest_stored_difference,
                 std::to_string(n_read) + " rows at " + std::to_string(all.cols()) + " places against a new solution");
    } catch (const InputError& error) {
      verdict = judged(check, check_case.name, std::nan(""), largest_stored_difference, error.what());
    }
  });
  int state = static_cast<int>(verdict.state);
  MPI_Bcast(&state, 1, MPI_INT, 0, communicator);
  verdict.state = static_cast<Verdict::State>(state);
  return verdict;
}

}  // namespace bmiss
