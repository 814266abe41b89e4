// A recording from a MATLAB file.
#pragma once

#include <string>

#include "recording/recording.h"

namespace bmiss {

// See read_recording.
Recording read_mat_recording(const std::string& path);

}  // namespace bmiss
