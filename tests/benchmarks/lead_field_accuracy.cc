// Error of the finite-element lead field against the exact finite cylinder, mesh by mesh.
// Usage: lead_field_accuracy [case finest_mm coarsest_mm growth]; without arguments the table of the documentation.
#include <chrono>
#include <cstdio>
#include <iostream>

#include "base/mpi_session.h"
#include "base/table.h"
#include "support/finite_element_cases.h"

using namespace bmiss;

namespace {

void add_row(Table& table, const std::string& id, const test::MeshSizes& sizes, int degree) {
  SolverOptions options;
  options.degree = degree;
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = test::solve_case(test::oracle_case(id), sizes, options);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  table.add_row({id, std::to_string(degree), format("%.1f", 1e3 * sizes.finest), format("%.1f", 1e3 * sizes.coarsest),
                 format("%.2f", sizes.growth), std::to_string(outcome.unknowns), format("%.2f %%", 100 * outcome.error),
                 format("%.1e", outcome.checks.reciprocity), format("%.1f", seconds)});
}

}  // namespace

int main(int argc, char** argv) {
  const MpiSession session(argc, argv);
  Table table({"case", "degree", "finest mm", "coarsest mm", "growth", "unknowns", "error", "reciprocity", "seconds"});
  if (argc == 5) {
    add_row(table, argv[1], {1e-3 * std::stod(argv[2]), 1e-3 * std::stod(argv[3]), std::stod(argv[4])}, 2);
  } else {
    for (const std::string id : {"fin-A-axial", "lead-A-point", "lead-A-disc5"}) {
      for (const test::MeshSizes& sizes : {test::MeshSizes{4e-3, 8e-3, 0.3}, {2.5e-3, 6e-3, 0.3}, {1.5e-3, 5e-3, 0.3}})
        add_row(table, id, sizes, 2);
      add_row(table, id, {1.5e-3, 5e-3, 0.3}, 1);
    }
  }
  std::cout << table.text();
}
