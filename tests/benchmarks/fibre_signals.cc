#include "benchmarks/fibre_signals.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <sstream>

#include "base/hdf5_file.h"
#include "base/report.h"
#include "forward/line_filter.h"
#include "physiology/action_potential.h"
#include "solvers/lead_field/file_layout.h"
#include "solvers/lead_field/store.h"
#include "support/straight_fibre.h"

namespace bmiss::bench {
namespace {

constexpr double step = 0.5e-3;  // of the fibre's nodes [m]

}  // namespace

FibreSignals signals_of_fibre(const LeadField& field, const CylinderCase& cylinder, double depth, double theta) {
  const double rho = cylinder.radius() - depth;
  MuscleFibre fibre = test::straight_fibre(rho, cylinder.junction, cylinder.down, cylinder.up, 4.0, 25e-6, 1.0, step);
  fibre.path.row(0).setConstant(rho * std::cos(theta));
  fibre.path.row(1).setConstant(rho * std::sin(theta));
  // Until both action potentials have left the fibre, with their tails of about 10 mm.
  const double end = (std::max(cylinder.down, cylinder.up) + 0.04) / fibre.velocity;
  const auto times = Eigen::VectorXd::LinSpaced(1 + static_cast<Eigen::Index>(std::ceil(end / 0.125e-3)), 0, end);
  const Eigen::MatrixXd currents = fibre_currents(fibre, *action_potentials().create("rosenfalck"), times);
  const Eigen::MatrixXd values = field.potential(fibre.path);
  const Eigen::VectorXd widths = field.smoothing_widths(fibre.path);
  return {smoothed_along(values, fibre.step, widths) * currents,
          smoothed_along(values, fibre.step, 2 * widths) * currents, values * currents};
}

double peak_to_peak(const Eigen::VectorXd& signal) {
  return signal.maxCoeff() - signal.minCoeff();
}

ComputedField compute(const CylinderCase& cylinder, const MeshLaw& law, const std::string& path) {
  const LeadFieldProblem problem = problem_of(cylinder, law);
  std::ostringstream log;
  Report report(log, 0);
  SolverOptions options;
  options.method = "multigrid";
  ComputedField result;
  const auto start = std::chrono::steady_clock::now();
  compute_lead_field(problem, options, path, MPI_COMM_SELF, report);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.field = open_lead_field(path);
  const Hdf5File file(path, Hdf5File::Mode::read);
  const auto estimates = file.read_all<double>(row_estimate);
  result.largest_estimate = *std::max_element(estimates.begin(), estimates.end());
  result.n_unknowns = file.shape("/mesh/points")[0];
  return result;
}

}  // namespace bmiss::bench
