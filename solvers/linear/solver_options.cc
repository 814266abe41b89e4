#include "solvers/linear/solver_options.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/parameters.h"
#include "base/table.h"
#include "solvers/linear/lanes.h"

namespace bmiss {
namespace {

const std::vector<std::string> methods = {"auto", "direct", "multigrid", "algebraic"};

}  // namespace

void SolverOptions::declare_parameters(Parameters& parameters) {
  const SolverOptions defaults;
  const Parameters::Section section(parameters, "Solver");
  parameters.declare_integer("Degree", defaults.degree, 1, 2, "Polynomial degree of the tetrahedra");
  parameters.declare_choice(
      "Method", defaults.method, methods,
      "How systems are solved: one factorisation for all electrodes (direct), conjugate gradients with "
      "p-multigrid or algebraic multigrid, or what the size suggests (auto)");
  parameters.declare_real("Tolerance", defaults.tolerance, "", {1e-14, 1e-2}, "Relative residual of every solution");
  parameters.declare_integer("Largest iterations", defaults.largest_iterations, 1, 100000,
                             "Iterations after which an electrode counts as not converged");
  parameters.declare_real("Memory for direct", defaults.memory_for_direct / 1e6, "MB", {0, 1e9},
                          "Predicted size of the factor up to which auto may choose direct");
  parameters.declare_integer("Ranks per group", defaults.ranks_per_group, 0, 1000000,
                             "Ranks that share one copy of the system; every group of ranks solves its own electrodes; "
                             "0: as few as the memory allows");
}

SolverOptions SolverOptions::parse_parameters(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Solver");
  SolverOptions options;
  options.degree = static_cast<int>(parameters.integer("Degree"));
  options.method = parameters.text("Method");
  options.tolerance = parameters.real("Tolerance");
  options.largest_iterations = static_cast<int>(parameters.integer("Largest iterations"));
  options.memory_for_direct = parameters.real("Memory for direct");
  options.ranks_per_group = static_cast<int>(parameters.integer("Ranks per group"));
  return options;
}

void require_valid(const SolverOptions& options) {
  if (options.degree != 1 && options.degree != 2)
    throw InputError("the degree of the tetrahedra is " + std::to_string(options.degree) +
                     " but only 1 and 2 exist; take 2 and refine the mesh for more accuracy");
  if (std::find(methods.begin(), methods.end(), options.method) == methods.end())
    throw InputError("no solver method is called '" + options.method + "'" + known_names(options.method, methods));
  if (options.method == "multigrid" && options.degree == 1)
    throw InputError(
        "the method multigrid works between quadratic and linear tetrahedra but the degree is 1; choose the method "
        "algebraic or degree 2");
  if (!(options.tolerance >= 1e-14 && options.tolerance <= 1e-2))
    throw InputError("the solver tolerance is " + format("%g", options.tolerance) +
                     "; give a number between 1e-14 and 1e-2");
}

double predicted_factor_memory(std::size_t n_unknowns) {
  return 14e9 * std::pow(static_cast<double>(n_unknowns) / 1e6, 1.41);
}

MethodCost method_cost(const std::string& method, int degree, std::size_t n_unknowns, std::size_t n_rhs) {
  const double n = static_cast<double>(n_unknowns), rhs = static_cast<double>(n_rhs);
  const bool linear = degree == 1;
  if (method == "direct")
    return {predicted_factor_memory(n_unknowns) + 1.5e3 * n,
            linear ? 24.8 * std::pow(n / 262e3, 1.5) : 38 * std::pow(n / 162e3, 1.5),
            rhs * (linear ? 0.057 * std::pow(n / 262e3, 1.3) : 0.13 * std::pow(n / 162e3, 1.3))};
  // A block that is not full takes as long as a full one.
  if (method == "multigrid") return {2.3e3 * n, 2.2e-6 * n, std::ceil(rhs / n_lanes) * 6e-6 * n};
  return {2.3e3 * n, linear ? 0.2 * std::pow(n / 64e3, 1.6) : 0.7 * std::pow(n / 162e3, 1.6),
          rhs * (linear ? 0.25 * std::pow(n / 64e3, 1.26) : 1.37 * std::pow(n / 162e3, 1.35))};
}

MethodChoice choose_method(const SolverOptions& options, std::size_t n_unknowns, std::size_t n_rhs) {
  if (options.method != "auto") return {options.method, "as the parameters say"};
  const std::string iterative = options.degree == 2 ? "multigrid" : "algebraic";
  const double memory = predicted_factor_memory(n_unknowns);
  if (memory > options.memory_for_direct)
    return {iterative, "a factor would take about " + format("%.1f GB", memory / 1e9) + ", more than the " +
                           format("%.1f GB", options.memory_for_direct / 1e9) + " allowed"};
  const auto seconds = [&](const std::string& method) {
    const MethodCost cost = method_cost(method, options.degree, n_unknowns, n_rhs);
    return cost.set_up + cost.solve;
  };
  const double direct = seconds("direct"), iterating = seconds(iterative);
  const std::string counts = std::to_string(n_rhs) + " electrodes and " + std::to_string(n_unknowns) + " unknowns";
  if (direct < iterating)
    return {"direct", "with " + counts + " one factorisation (about " + format("%.1f GB", memory / 1e9) +
                          ") is predicted to cost " + format("%.2f", direct / iterating) + " of iterating"};
  return {iterative, "with " + counts + " iterating is predicted to cost " + format("%.2f", iterating / direct) +
                         " of a factorisation"};
}

}  // namespace bmiss
