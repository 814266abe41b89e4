#include "solvers/verification/error_estimate.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "solvers/conductor/share_functionals.h"
#include "solvers/linear/field_solver.h"
#include "solvers/verification/gradient_recovery.h"

namespace bmiss {
namespace {

std::vector<char> region_of_interest(const TetMesh& mesh, const TissueTable& tissues) {
  std::vector<char> inside(mesh.n_tets(), 0);
  for (std::size_t t = 0; t < mesh.n_tets(); ++t)
    inside[t] = tissues.by_label(mesh.tet_labels[t]).kind == TissueKind::muscle ? 1 : 0;
  if (std::count(inside.begin(), inside.end(), 1) == 0) inside.assign(mesh.n_tets(), 1);
  return inside;
}

// White noise in the region, constant in every tetrahedron: +-1 / sqrt(volume), balanced. The squared error of its
// field in an element is, on average, that of a source of 1 A anywhere in the region, integrated over where it is.
NodalFunctional random_source(const TetMesh& mesh, const ElementNodes& nodes, const std::vector<char>& inside,
                              std::mt19937_64& random) {
  const auto per_element = static_cast<std::size_t>(nodes.per_element());
  std::vector<double> density(mesh.n_tets(), 0);
  double total = 0, volume = 0;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    if (inside[t] == 0) continue;
    const double v = mesh.volume(t);
    density[t] = ((random() >> 40) % 2 == 0 ? 1 : -1) / std::sqrt(v);
    total += density[t] * v;
    volume += v;
  }
  NodalFunctional load;
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    if (inside[t] == 0) continue;
    const double current = (density[t] - total / volume) * mesh.volume(t);
    for (std::size_t i = 0; i < per_element; ++i) {
      load.nodes.push_back(nodes.elements[per_element * t + i]);
      // The means of the shape functions.
      load.weights.push_back(current * (per_element == 4 ? 0.25 : i < 4 ? -0.05 : 0.2));
    }
  }
  load.compress();
  return load;
}

// This rank's slices of one field, together on rank 0.
Eigen::VectorXd gathered(const Eigen::VectorXd& slice, std::size_t n_nodes, MPI_Comm communicator) {
  const auto count = static_cast<int>(slice.size());
  std::vector<int> counts(static_cast<std::size_t>(mpi_size(communicator))), starts = counts;
  MPI_Gather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, communicator);
  for (std::size_t r = 1; r < counts.size(); ++r) starts[r] = starts[r - 1] + counts[r - 1];
  Eigen::VectorXd all(mpi_rank(communicator) == 0 ? static_cast<Eigen::Index>(n_nodes) : 0);
  MPI_Gatherv(slice.data(), count, MPI_DOUBLE, all.data(), counts.data(), starts.data(), MPI_DOUBLE, 0, communicator);
  return all;
}

// Squared errors of every tetrahedron, each field scaled to unit energy in the region; added up over fields. Also the
// relative errors in the region.
class ElementErrors {
public:
  ElementErrors(std::size_t n_tets, const std::vector<char>& inside) : inside_(inside), squares(n_tets, 0) {}

  void add(const RecoveredEnergies& energies) {
    for (Eigen::Index f = 0; f < energies.error.cols(); ++f) {
      double error = 0, field = 0;
      for (std::size_t t = 0; t < inside_.size(); ++t)
        if (inside_[t] != 0) {
          error += energies.error(static_cast<Eigen::Index>(t), f);
          field += energies.field(static_cast<Eigen::Index>(t), f);
        }
      relative.push_back(std::sqrt(error / field));
      for (std::size_t t = 0; t < squares.size(); ++t)
        squares[t] += static_cast<float>(energies.error(static_cast<Eigen::Index>(t), f) / field);
    }
  }

private:
  const std::vector<char>& inside_;

public:
  std::vector<float> squares;
  std::vector<double> relative;
};

}  // namespace

ErrorEstimate estimate_errors(const TetMesh& mesh, const ElementNodes& nodes, const CornerTensors& tensors,
                              const TissueTable& tissues, std::size_t n_rows, FieldSolver& solver,
                              const std::function<Eigen::VectorXd(std::size_t, std::size_t, std::size_t)>& read_row) {
  const MPI_Comm communicator = solver.communicator();
  const bool root = mpi_rank(communicator) == 0;
  const std::size_t n_nodes = solver.n_nodes();
  std::vector<char> inside;
  std::vector<NodalFunctional> sources(n_error_duals);
  on_rank_zero(communicator, [&] {
    inside = region_of_interest(mesh, tissues);
    std::mt19937_64 random(20240229);
    for (NodalFunctional& source : sources) source = random_source(mesh, nodes, inside, random);
  });
  share_functionals(sources, communicator);
  const FieldSolution duals =
      solver.solve(sources, std::vector<std::string>(n_error_duals, "a random source of the error estimate"));

  NodalFields dual_fields(root ? static_cast<Eigen::Index>(n_nodes) : 0, n_error_duals);
  for (Eigen::Index d = 0; d < n_error_duals; ++d)
    dual_fields.col(d) = gathered(duals.values.col(d), n_nodes, communicator);
  std::unique_ptr<GradientRecovery> recovery;
  ElementErrors of_rows(mesh.n_tets(), inside), of_duals(mesh.n_tets(), inside);
  on_rank_zero(communicator, [&] {
    recovery = std::make_unique<GradientRecovery>(nodes, mesh.tet_labels, tensors);
    of_duals.add(recovery->energies(dual_fields));
  });
  constexpr auto block = static_cast<std::size_t>(GradientRecovery::most_fields);
  for (std::size_t first = 0; first < n_rows; first += block) {
    const std::size_t last = std::min(n_rows, first + block);
    NodalFields fields(root ? static_cast<Eigen::Index>(n_nodes) : 0, static_cast<Eigen::Index>(last - first));
    for (std::size_t row = first; row < last; ++row)
      fields.col(static_cast<Eigen::Index>(row - first)) = read_row(row, 0, root ? n_nodes : 0);
    if (root) of_rows.add(recovery->energies(fields));
  }
  ErrorEstimate estimate;
  estimate.rows = of_rows.relative;
  estimate.rows.resize(n_rows);
  MPI_Bcast(estimate.rows.data(), static_cast<int>(n_rows), MPI_DOUBLE, 0, communicator);
  if (root)
    for (std::size_t t = 0; t < mesh.n_tets(); ++t)
      estimate.elements.push_back(std::sqrt(of_rows.squares[t] * of_duals.squares[t]));
  return estimate;
}

void print_estimate(const ErrorEstimate& estimate, const std::vector<std::string>& names, Report& report) {
  if (estimate.rows.empty()) return;
  std::vector<double> sorted = estimate.rows;
  std::sort(sorted.begin(), sorted.end());
  const auto worst =
      static_cast<std::size_t>(std::max_element(estimate.rows.begin(), estimate.rows.end()) - estimate.rows.begin());
  Table table({"estimated error of the field in the muscles (energy norm)", "relative", "electrode"});
  table.add_row({"worst", format("%.2f %%", 100 * estimate.rows[worst]), names.at(worst)});
  table.add_row({"median", format("%.2f %%", 100 * sorted[sorted.size() / 2]), ""});
  report.table(table);
  report.fact("lead field/error estimate", estimate.rows);
}

}  // namespace bmiss
