// Are the derivatives of the action potential model right? Taylor remainders for each parameter.
#pragma once

#include <string>
#include <vector>

#include "inversion/refine/muap_model.h"

namespace bmiss {

struct TaylorRate {
  std::string parameter;
  double rate = 0;       // order of the remainder value(x + h) - value(x) - h derivative; 2 for a right derivative
  double remainder = 0;  // of the smallest step, relative to the action potential; rates below 1e-5 are rounding
};

// Steps of 1, 1/2, 1/4 and 1/8 of the parameter's scale (unit_parameter_kinds()); the rate is the mean over the three
// halvings. One entry for each parameter of a unit, in their order.
std::vector<TaylorRate> taylor_rates(const MuapModel& model, const UnitParameters& unit);

// A unit on which every parameter acts: in the muscle's middle, off the nodes of every grid, fibres shorter than their
// paths, 1 uS m.
UnitParameters unit_for_taylor_rates(const MuapModel& model, int muscle);

}  // namespace bmiss
