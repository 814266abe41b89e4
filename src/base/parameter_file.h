// Entries of a .prm or .json parameter file with their lines, so that complaints can point at them.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

struct ParameterEntry {
  std::string path;  // "Grids/arm/Spacing"
  std::string value;
  std::string source;  // file name, or "--set"
  int line = 0;        // 0: unknown (JSON) or command line
};

// Throws InputError for unreadable files and broken syntax (file and line).
std::vector<ParameterEntry> read_parameter_file(const std::string& path);
// "Section/Key=value" -> entry. Throws InputError when there is no '='.
ParameterEntry parse_override(const std::string& text);

}  // namespace bmiss
