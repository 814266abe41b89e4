// Where a finished lead field asks for shorter edges.
#pragma once

#include <string>

#include "anatomy/size_field.h"

namespace bmiss {

// From the error indicator in a lead-field file, for `growth` (>= 1) times as many tetrahedra. Throws InputError when
// the file is not a finished lead field with an indicator.
WantedEdges refined_edges(const std::string& lead_field_file, double growth);

}  // namespace bmiss
