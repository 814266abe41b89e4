// Start and end of MPI (and of PETSc, which deal.II starts with it), and the few collectives bmiss needs by name.
#pragma once

#include <mpi.h>

#include <exception>
#include <memory>
#include <string>

namespace bmiss {

// Lives in main() of the program and of MPI tests; one thread a rank.
class MpiSession {
public:
  MpiSession(int& argc, char**& argv);
  ~MpiSession();

private:
  struct Library;
  std::unique_ptr<Library> library_;
};

int mpi_rank(MPI_Comm communicator);
int mpi_size(MPI_Comm communicator);

// Runs `action` on rank 0; when it throws, every rank throws the same kind of error with the same sentence, so that
// no rank waits for one that has left. Collective.
template <typename Action>
void on_rank_zero(MPI_Comm communicator, Action&& action);

// The failure of one rank as seen by all: 0 none, else kind of error and its sentence. Used by on_rank_zero().
struct SharedFailure {
  int kind = 0;
  std::string sentence;
};
SharedFailure capture_failure(std::exception_ptr error);
// Collective: distributes rank `root`'s failure and throws it everywhere if there is one.
void rethrow_everywhere(MPI_Comm communicator, SharedFailure failure, int root = 0);
// Collective: throws the failure of the lowest rank that has one everywhere.
void rethrow_first(MPI_Comm communicator, SharedFailure failure);

template <typename Action>
void on_rank_zero(MPI_Comm communicator, Action&& action) {
  SharedFailure failure;
  if (mpi_rank(communicator) == 0) {
    try {
      action();
    } catch (...) {
      failure = capture_failure(std::current_exception());
    }
  }
  rethrow_everywhere(communicator, failure);
}

}  // namespace bmiss
