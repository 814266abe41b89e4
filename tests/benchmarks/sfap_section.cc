// Single-fibre action potentials: the analytic conductor against the oracle, the finite elements against the analytic
// conductor. They amplify errors of the lead field a hundredfold and more, so this is the hardest test of it.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "benchmarks/sections.h"
#include "forward/line_filter.h"
#include "solvers/analytic/cylinder_lead_field.h"
#include "solvers/lead_field/store.h"
#include "support/layered_cylinder_problem.h"
#include "support/single_fibre_case.h"

namespace bmiss::bench {
namespace {

constexpr double analytic_limit = 1e-3;      // of the largest value
constexpr double peak_to_peak_limit = 0.03;  // of the exact peak-to-peak amplitude
constexpr double step = 0.5e-3;              // of the fibre's nodes [m]

bool compare_analytic() {
  const std::string file = test::shared_path("oracle/cases.json");
  if (!std::filesystem::exists(file)) {
    skip("the analytic conductor against the oracle, since " + file + " is not here");
    return true;
  }
  Table table(
      {"oracle case (infinite cylinder, analytic conductor)", "error of the largest value", "limit", "verdict"});
  bool kept = true;
  for (const std::string id : {"sfap-A-r33-z0", "sfap-A-r25-z10"}) {
    const test::OracleCase c = test::oracle_case(id);
    const double error =
        (test::single_fibre_potential(c, step) - c.values).cwiseAbs().maxCoeff() / c.values.cwiseAbs().maxCoeff();
    kept = kept && error <= analytic_limit;
    table.add_row({id, format("%.1e", error), format("%.0e", analytic_limit), error <= analytic_limit ? "ok" : "FAIL"});
  }
  std::cout << table.text() << '\n' << std::flush;
  return kept;
}

// A fibre of 70 mm from z = 25 to 95 mm with its junction at 45 mm; electrodes over the junction, half way to the far
// tendon, and 3 mm before it.
constexpr double junction = 0.045, down = 0.020, up = 0.050;

ElectrodeArray three_electrodes() {
  ElectrodeArray array;
  for (const auto& [name, z] :
       {std::pair{"junction", junction}, {"half way", junction + up / 2}, {"end", junction + up - 3e-3}})
    array.electrodes.push_back(test::skin_electrode(name, 0, z, 5e-3));
  array.reference = test::skin_electrode("opposite", M_PI, 0.06, 5e-3);
  return array;
}

Eigen::MatrixXd potentials_of_fibre(const LeadField& lead_field, double depth) {
  const MuscleFibre fibre = test::straight_fibre(0.04 - depth, junction, down, up, 4.0, 25e-6, 1.0, step);
  const auto times = Eigen::VectorXd::LinSpaced(161, 0, 0.02);  // [s]
  return potential_along(lead_field, fibre.path, step) *
         fibre_currents(fibre, *action_potentials().create("rosenfalck"), times);
}

double peak_to_peak(const Eigen::VectorXd& signal) {
  return signal.maxCoeff() - signal.minCoeff();
}

struct Errors {
  std::vector<double> peak_to_peak, rms;  // relative, of each electrode
};
Errors errors_of(const Eigen::MatrixXd& computed, const Eigen::MatrixXd& exact) {
  Errors errors;
  for (Eigen::Index e = 0; e < exact.rows(); ++e) {
    const double size = peak_to_peak(exact.row(e));
    errors.peak_to_peak.push_back(std::abs(peak_to_peak(computed.row(e)) - size) / size);
    errors.rms.push_back((computed.row(e) - exact.row(e)).norm() / exact.row(e).norm());
  }
  return errors;
}

// "0.98 % (end)": the largest and the electrode that has it.
std::string worst(const std::vector<double>& errors, const ElectrodeArray& array) {
  const auto largest = std::max_element(errors.begin(), errors.end());
  return format("%.2f %% (", 100 * *largest) + array.names()[static_cast<std::size_t>(largest - errors.begin())] + ")";
}

bool compare_finite_elements() {
  const ElectrodeArray array = three_electrodes();
  // The field must be smooth along the fibre, not only at the electrodes.
  std::vector<CylinderFocus> foci;
  for (const Electrode& e : array.electrodes) foci.push_back({0, e.position.z()});
  const auto options = test::reference_cylinder(1.2e-3, 4e-3, 0.15, foci);
  const auto problem = test::cylinder_problem(options, array.electrodes, array.reference);

  const test::ScratchFolder folder;
  std::ostringstream log;
  Report report(log, 0);
  const auto start = std::chrono::steady_clock::now();
  compute_lead_field(problem, {}, folder / "lead_field.h5", MPI_COMM_SELF, report);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto computed = open_lead_field(folder / "lead_field.h5");
  std::vector<CylinderLayer> layers;
  for (std::size_t i = 0; i < options.radii.size(); ++i) {
    const Tissue& tissue = problem.tissues.tissues()[i];
    layers.push_back({options.radii[i], tissue.conductivity_across, tissue.conductivity_along});
  }
  CylinderLeadField exact(LayeredCylinder(layers), options.length);
  exact.set_electrodes(array);

  Table table({"depth mm", "worst peak-to-peak error", "limit", "worst relative rms", "verdict"});
  bool all_kept = true;
  for (const double depth : {7e-3, 10e-3, 15e-3, 20e-3}) {
    const Errors errors = errors_of(potentials_of_fibre(*computed, depth), potentials_of_fibre(exact, depth));
    const bool kept = std::all_of(errors.peak_to_peak.begin(), errors.peak_to_peak.end(),
                                  [](double error) { return error <= peak_to_peak_limit; });
    all_kept = all_kept && kept;
    table.add_row({format("%.0f", 1e3 * depth), worst(errors.peak_to_peak, array),
                   format("%.0f %%", 100 * peak_to_peak_limit), worst(errors.rms, array), kept ? "ok" : "FAIL"});
  }
  const auto n = Hdf5File(folder / "lead_field.h5", Hdf5File::Mode::read).shape("/mesh/points")[0];
  std::cout << "  finite elements of degree 2, " << n << " unknowns, edges of " << format("%.1f", 1e3 * options.finest)
            << " mm under the electrodes to " << format("%.1f", 1e3 * options.coarsest) << " mm, lead field in "
            << format("%.0f s", seconds) << "; finite cylinder of 120 mm, discs of 5 mm, fibre of 70 mm\n"
            << table.text() << std::flush;
  return all_kept;
}

}  // namespace

bool sfap_section(const Overrides&) {
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const bool analytic_kept = compare_analytic();
  return compare_finite_elements() && analytic_kept;
}

}  // namespace bmiss::bench
