#include "solvers/lead_field/phase_summary.h"

#include <algorithm>
#include <cmath>
#include <complex>

#include "base/report.h"
#include "base/table.h"

namespace bmiss {

void PhaseSummary::add(const std::string& row, const Eigen::VectorXd& real, const Eigen::VectorXd& imaginary,
                       MPI_Comm communicator) {
  // The potential is zero on average over the reference and has both signs: squares of w, whose phase is twice that of
  // w, do not cancel.
  double sums[4] = {0, 0, 0, static_cast<double>(real.size())};
  for (Eigen::Index n = 0; n < real.size(); ++n) {
    const std::complex<double> w(real[n], imaginary[n]), square = w * w;
    sums[0] += square.real();
    sums[1] += square.imag();
    sums[2] += std::norm(w);
  }
  MPI_Allreduce(MPI_IN_PLACE, sums, 4, MPI_DOUBLE, MPI_SUM, communicator);
  const double phase = 0.5 * std::atan2(sums[1], sums[0]);
  // mean cos(2 (phi - phase)) = |sum w^2| / sum |w|^2, about 1 - 2 deviation^2
  const double aligned = sums[2] > 0 ? std::hypot(sums[0], sums[1]) / sums[2] : 1;
  rows_.push_back({row, std::sqrt(sums[2] / sums[3]), phase, std::sqrt(std::max(0.0, (1 - aligned) / 2))});
}

void PhaseSummary::tell(Report& report) const {
  if (rows_.empty()) return;
  constexpr double degrees = 180 / M_PI;
  const auto by_phase = [](const Row& a, const Row& b) { return a.phase < b.phase; };
  const auto [least, most] = std::minmax_element(rows_.begin(), rows_.end(), by_phase);
  Table table({"complex lead field of", "magnitude, rms [V/A]", "phase [deg]", "its spread over the nodes [deg]"});
  for (const Row* row : {&rows_.front(), &*least, &*most})
    table.add_row({row->name, format("%.4g", row->magnitude), format("%.3f", degrees * row->phase),
                   format("%.3f", degrees * row->deviation)});
  report.line("  first, most and least lagging electrode (the file's potential is the real part):");
  report.table(table);
  std::vector<double> phases;
  for (const Row& row : rows_) phases.push_back(row.phase);
  report.fact("lead field/phase, rad", phases);
}

}  // namespace bmiss
