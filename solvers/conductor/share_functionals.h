// Functionals that rank 0 made, on every rank.
#pragma once

#include <mpi.h>

#include <vector>

#include "solvers/conductor/element_nodes.h"

namespace bmiss {

void share_functionals(std::vector<NodalFunctional>& functionals, MPI_Comm communicator);  // collective

}  // namespace bmiss
