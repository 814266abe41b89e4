#include "solvers/linear/solver_options.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/parameters.h"
#include "base/table.h"

namespace bmiss {
namespace {

const std::vector<std::string> methods = {"auto", "direct", "multigrid", "algebraic"};

// Seconds on one core, fitted to measurements with MUMPS, BoomerAMG and p-multigrid on layered anisotropic conductors
// of 64 000 to 421 000 unknowns; only their ratios matter.
double seconds_to_factorise(double n, int degree) {
  return degree == 2 ? 38.0 * std::pow(n / 162e3, 1.5) : 24.8 * std::pow(n / 262e3, 1.5);
}
double seconds_per_direct_rhs(double n) {
  return 0.057 * std::pow(n / 262e3, 1.3);
}
double seconds_per_iterative_rhs(double n, int degree) {
  return degree == 2 ? 0.45 * std::pow(n / 162e3, 1.2) : 0.25 * std::pow(n / 64e3, 1.26);
}

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
}

SolverOptions SolverOptions::parse_parameters(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Solver");
  SolverOptions options;
  options.degree = static_cast<int>(parameters.integer("Degree"));
  options.method = parameters.text("Method");
  options.tolerance = parameters.real("Tolerance");
  options.largest_iterations = static_cast<int>(parameters.integer("Largest iterations"));
  options.memory_for_direct = parameters.real("Memory for direct");
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

MethodChoice choose_method(const SolverOptions& options, std::size_t n_unknowns, std::size_t n_rhs) {
  if (options.method != "auto") return {options.method, "as the parameters say"};
  const std::string iterative = options.degree == 2 ? "multigrid" : "algebraic";
  const double memory = predicted_factor_memory(n_unknowns);
  if (memory > options.memory_for_direct)
    return {iterative, "a factor would take about " + format("%.1f GB", memory / 1e9) + ", more than the " +
                           format("%.1f GB", options.memory_for_direct / 1e9) + " allowed"};
  const double n = static_cast<double>(n_unknowns), electrodes = static_cast<double>(n_rhs);
  const double direct = seconds_to_factorise(n, options.degree) + electrodes * seconds_per_direct_rhs(n);
  const double iterating = electrodes * seconds_per_iterative_rhs(n, options.degree);
  const std::string counts = std::to_string(n_rhs) + " electrodes and " + std::to_string(n_unknowns) + " unknowns";
  if (direct < iterating)
    return {"direct", "with " + counts + " one factorisation (about " + format("%.1f GB", memory / 1e9) +
                          ") is predicted to cost " + format("%.2f", direct / iterating) + " of iterating"};
  return {iterative, "with " + counts + " iterating is predicted to cost " + format("%.2f", iterating / direct) +
                         " of a factorisation"};
}

}  // namespace bmiss
