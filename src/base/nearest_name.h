// Suggests the names a user probably meant.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

// `known` sorted by edit distance to `name` (case-insensitive), nearest first.
std::vector<std::string> nearest_names(const std::string& name, std::vector<std::string> known);

// "; known: a, b, c" with the nearest first and at most `limit` of them ("" when none is known).
std::string known_names(const std::string& name, const std::vector<std::string>& known, std::size_t limit = 8);

}  // namespace bmiss
