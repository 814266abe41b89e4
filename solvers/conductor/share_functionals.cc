#include "solvers/conductor/share_functionals.h"

namespace bmiss {

void share_functionals(std::vector<NodalFunctional>& functionals, MPI_Comm communicator) {
  unsigned long count = functionals.size();
  MPI_Bcast(&count, 1, MPI_UNSIGNED_LONG, 0, communicator);
  functionals.resize(count);
  for (auto& functional : functionals) {
    int n = static_cast<int>(functional.nodes.size());
    MPI_Bcast(&n, 1, MPI_INT, 0, communicator);
    functional.nodes.resize(static_cast<std::size_t>(n));
    functional.weights.resize(static_cast<std::size_t>(n));
    MPI_Bcast(functional.nodes.data(), n, MPI_INT, 0, communicator);
    MPI_Bcast(functional.weights.data(), n, MPI_DOUBLE, 0, communicator);
  }
}

}  // namespace bmiss
