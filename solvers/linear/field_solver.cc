#include "solvers/linear/field_solver.h"

#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/conductor/finite_element_space.h"
#include "solvers/linear/linear_solver.h"

namespace bmiss {

struct FieldSolver::State {
  FiniteElementSpace space;
  SolverOptions options;
  std::string method;
  MatHandle matrix;
  std::unique_ptr<LinearSolver> solver;
  VecHandle residual, correction;

  // b - A x in `residual`; its norm relative to b.
  double measure(Vec rhs, Vec solution) {
    BMISS_PETSC(MatMult(matrix, solution, residual));
    BMISS_PETSC(VecAYPX(residual, -1.0, rhs));
    PetscReal norm = 0, scale = 0;
    BMISS_PETSC(VecNorm(residual, NORM_2, &norm));
    BMISS_PETSC(VecNorm(rhs, NORM_2, &scale));
    return scale > 0 ? norm / scale : 0;
  }
};

FieldSolver::FieldSolver(const TetMesh& mesh, const ElementNodes& nodes, const CornerTensors& tensors,
                         const SolverOptions& options, std::size_t n_loads, MPI_Comm communicator, Report& report) {
  require_valid(options);
  const QuietPetsc quiet;
  {
    const Phase phase(report, "distribute mesh");
    state_.reset(new State{FiniteElementSpace(mesh, nodes, communicator), options, "", {}, {}, {}, {}});
  }
  {
    const Phase phase(report, "assemble");
    state_->matrix = state_->space.assemble(tensors);
  }
  state_->residual = state_->space.vector();
  state_->correction = state_->space.vector();
  const MethodChoice choice = choose_method(options, n_nodes(), n_loads);
  state_->method = choice.method;
  const Phase phase(report, "set up solver");
  const PetscInt grounded = state_->space.dof_of_node_zero();
  if (choice.method == "direct")
    state_->solver = make_direct_solver(state_->matrix, grounded);
  else if (choice.method == "algebraic")
    state_->solver = make_algebraic_solver(state_->matrix, grounded, options);
  else
    state_->solver = make_multigrid_solver(state_->space, state_->matrix, grounded, options);
  report.line("solver: " + state_->solver->description() + ", because " + choice.reason);
  report.fact("solver/method", choice.method);
  report.fact("solver/reason", choice.reason);
  report.fact("solver/unknowns", static_cast<double>(n_nodes()));
}

FieldSolver::~FieldSolver() = default;

FieldSolution FieldSolver::solve(const std::vector<NodalFunctional>& loads, const std::vector<std::string>& names) {
  BMISS_ASSERT(loads.size() == names.size());
  const QuietPetsc quiet;
  const double tolerance = state_->options.tolerance;
  std::vector<VecHandle> rhs, solutions;
  std::vector<Vec> b, x;
  for (const auto& load : loads) {
    const double sum = std::accumulate(load.weights.begin(), load.weights.end(), 0.0);
    double size = 0;
    for (const double weight : load.weights) size += std::abs(weight);
    BMISS_ASSERT(size > 0 && std::abs(sum) <= 1e-12 * size);
    rhs.push_back(state_->space.vector());
    solutions.push_back(state_->space.vector());
    state_->space.set_load(load, rhs.back());
    b.push_back(rhs.back());
    x.push_back(solutions.back());
  }
  FieldSolution result;
  result.iterations = state_->solver->solve(b, x, 0.5 * tolerance);
  result.values.resize(static_cast<Eigen::Index>(node_range().second - node_range().first),
                       static_cast<Eigen::Index>(loads.size()));
  for (std::size_t i = 0; i < loads.size(); ++i) {
    double relative = state_->measure(b[i], x[i]);
    // Refinement repairs what rounding left in the recursive residual; it cannot rescue a solver that does not
    // converge.
    for (int round = 0; round < 3 && relative > tolerance && std::isfinite(relative); ++round) {
      if (result.iterations[i] >= state_->options.largest_iterations) break;
      VecHandle defect;
      BMISS_PETSC(VecDuplicate(state_->residual, defect.address()));
      BMISS_PETSC(VecCopy(state_->residual, defect));
      result.iterations[i] += state_->solver->solve({defect}, {state_->correction}, 0.2 * tolerance / relative)[0];
      BMISS_PETSC(VecAXPY(x[i], 1.0, state_->correction));
      relative = state_->measure(b[i], x[i]);
    }
    if (!(relative <= tolerance))
      throw NumericalError("electrode '" + names[i] + "': the relative residual is " + format("%.2e", relative) +
                           " after " + std::to_string(result.iterations[i]) + " iterations but " +
                           format("%.0e", tolerance) +
                           " is asked; allow more iterations, choose the method direct, or check the mesh quality");
    result.residuals.push_back(relative);
    result.values.col(static_cast<Eigen::Index>(i)) = state_->space.to_nodes(x[i]);
  }
  return result;
}

Eigen::VectorXd FieldSolver::reaction(const Eigen::VectorXd& values) {
  state_->space.from_nodes(values, state_->correction);
  BMISS_PETSC(MatMult(state_->matrix, state_->correction, state_->residual));
  return state_->space.to_nodes(state_->residual);
}

Eigen::VectorXd FieldSolver::evaluate(const std::vector<NodalFunctional>& functionals,
                                      const Eigen::VectorXd& values) const {
  const auto [first, last] = node_range();
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(functionals.size()));
  Eigen::Index f = 0;
  for (const auto& functional : functionals) {
    for (std::size_t k = 0; k < functional.nodes.size(); ++k) {
      const auto node = static_cast<std::size_t>(functional.nodes[k]);
      if (node >= first && node < last)
        sums[f] += functional.weights[k] * values[static_cast<Eigen::Index>(node - first)];
    }
    ++f;
  }
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(sums.size()), MPI_DOUBLE, MPI_SUM, communicator());
  return sums;
}

std::size_t FieldSolver::block_size() const {
  return state_->solver->block_size();
}
std::size_t FieldSolver::n_nodes() const {
  return state_->space.n_nodes();
}
std::pair<std::size_t, std::size_t> FieldSolver::node_range() const {
  return state_->space.node_range();
}
MPI_Comm FieldSolver::communicator() const {
  return state_->space.communicator();
}
const std::string& FieldSolver::method() const {
  return state_->method;
}

}  // namespace bmiss
