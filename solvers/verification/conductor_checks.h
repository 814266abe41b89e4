// Checks of a discretised conductor against itself: identities of the discrete system, and the same field found in
// other ways. Each returns what it found with its limit; none throws because of a bad value.
#pragma once

#include <vector>

#include "solvers/verification/check_case.h"
#include "solvers/verification/verdicts.h"

namespace bmiss {

// Reciprocity, delivered current and symmetry of the electrode matrix (lead_field_checks.h), for `fields` of the case.
// They hold to solver tolerance, not to discretisation error. Collective.
std::vector<Verdict> check_identities(const CheckCase& check_case, const CheckFields& fields);

// The same fields from a factorisation, when `fields` were found by iterating, and the other way round. Collective.
Verdict check_other_solver(const CheckCase& check_case, const SolverOptions& options, const CheckFields& fields);

// The limb enlarged by 3/2, with its electrodes, and conducting 7 times as well: the field must become 2/21 of what it
// was (w has the unit of 1 / (conductivity x length)). Collective.
Verdict check_scaling(const CheckCase& check_case, const SolverOptions& options, const CheckFields& fields);

// The first field of the case on 1, 2, 4, … of `world`'s ranks and on all of them, solved to a residual of 1e-12 or the
// options' own, if that is larger than the default. Collective over `world`; the case as made on `world`.
Verdict check_ranks(const CheckCase& check_case, const SolverOptions& options, MPI_Comm world);

// The rows of a finished lead-field file at places inside the muscles against `fields`; an unfinished or foreign file
// fails with what differs as the remark. Collective.
Verdict check_stored(const CheckCase& check_case, const CheckFields& fields, const LeadFieldProblem& problem,
                     const std::string& path);

}  // namespace bmiss
