// The physics verification of a study: all checks of this folder, on its own conductor where that is possible.
#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "solvers/lead_field/engine.h"
#include "solvers/verification/verdicts.h"

namespace bmiss {

// `stored` is the study's lead-field file; none when empty. Collective over `world`. Throws what the engine throws for
// a problem that cannot be solved at all; what is merely wrong is in the verdicts.
std::vector<Verdict> verify(const LeadFieldProblem& problem, const SolverOptions& options, const std::string& stored,
                            MPI_Comm world, Report& report);

}  // namespace bmiss
