// The same lead field with its potentials against another reference: a choice at reading time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "forward/lead_field.h"

namespace bmiss {

// patch: the reference that the field was computed with; electrode: one of the array; mean: of all electrodes.
enum class ReferenceKind { patch, electrode, mean };

struct ReferenceChoice {
  ReferenceKind kind = ReferenceKind::patch;
  std::string electrode;  // name, for that kind

  // Section "Montage".
  static void declare_parameters(Parameters& parameters);
  static ReferenceChoice parse_parameters(const Parameters& parameters);
};

// Takes the row of the electrode, or the mean of all rows, from every row; the electrode's own row is zero then. Throws
// InputError listing the known electrodes when the array has none of that name, here and when other electrodes are set.
std::unique_ptr<LeadField> with_reference(std::unique_ptr<LeadField> lead_field, const ReferenceChoice& choice);

}  // namespace bmiss
