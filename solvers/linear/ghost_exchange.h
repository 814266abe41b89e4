// Rows that other ranks own but products here need: fetched from their owners, or added to them.
#pragma once

#include <mpi.h>

#include <vector>

#include "solvers/linear/lanes.h"

namespace bmiss {

class GhostExchange {
public:
  // `ghosts`: sorted global numbers of the rows wanted here; `starts` [n_ranks + 1]: rows starts[r] … starts[r+1] - 1
  // belong to rank r. Collective.
  GhostExchange(const std::vector<int>& ghosts, const std::vector<int>& starts, MPI_Comm communicator);

  int n_owned() const { return n_owned_; }
  int n_ghosts() const { return static_cast<int>(n_ghosts_); }
  // `rows` [n_owned + n_ghosts]: copies owners' rows to the ghosts, or adds the ghosts to their owners' rows.
  // Collective.
  void fetch(FloatRow* rows) { fetch_rows(rows); }
  void fetch(DoubleRow* rows) { fetch_rows(rows); }
  void add_to_owners(FloatRow* rows);

private:
  struct Neighbour {
    int rank = 0;
    std::size_t first = 0;  // of its rows among the ghosts
    std::size_t n_wanted = 0;
    std::vector<int> sent;  // owned rows that it wants
  };
  template <typename Row>
  void fetch_rows(Row* rows);

  MPI_Comm communicator_;
  int n_owned_ = 0;
  std::size_t n_ghosts_ = 0;
  std::vector<Neighbour> neighbours_;
};

}  // namespace bmiss
