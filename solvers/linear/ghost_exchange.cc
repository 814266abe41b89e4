#include "solvers/linear/ghost_exchange.h"

#include <algorithm>

#include "base/errors.h"
#include "base/mpi_session.h"

namespace bmiss {
namespace {

constexpr int tag = 4711;

template <typename Row>
int bytes(std::size_t n_rows) {
  return static_cast<int>(n_rows * sizeof(Row));
}

}  // namespace

GhostExchange::GhostExchange(const std::vector<int>& ghosts, const std::vector<int>& starts, MPI_Comm communicator)
    : communicator_(communicator), n_ghosts_(ghosts.size()) {
  const int n_ranks = mpi_size(communicator), me = mpi_rank(communicator);
  BMISS_ASSERT(starts.size() == static_cast<std::size_t>(n_ranks) + 1);
  n_owned_ = starts[static_cast<std::size_t>(me) + 1] - starts[static_cast<std::size_t>(me)];
  std::vector<int> n_wanted(static_cast<std::size_t>(n_ranks), 0), n_sent(n_wanted);
  for (const int ghost : ghosts) {
    const auto owner = std::upper_bound(starts.begin(), starts.end(), ghost) - starts.begin() - 1;
    ++n_wanted[static_cast<std::size_t>(owner)];
  }
  MPI_Alltoall(n_wanted.data(), 1, MPI_INT, n_sent.data(), 1, MPI_INT, communicator);
  std::vector<int> wanted_first(n_wanted.size(), 0), sent_first(n_wanted.size(), 0);
  for (std::size_t r = 1; r < n_wanted.size(); ++r) {
    wanted_first[r] = wanted_first[r - 1] + n_wanted[r - 1];
    sent_first[r] = sent_first[r - 1] + n_sent[r - 1];
  }
  std::vector<int> sent(static_cast<std::size_t>(sent_first.back() + n_sent.back()));
  MPI_Alltoallv(ghosts.data(), n_wanted.data(), wanted_first.data(), MPI_INT, sent.data(), n_sent.data(),
                sent_first.data(), MPI_INT, communicator);
  for (std::size_t r = 0; r < n_wanted.size(); ++r) {
    if (n_wanted[r] == 0 && n_sent[r] == 0) continue;
    Neighbour neighbour;
    neighbour.rank = static_cast<int>(r);
    neighbour.first = static_cast<std::size_t>(wanted_first[r]);
    neighbour.n_wanted = static_cast<std::size_t>(n_wanted[r]);
    for (int k = sent_first[r]; k < sent_first[r] + n_sent[r]; ++k)
      neighbour.sent.push_back(sent[static_cast<std::size_t>(k)] - starts[static_cast<std::size_t>(me)]);
    neighbours_.push_back(std::move(neighbour));
  }
}

template <typename Row>
void GhostExchange::fetch_rows(Row* rows) {
  if (neighbours_.empty()) return;
  std::vector<MPI_Request> requests(2 * neighbours_.size());
  std::vector<std::vector<Row>> outgoing(neighbours_.size());
  for (std::size_t k = 0; k < neighbours_.size(); ++k) {
    const Neighbour& neighbour = neighbours_[k];
    MPI_Irecv(rows + n_owned_ + neighbour.first, bytes<Row>(neighbour.n_wanted), MPI_BYTE, neighbour.rank, tag,
              communicator_, &requests[2 * k]);
    outgoing[k].reserve(neighbour.sent.size());
    for (const int row : neighbour.sent) outgoing[k].push_back(rows[row]);
    MPI_Isend(outgoing[k].data(), bytes<Row>(outgoing[k].size()), MPI_BYTE, neighbour.rank, tag, communicator_,
              &requests[2 * k + 1]);
  }
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
}

void GhostExchange::add_to_owners(FloatRow* rows) {
  if (neighbours_.empty()) return;
  std::vector<MPI_Request> requests(2 * neighbours_.size());
  std::vector<FloatBlock> incoming(neighbours_.size());
  for (std::size_t k = 0; k < neighbours_.size(); ++k) {
    const Neighbour& neighbour = neighbours_[k];
    incoming[k].resize(neighbour.sent.size());
    MPI_Irecv(incoming[k].data(), bytes<FloatRow>(incoming[k].size()), MPI_BYTE, neighbour.rank, tag, communicator_,
              &requests[2 * k]);
    MPI_Isend(rows + n_owned_ + neighbour.first, bytes<FloatRow>(neighbour.n_wanted), MPI_BYTE, neighbour.rank, tag,
              communicator_, &requests[2 * k + 1]);
  }
  MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  // In the order of the neighbours, so that rounding does not depend on who answers first.
  for (std::size_t k = 0; k < neighbours_.size(); ++k)
    for (std::size_t i = 0; i < incoming[k].size(); ++i)
      for (int lane = 0; lane < n_lanes; ++lane)
        rows[neighbours_[k].sent[i]].values[lane] += incoming[k][i].values[lane];
}

template void GhostExchange::fetch_rows<FloatRow>(FloatRow*);
template void GhostExchange::fetch_rows<DoubleRow>(DoubleRow*);

}  // namespace bmiss
