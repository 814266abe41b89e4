// Solves the missing rows of a lead field, block by block, in groups of ranks.
#pragma once

#include <cstddef>
#include <vector>

#include "solvers/lead_field/preparation.h"
#include "solvers/lead_field/row_dealer.h"
#include "solvers/lead_field/writer.h"

namespace bmiss {

class FieldSolver;
class Interruption;
class Report;

class RowLoop {
public:
  // Blocks have at most `largest_block` rows, and no more than what takes about a minute, so that a signal is obeyed
  // within the time that batch systems give.
  RowLoop(const Preparation& preparation, FieldSolver& solver, LeadFieldWriter& writer, RowDealer& dealer,
          std::size_t largest_block)
      : preparation_(preparation), solver_(solver), writer_(writer), dealer_(dealer), largest_block_(largest_block) {}

  // Collective over the solver's ranks; every block is safe in the file before the next begins. Ends when no row is
  // left or, with the rest missing, after a signal.
  void run(const Interruption& interruption, Report& report);

private:
  std::vector<std::size_t> take();  // rows; empty at the end
  void solve(const std::vector<std::size_t>& rows);
  Eigen::VectorXd against_reference(const Eigen::MatrixXd& solutions, std::size_t column) const;
  double current_through(std::size_t row, const NodalFunctional& currents) const;

  const Preparation& preparation_;
  FieldSolver& solver_;
  LeadFieldWriter& writer_;
  RowDealer& dealer_;
  std::size_t largest_block_;
  double seconds_per_row_ = 0;
};

}  // namespace bmiss
