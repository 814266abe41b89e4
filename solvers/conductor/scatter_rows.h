// Rows of an array that only rank 0 holds, sent to the ranks that ask for them.
#pragma once

#include <mpi.h>

#include <vector>

namespace bmiss {

// Which rows every rank wants; gathered once, used for several arrays. Collective.
class RowRequest {
public:
  RowRequest(std::vector<int> rows, MPI_Comm communicator);
  // `data` [n x width] on rank 0; returns this rank's rows in the order asked. T is int or double.
  template <typename T>
  std::vector<T> fetch(const T* data, int width) const;

private:
  std::vector<int> mine_, all_, counts_;
  MPI_Comm communicator_;
};

}  // namespace bmiss
