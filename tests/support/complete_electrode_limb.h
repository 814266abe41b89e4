// A layered cylinder with three complete discs in a row and a long passive bar beside them: all fields of their current
// modes, computed once, from which a test takes as many modes as it wants.
#pragma once

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <array>
#include <sstream>
#include <string>
#include <vector>

#include "base/report.h"
#include "solvers/conductor/conductivity.h"
#include "solvers/lead_field/electrode_block.h"
#include "solvers/linear/field_solver.h"
#include "support/complete_electrode_system.h"
#include "support/layered_cylinder_problem.h"

namespace bmiss::test {

inline constexpr int most_modes = 12;

inline Electrode complete(Electrode electrode) {
  electrode.model = ElectrodeModel::complete;
  electrode.current_modes = most_modes;
  return electrode;
}

inline Electrode passive_bar() {
  Electrode bar = complete(skin_electrode("bar", 0.22, 0.06, 1e-3));
  bar.shape = ElectrodeShape::rectangle;
  bar.length = 26e-3;
  bar.width = 4e-3;
  bar.current_modes = 20;
  bar.passive = true;
  return bar;
}

// All rows of an array, by the direct solver.
struct SolvedRows {
  RowFunctionals functionals;
  ElectrodeBlock block;
  Eigen::MatrixXd fields;  // [n_nodes x n_rows]
};

inline SolvedRows solved(const TetMesh& mesh, const ElementNodes& nodes, const TissueTable& tissues,
                         const FibreDirections& directions, const ElectrodeArray& array) {
  SolvedRows result;
  result.functionals = row_functionals(mesh, nodes, array);
  result.block.rows = lead_field_rows(array);
  result.block.areas = result.functionals.areas;
  std::ostringstream log;
  Report report(log, 0);
  SolverOptions options;
  options.method = "direct";
  FieldSolver solver(mesh, nodes, conductivity_at_corners(mesh, directions, tissues), options, 100, MPI_COMM_SELF,
                     report);
  std::vector<NodalFunctional> loads;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < result.block.rows.size(); ++i) {
    loads.push_back(balanced_load(result.block.rows[i], result.functionals.rows[i], result.functionals.reference));
    names.push_back(result.block.rows[i].name);
  }
  result.fields = solver.solve(loads, names).values;
  result.block.resistances.resize(result.fields.cols(), result.fields.cols());
  for (Eigen::Index b = 0; b < result.fields.cols(); ++b) {
    result.fields.col(b).array() -= solver.evaluate({result.functionals.reference}, result.fields.col(b))[0];
    result.block.resistances.col(b) = solver.evaluate(result.functionals.rows, result.fields.col(b));
  }
  return result;
}

struct CompleteElectrodeLimb {
  LeadFieldProblem problem;
  ElementNodes nodes;
  RowFunctionals functionals;
  ElectrodeBlock block;                  // with all modes
  Eigen::MatrixXd fields;                // of its rows [n_nodes x n_rows]
  std::vector<NodalFunctional> sources;  // pairs of 1 A and -1 A in the muscle

  static const CompleteElectrodeLimb& once() {
    static const CompleteElectrodeLimb limb;
    return limb;
  }

  Eigen::Index n_electrodes() const { return static_cast<Eigen::Index>(problem.electrodes.electrodes.size()); }

  ElectrodeArray with_impedance(double discs, double bar) const {
    ElectrodeArray contacts = problem.electrodes;
    for (auto& electrode : contacts.electrodes) electrode.contact_impedance = electrode.passive ? bar : discs;
    return contacts;
  }
  ElectrodeArray with_impedance(double all) const { return with_impedance(all, all); }

  std::vector<Eigen::Index> rows_of(int modes) const {
    std::vector<Eigen::Index> kept;
    for (std::size_t i = 0; i < block.rows.size(); ++i)
      if (block.rows[i].mode < modes || block.rows[i].electrode == 3) kept.push_back(static_cast<Eigen::Index>(i));
    return kept;
  }
  // As if fewer modes had been asked for, of the discs; the bar, much longer than the skin and fat are deep, keeps all.
  ElectrodeBlock block_of(int modes) const {
    const auto kept = rows_of(modes);
    ElectrodeBlock fewer{{}, block.areas, block.resistances(kept, kept)};
    for (const Eigen::Index row : kept) fewer.rows.push_back(block.rows[static_cast<std::size_t>(row)]);
    return fewer;
  }
  // The rows at the sources [n_rows x n_sources].
  Eigen::MatrixXd samples(int modes) const {
    Eigen::MatrixXd all(fields.cols(), static_cast<Eigen::Index>(sources.size()));
    for (Eigen::Index s = 0; s < all.cols(); ++s) all.col(s) = fields.transpose() * dense(sources[s]);
    return all(rows_of(modes), Eigen::all);
  }
  // What the metals read, [n_electrodes x n_sources].
  Eigen::MatrixXd voltages(int modes, const ElectrodeArray& contacts) const {
    return open_circuit_rows(block_of(modes), contacts) * samples(modes);
  }
  Eigen::VectorXd dense(const NodalFunctional& functional) const {
    Eigen::VectorXd result = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(nodes.n_nodes()));
    for (std::size_t k = 0; k < functional.nodes.size(); ++k) result[functional.nodes[k]] += functional.weights[k];
    return result;
  }

private:
  CompleteElectrodeLimb() {
    // Skin of the usual conductivity, under which little current spreads, so that contacts matter more.
    auto tissues = reference_tissues().tissues();
    tissues[3].conductivity_across = tissues[3].conductivity_along = 0.17;
    problem =
        cylinder_problem(reference_cylinder(1.1e-3, 14e-3, 0.6, {{0, 0.05}, {0, 0.06}, {0, 0.07}, {0.22, 0.06}}),
                         {complete(skin_electrode("E1", 0, 0.05, 4e-3)), complete(skin_electrode("E2", 0, 0.06, 4e-3)),
                          complete(skin_electrode("E3", 0, 0.07, 2.5e-3)), passive_bar()},
                         skin_electrode("R", 3.0, 0.06, 5e-3));
    problem.tissues = TissueTable(tissues);
    nodes = number_nodes(problem.mesh, 2);
    for (const auto& [rho, theta, z] :
         {std::array{0.033, 0.1, 0.056}, std::array{0.034, 0.05, 0.064}, std::array{0.02, 0.3, 0.04}})
      sources.push_back(
          difference(at_node_near(on_cylinder(rho, theta, z)), at_node_near(on_cylinder(rho, theta, z + 8e-3))));
    SolvedRows rows = solved(problem.mesh, nodes, problem.tissues, problem.directions, problem.electrodes);
    functionals = std::move(rows.functionals);
    block = std::move(rows.block);
    fields = std::move(rows.fields);
  }

  NodalFunctional at_node_near(const Eigen::Vector3d& place) const {
    Eigen::Index node = 0;
    (nodes.points.colwise() - place).colwise().squaredNorm().minCoeff(&node);
    return {{static_cast<int>(node)}, {1.0}};
  }
};

}  // namespace bmiss::test
