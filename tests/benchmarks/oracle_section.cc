// Potentials in the finite layered cylinder: the analytic plugin and the finite elements against exact values.
#include <filesystem>
#include <iostream>

#include "base/mpi_session.h"
#include "base/table.h"
#include "benchmarks/sections.h"
#include "solvers/analytic/cylinder_lead_field.h"
#include "support/finite_element_cases.h"

namespace bmiss::bench {
namespace {

constexpr double analytic_limit = 1e-6, finite_element_limit = 5e-3,
                 refined_limit = 1e-3;  // of the largest value of the case

struct BenchCase {
  std::string id;
  test::MeshSizes sizes;
};
// A point electrode is a singularity on the skin; sources inside need no fine mesh at the skin.
const std::vector<BenchCase> cases = {
    {"fin-A-axial", {3e-3, 6e-3, 0.3}}, {"lead-A-point", {1.0e-3, 7e-3, 0.2}}, {"lead-A-disc5", {1.0e-3, 7e-3, 0.2}}};

// The same geometry as in the oracle's file, for machines without it; values are then those of the analytic conductor.
test::OracleCase own_case(const std::string& id) {
  test::OracleCase c;
  c.id = id;
  c.layers = {{0.01, 0.02, 0.02}, {0.035, 0.1, 0.5}, {0.038, 0.04, 0.04}, {0.04, 1.0, 1.0}};
  c.length = 0.12;
  c.relative_to_last_point = true;
  if (id == "fin-A-axial") {
    c.sources = {{{0.025, 0, 0.05}, 1}, {{0.025, 0, 0.07}, -1}};
    c.points = {{0.04, 0, 0.05},    {0.04, 0, 0.04}, {0.04, 0.5, 0.05}, {0.04, 1.5, 0.055},
                {0.04, M_PI, 0.03}, {0.04, 0, 0.09}, {0.04, 0, 0.11}};
  } else {
    c.sources = {{{0.04, 0, 0.06}, 1}, {{0.04, M_PI, 0.06}, -1}};
    for (const double z : {0.06, 0.065, 0.07, 0.08, 0.1, 0.03}) c.points.push_back({0.033, 0, z});
    c.disc_radius = id == "lead-A-disc5" ? 5e-3 : 0;
  }
  return c;
}

Eigen::VectorXd analytic_potentials(const test::OracleCase& entry) {
  const test::CaseSetup setup = test::case_setup(entry);
  CylinderLeadField exact(LayeredCylinder(entry.layers), entry.length);
  exact.set_electrodes(setup.electrodes);
  return setup.potentials(exact);
}

}  // namespace

bool oracle_section(const Overrides&) {
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const std::string file = test::shared_path("oracle/cases.json");
  const bool has_file = std::filesystem::exists(file);
  if (!has_file)
    skip("the analytic conductor, since " + file +
         " is not here; the finite elements are compared with it instead of with the oracle's values");
  Table table({"case", "conductor", "unknowns", "error", "limit", "verdict"});
  bool all_kept = true;
  const auto add = [&](const std::string& id, const std::string& conductor, const std::string& unknowns, double error,
                       double limit) {
    const bool kept = error <= limit;
    all_kept = all_kept && kept;
    table.add_row({id, conductor, unknowns, format("%.1e", error), format("%.0e", limit), kept ? "ok" : "FAIL"});
  };
  for (const BenchCase& c : cases) {
    test::OracleCase entry = has_file ? test::oracle_case(c.id) : own_case(c.id);
    const Eigen::VectorXd exact = analytic_potentials(entry);
    if (has_file)
      add(c.id, "analytic", "–", test::error_of_case(entry, exact), analytic_limit);
    else
      entry.values = exact.array() - exact[exact.size() - 1];
    SolverOptions options;
    options.method = "multigrid";
    const test::CaseOutcome outcome = test::solve_case(entry, c.sizes, options);
    add(c.id, "finite elements", std::to_string(outcome.unknowns), outcome.error, finite_element_limit);
    const test::MeshSizes halved{c.sizes.finest / 2, c.sizes.coarsest / 2, c.sizes.growth / 2};  // everywhere
    const test::CaseOutcome refined = test::solve_case(entry, halved, options);
    add(c.id, "finite elements, edges halved", std::to_string(refined.unknowns), refined.error, refined_limit);
  }
  std::cout << table.text() << std::flush;
  return all_kept;
}

}  // namespace bmiss::bench
