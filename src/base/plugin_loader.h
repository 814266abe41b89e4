// Loads users' shared objects, which register their models while they are loaded.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

// Throws InputError with the loader's reason when a file is missing or does not fit this build.
void load_plugins(const std::vector<std::string>& shared_objects);

}  // namespace bmiss
