#include "solvers/verification/lead_field_checks.h"

#include <cmath>
#include <random>
#include <string>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/linear/field_solver.h"

namespace bmiss {

std::vector<NodalFunctional> random_sources(const TetMesh& mesh, const ElementNodes& nodes, const TissueTable& tissues,
                                            std::size_t n_sources) {
  std::vector<std::size_t> inside;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t)
    if (tissues.by_label(mesh.tet_labels[t]).kind == TissueKind::muscle) inside.push_back(t);
  if (inside.empty())
    for (std::size_t t = 0; t < mesh.n_tets(); ++t) inside.push_back(t);
  std::mt19937_64 random(20240229);
  const auto somewhere = [&] {
    Eigen::Vector4d barycentric;
    for (int i = 0; i < 4; ++i) barycentric[i] = 1.0 + static_cast<double>(random() >> 40);
    return point_functional(nodes, inside[random() % inside.size()], barycentric / barycentric.sum());
  };
  std::vector<NodalFunctional> sources;
  for (std::size_t s = 0; s < n_sources; ++s) {
    const NodalFunctional source = somewhere();
    NodalFunctional pair = difference(source, somewhere());
    while (inside.size() > 1 && pair.nodes == source.nodes) pair = difference(source, somewhere());
    sources.push_back(pair);
  }
  return sources;
}

double delivered_current(const NodalFunctional& currents, const NodalFunctional& electrode,
                         const NodalFunctional& reference) {
  const NodalFunctional load = difference(electrode, reference);
  BMISS_ASSERT(currents.nodes == load.nodes);
  // Sum over the nodes of each patch, of what was found less what was put in: where the two share nodes, both currents
  // are expected there.
  const auto surplus = [&](const NodalFunctional& patch) {
    double sum = 0;
    for (std::size_t k = 0, p = 0; k < load.nodes.size(); ++k) {
      while (p < patch.nodes.size() && patch.nodes[p] < load.nodes[k]) ++p;
      if (p < patch.nodes.size() && patch.nodes[p] == load.nodes[k]) sum += currents.weights[k] - load.weights[k];
    }
    return sum;
  };
  const double in_error = surplus(electrode), out_error = -surplus(reference);
  return 1 + (std::abs(in_error) >= std::abs(out_error) ? in_error : out_error);
}

LeadFieldChecks check_rows(FieldSolver& solver, const std::vector<NodalFunctional>& loads,
                           const std::vector<NodalFunctional>& sources,
                           const std::function<Eigen::VectorXd(std::size_t)>& read_row) {
  const Eigen::Index n = static_cast<Eigen::Index>(loads.size()), n_sources = static_cast<Eigen::Index>(sources.size());
  std::vector<std::string> names;
  for (std::size_t s = 0; s < sources.size(); ++s)
    names.push_back("source " + std::to_string(s + 1) + " of the reciprocity check");
  const FieldSolution forward = solver.solve(sources, names);
  Eigen::MatrixXd by_row(n, n_sources), by_source(n, n_sources), matrix(n, n);
  for (Eigen::Index s = 0; s < n_sources; ++s) by_source.col(s) = solver.evaluate(loads, forward.values.col(s));
  for (Eigen::Index e = 0; e < n; ++e) {
    const Eigen::VectorXd row = read_row(static_cast<std::size_t>(e));
    by_row.row(e) = solver.evaluate(sources, row).transpose();
    matrix.col(e) = solver.evaluate(loads, row);
  }
  LeadFieldChecks checks;
  for (Eigen::Index s = 0; s < n_sources; ++s)
    checks.reciprocity = std::max(checks.reciprocity, (by_row.col(s) - by_source.col(s)).cwiseAbs().maxCoeff() /
                                                          by_row.col(s).cwiseAbs().maxCoeff());
  checks.symmetry = (matrix - matrix.transpose()).cwiseAbs().maxCoeff() / matrix.cwiseAbs().maxCoeff();
  checks.resistances = std::move(matrix);
  return checks;
}

void print_checks(const LeadFieldChecks& checks, Report& report) {
  Table table({"check", "relative error"});
  table.add_row({"reciprocity (electrode field against forward solution)", format("%.1e", checks.reciprocity)});
  table.add_row({"delivered current (discrete reaction against 1 A)", format("%.1e", checks.delivered_current)});
  table.add_row({"symmetry of the electrode matrix", format("%.1e", checks.symmetry)});
  report.table(table);
  report.fact("lead field/checks/reciprocity", checks.reciprocity);
  report.fact("lead field/checks/delivered current", checks.delivered_current);
  report.fact("lead field/checks/symmetry", checks.symmetry);
}

}  // namespace bmiss
