// How action potentials fade with depth: the law of the oracle's cylinder, known for the infinite one with a long fibre
// and an electrode without a reference.
#include <Eigen/Dense>
#include <cmath>
#include <functional>
#include <iostream>

#include "base/mpi_session.h"
#include "base/table.h"
#include "benchmarks/fibre_signals.h"
#include "benchmarks/sections.h"
#include "support/single_fibre_case.h"

namespace bmiss::bench {
namespace {

constexpr double exponent_limit = 0.03, half_distance = 5e-3;  // [-], [m]
constexpr std::size_t most_unknowns = 500000;
const std::vector<double> depths = {7e-3, 10e-3, 15e-3, 20e-3, 25e-3};

// Exponents of each radius of depth_law_radii for an electrode 20 mm from the junction and for the difference of two
// 10 mm apart around that place, from a spectral solution of the infinite cylinder written for that purpose alone.
struct Exponents {
  std::vector<double> monopolar, differential;
};
const Exponents published = {{-2.41, -2.36, -2.24}, {-3.26, -3.21, -3.06}};

// Slope of ln peak-to-peak against ln depth.
double exponent(const std::vector<double>& sizes) {
  Eigen::MatrixXd terms(static_cast<Eigen::Index>(depths.size()), 2);
  Eigen::VectorXd logs(terms.rows());
  for (std::size_t d = 0; d < depths.size(); ++d) {
    terms.row(static_cast<Eigen::Index>(d)) << 1, std::log(depths[d]);
    logs[static_cast<Eigen::Index>(d)] = std::log(sizes[d]);
  }
  return terms.householderQr().solve(logs)[1];
}

// `signal` of an electrode from a fibre at `depth` whose junction lies `shift` further along z.
using Signal = std::function<Eigen::VectorXd(std::size_t electrode, double depth, double shift)>;

Exponents exponents_of(const Signal& signal) {
  Exponents result;
  for (std::size_t r = 0; r < depth_law_radii.size(); ++r) {
    std::vector<double> single, difference;
    for (const double depth : depths) {
      single.push_back(peak_to_peak(signal(r, depth, 0)));
      // The cylinder looks the same from everywhere along it, so two electrodes are one with two fibres.
      difference.push_back(peak_to_peak(signal(r, depth, half_distance) - signal(r, depth, -half_distance)));
    }
    result.monopolar.push_back(exponent(single));
    result.differential.push_back(exponent(difference));
  }
  return result;
}

Signal in_infinite_cylinder(const CylinderCase& cylinder) {
  return [&](std::size_t electrode, double depth, double shift) -> Eigen::VectorXd {
    test::OracleCase c;
    c.layers = cylinder.layers;
    c.fibre_radius_from_axis = cylinder.radius() - depth;
    c.junction_z = cylinder.junction + depth_law_shift(electrode) + shift;
    c.length_down = cylinder.down;
    c.length_up = cylinder.up;
    c.velocity = 4;
    c.fibre_radius = 25e-6;
    c.intracellular_conductivity = 1;
    c.times = Eigen::VectorXd::LinSpaced(281, 0, 0.035);
    c.electrode_z = cylinder.electrodes[electrode].position.z();
    c.disc_radius = depth_law_radii[electrode];
    return test::single_fibre_potential(c, 0.5e-3);
  };
}

Signal in_field(const LeadField& field, const CylinderCase& cylinder) {
  return [&](std::size_t electrode, double depth, double shift) -> Eigen::VectorXd {
    CylinderCase shifted = cylinder;
    shifted.junction += shift + depth_law_shift(electrode);
    return signals_of_fibre(field, shifted, depth, 0).smooth.row(static_cast<Eigen::Index>(electrode));
  };
}

}  // namespace

bool depth_section(const Overrides&) {
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const CylinderCase cylinder = long_cylinder();
  const test::ScratchFolder folder;
  const ComputedField computed = compute(cylinder, {0.8e-3, 5.5e-3, 0.15}, folder / "lead_field.h5");
  const auto exact = exact_field(cylinder);
  const Exponents infinite = exponents_of(in_infinite_cylinder(cylinder)),
                  finite = exponents_of(in_field(*exact, cylinder)),
                  elements = exponents_of(in_field(*computed.field, cylinder));
  Table table({"radius mm", "detection", "known", "infinite, analytic", "finite, analytic", "finite elements", "limit",
               "verdict"});
  bool all_kept = computed.n_unknowns <= most_unknowns;
  const auto add = [&](std::size_t r, const std::string& detection, const std::vector<double> Exponents::*which) {
    const double known = (published.*which)[r];
    bool kept = true;
    std::vector<std::string> row = {format("%g", 1e3 * depth_law_radii[r]), detection, format("%.2f", known)};
    for (const Exponents* found : {&infinite, &finite, &elements}) {
      kept = kept && std::abs((found->*which)[r] - known) <= exponent_limit;
      row.push_back(format("%.3f", (found->*which)[r]));
    }
    all_kept = all_kept && kept;
    row.push_back(format("%.2f", exponent_limit));
    row.push_back(kept ? "ok" : "FAIL");
    table.add_row(row);
  };
  for (std::size_t r = 0; r < depth_law_radii.size(); ++r) {
    add(r, "monopolar", &Exponents::monopolar);
    add(r, "differential, 10 mm", &Exponents::differential);
  }
  std::cout << "  exponents of the peak-to-peak value against the depth, 7 to 25 mm; " << cylinder.name << "; "
            << computed.n_unknowns << " unknowns" << (computed.n_unknowns <= most_unknowns ? "" : " (too many: FAIL)")
            << ", lead field in " << format("%.0f s", computed.seconds) << '\n'
            << table.text() << std::flush;
  return all_kept;
}

}  // namespace bmiss::bench
