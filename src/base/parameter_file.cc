#include "base/parameter_file.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/output_file.h"

namespace bmiss {
namespace {

std::string trim(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string join(const std::vector<std::string>& sections, const std::string& key) {
  std::string path;
  for (const auto& section : sections) path += section + "/";
  return path + key;
}

// The grammar of dealii::ParameterHandler: subsection / set / end, '#' comments, '\' continues a line.
std::vector<ParameterEntry> read_prm(const std::string& path) {
  std::ifstream stream(path);
  std::vector<ParameterEntry> entries;
  std::vector<std::string> sections;
  std::vector<int> section_lines;
  std::string line, next;
  for (int number = 1, first; std::getline(stream, line); ++number) {
    first = number;
    line = trim(line.substr(0, line.find('#')));
    while (!line.empty() && line.back() == '\\' && std::getline(stream, next)) {
      ++number;
      line = trim(line.substr(0, line.size() - 1)) + " " + trim(next.substr(0, next.find('#')));
    }
    if (line.empty()) continue;
    const std::string word = line.substr(0, line.find_first_of(" \t"));
    const std::string rest = trim(line.substr(word.size()));
    if (word == "subsection" && !rest.empty()) {
      sections.push_back(rest);
      section_lines.push_back(first);
    } else if (word == "end" && rest.empty()) {
      if (sections.empty()) throw InputError("'end' closes no subsection; remove it", path, first);
      sections.pop_back();
      section_lines.pop_back();
    } else if (word == "set") {
      const auto equals = rest.find('=');
      if (equals == std::string::npos)
        throw InputError("'" + line + "' has no '='; write 'set key = value'", path, first);
      entries.push_back({join(sections, trim(rest.substr(0, equals))), trim(rest.substr(equals + 1)), path, first});
    } else {
      throw InputError("'" + line + "' is neither 'subsection <name>', 'set <key> = <value>' nor 'end'", path, first);
    }
  }
  if (!sections.empty())
    throw InputError("subsection '" + sections.back() + "' is never closed; add 'end'", path, section_lines.back());
  return entries;
}

void flatten(const nlohmann::json& node, std::vector<std::string>& sections, const std::string& path,
             std::vector<ParameterEntry>& entries) {
  for (const auto& [key, value] : node.items()) {
    if (value.is_object()) {
      sections.push_back(key);
      flatten(value, sections, path, entries);
      sections.pop_back();
      continue;
    }
    std::string text;
    if (value.is_array()) {
      for (const auto& item : value)
        text += (text.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : item.dump());
    } else {
      text = value.is_string() ? value.get<std::string>() : value.dump();
    }
    entries.push_back({join(sections, key), text, path, 0});
  }
}

std::vector<ParameterEntry> read_json(const std::string& path) {
  std::ifstream stream(path);
  std::vector<ParameterEntry> entries;
  std::vector<std::string> sections;
  try {
    const auto root = nlohmann::json::parse(stream);
    if (!root.is_object()) throw InputError("the top level of a JSON parameter file must be an object", path);
    flatten(root, sections, path, entries);
  } catch (const nlohmann::json::exception& error) {
    throw InputError(std::string("is not valid JSON (") + error.what() + ")", path);
  }
  return entries;
}

}  // namespace

std::vector<ParameterEntry> read_parameter_file(const std::string& path) {
  require_text(path, "parameter file");
  const bool json = path.size() > 5 && path.substr(path.size() - 5) == ".json";
  return json ? read_json(path) : read_prm(path);
}

ParameterEntry parse_override(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InputError("--set '" + text + "' has no '='; write --set \"Section/Key=value\"");
  return {trim(text.substr(0, equals)), trim(text.substr(equals + 1)), "--set", 0};
}

}  // namespace bmiss
