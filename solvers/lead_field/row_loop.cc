#include "solvers/lead_field/row_loop.h"

#include <algorithm>
#include <numeric>

#include "base/mpi_session.h"
#include "base/report.h"
#include "solvers/lead_field/interruption.h"
#include "solvers/linear/field_solver.h"
#include "solvers/verification/lead_field_checks.h"

namespace bmiss {
namespace {

constexpr double longest_block = 60;  // [s]

}  // namespace

void RowLoop::run(const Interruption& interruption, Report& report) {
  Progress progress(report, "rows", writer_.missing_rows().size());
  std::size_t shown = 0;
  for (;;) {
    if (interruption.requested(solver_.communicator())) {
      dealer_.stop();
      return;
    }
    const auto rows = take();
    if (rows.empty()) return;
    solve(rows);
    if (mpi_rank(solver_.communicator()) != 0) continue;
    const std::size_t complete = dealer_.complete(rows.size());
    progress.advance(complete - shown);
    shown = complete;
  }
}

std::vector<std::size_t> RowLoop::take() {
  const auto& missing = writer_.missing_rows();
  std::size_t count = largest_block_;
  if (seconds_per_row_ > 0) count = std::min(count, static_cast<std::size_t>(longest_block / seconds_per_row_));
  count = std::max<std::size_t>(1, count);
  unsigned long range[2] = {0, 0};
  if (mpi_rank(solver_.communicator()) == 0) {
    range[0] = std::min(missing.size(), dealer_.take(count));
    range[1] = std::min(missing.size(), range[0] + count);
  }
  MPI_Bcast(range, 2, MPI_UNSIGNED_LONG, 0, solver_.communicator());
  return {missing.begin() + static_cast<std::ptrdiff_t>(range[0]),
          missing.begin() + static_cast<std::ptrdiff_t>(range[1])};
}

void RowLoop::solve(const std::vector<std::size_t>& rows) {
  const double start = MPI_Wtime();
  std::vector<NodalFunctional> loads;
  std::vector<std::string> names;
  for (const std::size_t row : rows) {
    loads.push_back(preparation_.load(row));
    names.push_back(preparation_.rows[row].name);
  }
  FieldSolution solution = solver_.solve(loads, names);
  seconds_per_row_ = (MPI_Wtime() - start) / static_cast<double>(rows.size());
  std::vector<RowFacts> facts;
  SharedFailure failure;  // a disk may be full for one rank alone
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Eigen::VectorXd values = against_reference(solution.values, i),
                          imaginary = against_reference(solution.imaginary, i);
    facts.push_back({solution.iterations[i], solution.residuals[i], seconds_per_row_,
                     current_through(rows[i], solution.currents[i])});
    const std::size_t first_node = solver_.node_range().first;
    try {
      if (!failure.sentence.empty()) continue;
      writer_.write_row(rows[i], values, first_node);
      if (solution.imaginary.cols() > 0) writer_.write_row(rows[i], imaginary, first_node, RowPart::imaginary);
    } catch (const std::exception&) {
      failure = capture_failure(std::current_exception());
    }
  }
  rethrow_first(solver_.communicator(), failure);
  on_rank_zero(solver_.communicator(), [&] { writer_.commit_rows(rows, facts); });
}

// A solution with the average over the reference taken off; empty where there is none.
Eigen::VectorXd RowLoop::against_reference(const Eigen::MatrixXd& solutions, std::size_t column) const {
  if (solutions.cols() == 0) return {};
  Eigen::VectorXd values = solutions.col(static_cast<Eigen::Index>(column));
  values.array() -= solver_.evaluate({preparation_.reference}, values)[0];
  return values;
}

// Of a field with a further mode of its current density, which carries no current in all: what flows nevertheless.
double RowLoop::current_through(std::size_t row, const NodalFunctional& currents) const {
  if (preparation_.rows[row].mode == 0)
    return delivered_current(currents, preparation_.functionals[row], preparation_.reference);
  return std::accumulate(currents.weights.begin(), currents.weights.end(), 0.0);
}

}  // namespace bmiss
