// Versions of bmiss and of the libraries it computes with.
#pragma once

#include <map>
#include <string>

namespace bmiss {

std::string version();                                  // "0.1.0"
std::map<std::string, std::string> library_versions();  // {"bmiss": "0.1.0", "deal.II": "9.4.1", …}

}  // namespace bmiss
