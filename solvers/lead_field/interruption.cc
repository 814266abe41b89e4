#include "solvers/lead_field/interruption.h"

namespace bmiss {
namespace {

volatile sig_atomic_t signalled = 0;  // a signal handler can reach nothing else
int alive = 0;                        // how many watch

void on_signal(int) {
  signalled = 1;
}

}  // namespace

Interruption::Interruption() {
  if (alive++ == 0) signalled = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, &terminate_);
  sigaction(SIGUSR1, &action, &user_);
}

Interruption::~Interruption() {
  --alive;
  sigaction(SIGTERM, &terminate_, nullptr);
  sigaction(SIGUSR1, &user_, nullptr);
}

bool Interruption::requested(MPI_Comm communicator) const {
  int any = signalled != 0 ? 1 : 0;
  MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, communicator);
  return any != 0;
}

}  // namespace bmiss
