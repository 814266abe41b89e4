// Deals rows to groups of ranks: whoever is done takes the next ones, because groups on unequal or shared nodes finish
// unequal numbers, and because one number in one place can stop all of them.
#pragma once

#include <mpi.h>

#include <cstddef>

namespace bmiss {

class RowDealer {
public:
  // Collective. With a single group nothing is shared.
  RowDealer(MPI_Comm world, int n_groups);
  // Frees what ranks share, in which all must take part; after a failure that not all ranks know of it is left alone.
  void close();

  // One rank of a group: the first of `count` consecutive numbers that no other group gets. Large when stopped.
  std::size_t take(std::size_t count);
  // One rank of a group: adds to the rows that are complete, returns how many are by now.
  std::size_t complete(std::size_t count);
  void stop();  // any rank: nothing more is dealt

private:
  long add(int what, long value);
  long counts_[2] = {0, 0};  // dealt, complete; with several groups the window holds them on rank 0
  MPI_Win window_ = MPI_WIN_NULL;
};

}  // namespace bmiss
