// Notices SIGTERM and SIGUSR1 (batch systems send them before the time limit), so that a run can stop after the current
// row.
#pragma once

#include <mpi.h>
#include <signal.h>

namespace bmiss {

// Catches the two signals during its life and restores the previous handlers afterwards. One may live within another's
// life: it knows of the signals that the outer one has caught.
class Interruption {
public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  bool requested(MPI_Comm communicator) const;  // on any rank; collective

private:
  struct sigaction terminate_ {
  }, user_{};
};

}  // namespace bmiss
