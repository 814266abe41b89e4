// Are the derivatives right that a decomposition with this study's lead field climbs along?
#pragma once

#include <vector>

#include "solvers/verification/verdicts.h"

namespace bmiss {

class Report;
class Study;

// Taylor rates of the action potential model (inversion/refine/muap_model.h) for every parameter of a unit in the
// study's muscle, on its fibres and stored lead field. Not checked, with a reason, where there is none yet or it does
// not carry a model. Collective over MPI_COMM_WORLD; only rank 0 computes, and only its verdicts are there.
std::vector<Verdict> check_muap_derivatives(const Study& study, Report& report);

}  // namespace bmiss
