#include "solvers/linear/field_solver.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/conductor/finite_element_space.h"
#include "solvers/linear/admittivity_solver.h"
#include "solvers/linear/refined_solver.h"

namespace bmiss {

struct FieldSolver::State {
  FiniteElementSpace space;
  SolverOptions options;
  std::string method;
  SplitMatrix matrix, susceptivity;  // the latter without pattern where the conductor is real
  std::unique_ptr<RefinedSolver> solver;

  // Between values at this rank's slice of the nodes and a lane of a block of degrees of freedom.
  void put(const Eigen::VectorXd& slice, DoubleBlock& block, int lane) const {
    const Eigen::VectorXd dofs = space.from_nodes(slice);
    for (Eigen::Index row = 0; row < dofs.size(); ++row) block[static_cast<std::size_t>(row)].values[lane] = dofs[row];
  }
  Eigen::VectorXd nodal(const DoubleBlock& block, int lane) const {
    Eigen::VectorXd dofs(static_cast<Eigen::Index>(space.n_my_dofs()));
    for (Eigen::Index row = 0; row < dofs.size(); ++row) dofs[row] = block[static_cast<std::size_t>(row)].values[lane];
    return space.to_nodes(dofs);
  }

  // Calls action(first, n) for every block of columns.
  template <typename Action>
  static void for_each_block(Eigen::Index n_columns, Action&& action) {
    for (Eigen::Index first = 0; first < n_columns; first += n_lanes)
      action(first, static_cast<int>(std::min<Eigen::Index>(n_lanes, n_columns - first)));
  }

  Eigen::MatrixXd product(const SplitMatrix& operand, const Eigen::MatrixXd& values) const {
    Eigen::MatrixXd result(values.rows(), values.cols());
    DoubleBlock x(operand.n_extended()), y;
    for_each_block(values.cols(), [&](Eigen::Index first, int n) {
      for (int lane = 0; lane < n; ++lane) put(values.col(first + lane), x, lane);
      multiply(operand, x, y);
      for (int lane = 0; lane < n; ++lane) result.col(first + lane) = nodal(y, lane);
    });
    return result;
  }

  Eigen::MatrixXd inverse(const Eigen::MatrixXd& loads, double tolerance) {
    Eigen::MatrixXd result(loads.rows(), loads.cols());
    for_each_block(loads.cols(), [&](Eigen::Index first, int n) {
      std::fill(solver->rhs().begin(), solver->rhs().end(), DoubleRow{});
      for (int lane = 0; lane < n; ++lane) put(loads.col(first + lane), solver->rhs(), lane);
      solver->solve(n, tolerance);
      for (int lane = 0; lane < n; ++lane) result.col(first + lane) = nodal(solver->solution(), lane);
    });
    return result;
  }

  void add_load(const NodalFunctional& load, int lane) {
    const double sum = std::accumulate(load.weights.begin(), load.weights.end(), 0.0);
    double size = 0;
    for (const double weight : load.weights) size += std::abs(weight);
    BMISS_ASSERT(size > 0 && std::abs(sum) <= 1e-12 * size);
    for (const auto& [dof, weight] : space.my_part(load)) solver->rhs()[dof].values[lane] += weight;
  }

  // Makes the value at node zero zero in every lane.
  void fix_constants(DoubleBlock& block) const {
    LaneValues at_ground{};
    for (const auto& part : space.my_part({{0}, {1}}))
      std::copy_n(block[part.first].values, n_lanes, at_ground.begin());
    sum_over_ranks(at_ground, space.communicator());
    for (DoubleRow& row : block)
      for (std::size_t lane = 0; lane < at_ground.size(); ++lane) row.values[lane] -= at_ground[lane];
  }

  // A x at the nodes of the load, on every rank.
  NodalFunctional currents_at(const NodalFunctional& load, int lane) const {
    NodalFunctional numbers = load, result = load;
    for (std::size_t k = 0; k < numbers.nodes.size(); ++k) numbers.weights[k] = static_cast<double>(k);
    result.weights.assign(load.nodes.size(), 0);
    for (const auto& [dof, k] : space.my_part(numbers))
      result.weights[static_cast<std::size_t>(k)] = solver->current()[dof].values[lane];
    MPI_Allreduce(MPI_IN_PLACE, result.weights.data(), static_cast<int>(result.weights.size()), MPI_DOUBLE, MPI_SUM,
                  space.communicator());
    return result;
  }

  void require_converged(const std::string& name, const std::string& what, double residual, int iterations) const {
    if (residual <= options.tolerance) return;
    throw NumericalError("electrode '" + name + "': the relative residual" + what + " is " + format("%.2e", residual) +
                         " after " + std::to_string(iterations) + " iterations but " +
                         format("%.0e", options.tolerance) +
                         " is asked; allow more iterations, choose the method direct, or check the mesh quality");
  }
};

FieldSolver::FieldSolver(const TetMesh& mesh, const ElementNodes& nodes, const CornerTensors& tensors,
                         const SolverOptions& options, std::size_t n_loads, MPI_Comm communicator, Report& report) {
  require_valid(options);
  const QuietPetsc quiet;
  {
    const Phase phase(report, "distribute mesh");
    state_.reset(new State{FiniteElementSpace(mesh, nodes, communicator), options, "", {}, {}, {}});
  }
  MatHandle matrix;
  {
    const Phase phase(report, "assemble");
    matrix = state_->space.assemble(tensors);
    state_->matrix = split_matrix(matrix, communicator);
  }
  const MethodChoice choice = choose_method(options, n_nodes(), n_loads);
  state_->method = choice.method;
  const Phase phase(report, "set up solver");
  const PetscInt grounded = state_->space.dof_of_node_zero();
  std::unique_ptr<LinearSolver> solver;
  if (choice.method == "direct")
    solver = make_direct_solver(matrix, grounded);
  else if (choice.method == "algebraic")
    solver = make_algebraic_solver(matrix, grounded, options);
  else
    solver = make_multigrid_solver(state_->space, state_->matrix, matrix, grounded, options);
  report.line("solver: " + solver->description() + ", because " + choice.reason);
  report.fact("solver/method", choice.method);
  report.fact("solver/reason", choice.reason);
  report.fact("solver/unknowns", static_cast<double>(n_nodes()));
  state_->solver =
      std::make_unique<RefinedSolver>(state_->matrix, std::move(solver), options.largest_iterations, communicator);
}

FieldSolver::~FieldSolver() = default;

void FieldSolver::add_susceptivity(const CornerTensors& tensors) {
  const QuietPetsc quiet;
  state_->susceptivity = split_matrix(state_->space.assemble(tensors), communicator());
}

FieldSolution FieldSolver::solve(const std::vector<NodalFunctional>& loads, const std::vector<std::string>& names) {
  BMISS_ASSERT(loads.size() == names.size());
  const QuietPetsc quiet;
  State& state = *state_;
  FieldSolution result;
  const auto n_loads = static_cast<Eigen::Index>(loads.size());
  result.values.resize(static_cast<Eigen::Index>(node_range().second - node_range().first), n_loads);
  State::for_each_block(n_loads, [&](Eigen::Index first, int n) {
    std::fill(state.solver->rhs().begin(), state.solver->rhs().end(), DoubleRow{});
    for (int lane = 0; lane < n; ++lane) state.add_load(loads[static_cast<std::size_t>(first + lane)], lane);
    if (state.susceptivity.pattern) {
      for (int lane = 0; lane < n; ++lane) result.values.col(first + lane) = state.nodal(state.solver->rhs(), lane);
      return;
    }
    const RefinedSolver::Outcome outcome = state.solver->solve(n, state.options.tolerance);
    state.fix_constants(state.solver->solution());
    for (int lane = 0; lane < n; ++lane) {
      const auto load = static_cast<std::size_t>(first + lane), in_block = static_cast<std::size_t>(lane);
      state.require_converged(names[load], "", outcome.residuals[in_block], outcome.iterations[in_block]);
      result.values.col(first + lane) = state.nodal(state.solver->solution(), lane);
      result.currents.push_back(state.currents_at(loads[load], lane));
    }
    result.iterations.insert(result.iterations.end(), outcome.iterations.begin(), outcome.iterations.end());
    result.residuals.insert(result.residuals.end(), outcome.residuals.begin(), outcome.residuals.end());
  });
  if (!state.susceptivity.pattern) return result;
  FieldSolution complex = solve_complex(result.values, names);
  complex.currents = currents(loads, complex.values, complex.imaginary);
  return complex;
}

Eigen::MatrixXd FieldSolver::solve(const Eigen::MatrixXd& loads, const std::vector<std::string>& names) {
  BMISS_ASSERT(static_cast<std::size_t>(loads.cols()) == names.size() && !state_->susceptivity.pattern);
  const QuietPetsc quiet;
  State& state = *state_;
  Eigen::MatrixXd result(loads.rows(), loads.cols());
  State::for_each_block(loads.cols(), [&](Eigen::Index first, int n) {
    std::fill(state.solver->rhs().begin(), state.solver->rhs().end(), DoubleRow{});
    for (int lane = 0; lane < n; ++lane) state.put(loads.col(first + lane), state.solver->rhs(), lane);
    const RefinedSolver::Outcome outcome = state.solver->solve(n, state.options.tolerance);
    state.fix_constants(state.solver->solution());
    for (int lane = 0; lane < n; ++lane) {
      const auto in_block = static_cast<std::size_t>(lane);
      state.require_converged(names[static_cast<std::size_t>(first + lane)], " of a derivative",
                              outcome.residuals[in_block], outcome.iterations[in_block]);
      result.col(first + lane) = state.nodal(state.solver->solution(), lane);
    }
  });
  return result;
}

Eigen::MatrixXd FieldSolver::apply(const CornerTensors& tensors, const Eigen::MatrixXd& values) const {
  const QuietPetsc quiet;
  return state_->product(split_matrix(state_->space.assemble(tensors), communicator()), values);
}

FieldSolution FieldSolver::solve_complex(const Eigen::MatrixXd& loads, const std::vector<std::string>& names) {
  State& state = *state_;
  const AdmittivityOperators operators{
      [&](const Eigen::MatrixXd& x) { return state.product(state.matrix, x); },
      [&](const Eigen::MatrixXd& x) { return state.product(state.susceptivity, x); },
      [&](const Eigen::MatrixXd& x, double tolerance) { return state.inverse(x, tolerance); }, communicator()};
  const AdmittivitySolution found =
      solve_admittivity(operators, loads, state.options.tolerance, state.options.largest_iterations);
  for (std::size_t i = 0; i < names.size(); ++i)
    state.require_converged(names[i], " of the complex potential", found.residuals[i], found.iterations[i]);
  return {found.values.real(), found.values.imag(), found.iterations, found.residuals, {}};
}

std::vector<NodalFunctional> FieldSolver::currents(const std::vector<NodalFunctional>& places,
                                                   const Eigen::MatrixXd& values, const Eigen::MatrixXd& imaginary) {
  Eigen::MatrixXd leaving = state_->product(state_->matrix, values);
  if (state_->susceptivity.pattern) leaving -= state_->product(state_->susceptivity, imaginary);
  std::vector<NodalFunctional> result = places;
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::vector<NodalFunctional> nodes;
    for (const int node : places[i].nodes) nodes.push_back({{node}, {1}});
    const Eigen::VectorXd found = evaluate(nodes, leaving.col(static_cast<Eigen::Index>(i)));
    result[i].weights.assign(found.data(), found.data() + found.size());
  }
  return result;
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
  return state_->solver->method().block_size();
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
