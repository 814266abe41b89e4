// Checks of the discretisation against conductors whose field is known in closed form.
#pragma once

#include <mpi.h>

#include <vector>

#include "anatomy/tissue_table.h"
#include "solvers/linear/solver_options.h"
#include "solvers/verification/verdicts.h"

namespace bmiss {

// RDM* and MAG of the potentials that dipoles along the fibres, at depths of 8, 15 and 25 mm, give a set of electrodes:
// with a the exact and b the computed potentials, RDM* = | b/|b| - a/|a| | (0: same pattern) and MAG = |b|/|a| (1: same
// size), of which |MAG - 1| is judged (Meijs, Weier, Peters & van Oosterom 1989). Exact: the finite layered cylinder.
// `tissues` are those of the mesh, labels 1 to 4 from the axis outwards: others than reference_layers() must fail.
std::vector<Verdict> check_against_cylinder(const SolverOptions& options, const TissueTable& tissues, MPI_Comm comm);
TissueTable reference_layers();  // 0.02, muscle 0.1 across and 0.5 along, 0.04, 1.0 S/m

// How the potential of two opposite electrodes falls with the distance z along a homogeneous cylinder of radius R: far
// away as exp(-k z), k R = 1.84118 sqrt(across/along), the first zero of J_1' (the mode of a current that crosses the
// limb; the ones above fall at least 2.3 times as fast). `muscle` is the tissue of the mesh, `exact` that of the
// closed form. Judged is the relative error of k.
Verdict check_decay(const SolverOptions& options, const Tissue& muscle, const Tissue& exact, MPI_Comm comm);
Tissue reference_muscle();  // 0.1 across, 0.5 along

}  // namespace bmiss
