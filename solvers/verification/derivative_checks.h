// Checks of the derivatives that inversion goes by: Taylor remainders, and the adjoint equation against tangents.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <vector>

#include "forward/lead_field.h"
#include "solvers/lead_field/engine.h"
#include "solvers/verification/verdicts.h"

namespace bmiss {

// At points of `model`: for each of its parameters the order at which tangents leave Taylor's remainder (2), by steps
// of a quarter of its uncertainty, half and a quarter of that; and how far adjoint() is from the tangents. `name` of
// the conductor. Collective where the model is.
std::vector<Verdict> check_each_derivative(const LeadField& model, const Eigen::Matrix3Xd& points,
                                           const std::string& name);

// Finite elements on a coarse layered cylinder, all of it; and on the problem's own mesh, `n_electrodes` of its list,
// for all conductivities at once and for all motions of grids at once. What cannot be differentiated, or takes more
// than `most_unknowns`, is not checked. Collective.
std::vector<Verdict> check_derivatives(const LeadFieldProblem& problem, const SolverOptions& options,
                                       std::size_t n_electrodes, std::size_t most_unknowns, MPI_Comm communicator);

}  // namespace bmiss
