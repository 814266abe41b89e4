// The derivative of a lead field by one parameter as a lead field itself: whatever is linear in the potential, such as
// an action potential, becomes its derivative by that parameter when it is computed from this one.
#pragma once

#include <cstddef>
#include <memory>

#include "forward/lead_field.h"

namespace bmiss {

// Potentials are tangents of `lead_field`, which must outlive it, V/A over the parameter's unit; electrodes and
// smoothing widths are its own, so set its electrodes instead of these. Throws as LeadField::tangent().
std::unique_ptr<LeadField> tangent_field(const LeadField& lead_field, std::size_t parameter);

}  // namespace bmiss
