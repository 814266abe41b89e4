// Single-fibre action potentials: the analytic conductor against the oracle, the finite elements against the analytic
// conductor. They amplify errors of the lead field a hundredfold and more, so this is the hardest test of it.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "base/mpi_session.h"
#include "base/table.h"
#include "benchmarks/fibre_signals.h"
#include "benchmarks/sections.h"
#include "support/single_fibre_case.h"

namespace bmiss::bench {
namespace {

constexpr double analytic_limit = 1e-3;      // of the largest value
constexpr double peak_to_peak_limit = 0.01;  // of the exact peak-to-peak amplitude
constexpr std::size_t most_unknowns = 500000;
const std::vector<double> depths = {7e-3, 10e-3, 15e-3, 20e-3, 25e-3};
constexpr double step = 0.5e-3;  // of the fibre's nodes [m]

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

// Worst of the electrodes and of the fibres at one depth, relative.
struct Errors {
  double peak_to_peak = 0, unsmoothed = 0, rms = 0;
  double estimate = 0;  // what can be known without the exact field: smoothed against smoothed twice as widely
  void add(const FibreSignals& computed, const Eigen::MatrixXd& exact) {
    for (Eigen::Index e = 0; e < exact.rows(); ++e) {
      const auto against = [&](const Eigen::MatrixXd& signals) {
        const double size = bench::peak_to_peak(exact.row(e));
        return std::abs(bench::peak_to_peak(signals.row(e)) - size) / size;
      };
      peak_to_peak = std::max(peak_to_peak, against(computed.smooth));
      unsmoothed = std::max(unsmoothed, against(computed.plain));
      rms = std::max(rms, (computed.smooth.row(e) - exact.row(e)).norm() / exact.row(e).norm());
      estimate = std::max(estimate,
                          (computed.smoother.row(e) - computed.smooth.row(e)).norm() / computed.smooth.row(e).norm());
    }
  }
};

bool compare_finite_elements(const CylinderCase& cylinder) {
  const test::ScratchFolder folder;
  const ComputedField computed = compute(cylinder, MeshLaw(), folder / "lead_field.h5");
  const auto exact = exact_field(cylinder);
  Table table(
      {"depth mm", "worst peak-to-peak error", "limit", "unsmoothed", "worst relative rms", "its estimate", "verdict"});
  const auto percent = [](double value) { return format("%.2f %%", 100 * value); };
  bool all_kept = true;
  for (const double depth : depths) {
    if (cylinder.radius() - depth > cylinder.layers[1].outer_radius) continue;
    Errors errors;
    for (const double theta : {0.0, 0.06})
      errors.add(signals_of_fibre(*computed.field, cylinder, depth, theta),
                 signals_of_fibre(*exact, cylinder, depth, theta).plain);
    const bool kept = errors.peak_to_peak <= peak_to_peak_limit;
    all_kept = all_kept && kept;
    table.add_row({format("%.0f", 1e3 * depth), percent(errors.peak_to_peak), percent(peak_to_peak_limit),
                   percent(errors.unsmoothed), percent(errors.rms), percent(errors.estimate), kept ? "ok" : "FAIL"});
  }
  all_kept = all_kept && computed.n_unknowns <= most_unknowns;
  std::cout << "  " << cylinder.name << "; " << computed.n_unknowns << " unknowns"
            << (computed.n_unknowns <= most_unknowns ? "" : " (too many: FAIL)") << ", lead field in "
            << format("%.0f s", computed.seconds) << ", its estimated error in the muscle "
            << percent(computed.largest_estimate) << '\n'
            << table.text() << '\n'
            << std::flush;
  return all_kept;
}

}  // namespace

bool sfap_section(const Overrides&) {
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const bool analytic_kept = compare_analytic();
  bool kept = analytic_kept;
  for (const CylinderCase& cylinder : {oracle_cylinder(), other_cylinder()})
    kept = compare_finite_elements(cylinder) && kept;
  return kept;
}

}  // namespace bmiss::bench
