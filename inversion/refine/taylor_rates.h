// Are the derivatives of the action potential model right? Taylor remainders for each parameter.
#pragma once

#include <string>
#include <vector>

#include "inversion/refine/muap_model.h"

namespace bmiss {

struct MuapTaylorRate {
  std::string parameter;
  // Order of the remainder value(x + h) - value(x) - h derivative: 2 for a right derivative. NaN when rounding hides
  // it.
  double rate = 0;
  double remainder = 0;  // of the smallest step that counts, relative to the action potential
};

// Steps of 1, 1/2, … 1/64 of the parameter's scale (unit_parameter_kinds()), as long as the remainder is above 1e-5,
// where rounding of single precision begins; the rate is that of the last halving, nearest to the limit. One entry for
// each parameter of a unit, in their order.
std::vector<MuapTaylorRate> taylor_rates(const MuapModel& model, const UnitParameters& unit);

// A unit on which every parameter acts: near the muscle's middle and well inside, off the nodes of every grid, fibres
// shorter than their paths, 1 uS m.
UnitParameters unit_for_taylor_rates(const MuapModel& model, int muscle);

}  // namespace bmiss
