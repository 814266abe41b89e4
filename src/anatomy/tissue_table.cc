#include "anatomy/tissue_table.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "anatomy/label_map.h"
#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/output_file.h"
#include "base/table.h"
#include "base/tsv_file.h"

namespace bmiss {
namespace {

// More than any tissue conducts (cerebrospinal fluid 1.8 S/m): catches values in mS/m.
constexpr double highest_tissue_conductivity = 10;

// Empty when all is well, else what is wrong.
std::string complaint(const Tissue& t) {
  if (t.label < 1)
    return "label " + std::to_string(t.label) +
           " is not allowed; labels of tissues are whole numbers from 1 (0 is outside the body)";
  for (const double value : {t.conductivity_across, t.conductivity_along}) {
    if (!(value > 0) || !std::isfinite(value))
      return "the conductivity of '" + t.name + "' is " + format_real(value) + " S/m but must be positive";
    if (t.kind != TissueKind::other && value > highest_tissue_conductivity)
      return "the conductivity of '" + t.name + "' is " + format_real(value) +
             " S/m, more than any tissue has; values are in S/m, "
             "not mS/m";
  }
  if (t.kind != TissueKind::muscle && t.conductivity_along != t.conductivity_across)
    return "'" + t.name + "' (" + name_of(t.kind) + ") has two conductivities, but only muscle has fibres; give one";
  return "";
}

// Of tissues and rules alike.
template <typename Entry>
std::string duplicate(const std::vector<Entry>& entries, int label, const std::string& name) {
  for (const auto& other : entries) {
    if (other.label == label)
      return "label " + std::to_string(label) + " is given to '" + other.name + "' and to '" + name +
             "'; use each label once";
    if (other.name == name)
      return "the name '" + name + "' is given to labels " + std::to_string(other.label) + " and " +
             std::to_string(label) + "; use each name once";
  }
  return "";
}

// Without comments: from '#' on, and "(…)" after a name.
std::string content(const std::string& line) {
  std::string result;
  int depth = 0;
  for (const char c : line) {
    if (c == '#') break;
    if (c == '(') ++depth;
    if (depth == 0) result += c;
    if (c == ')' && depth > 0 && --depth == 0) result += ' ';
  }
  return result;
}

double number(const std::string& word, const std::string& what, const std::string& path, int line) {
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (end == word.c_str() || *end != '\0')
    throw InputError("the " + what + " is '" + word +
                         "' but must be a number; a line is: label name [kind [conductivity "
                         "[conductivity_along]]], with '_' for blanks in names",
                     path, line);
  return value;
}

int parse_label(const std::vector<std::string>& words, const std::string& path, int line) {
  const double label = number(words[0], "label", path, line);
  if (label != std::floor(label) || std::abs(label) > 2147483647.0)
    throw InputError("the label is '" + words[0] + "' but must be a whole number", path, line);
  if (words.size() < 2)
    throw InputError("label " + words[0] + " has no name; write: label name [kind [conductivity [conductivity_along]]]",
                     path, line);
  return static_cast<int>(label);
}

bool is_rule(const std::vector<std::string>& words) {
  return words.size() > 2 && (words[2] == "merge" || words[2] == "ignore");
}

LabelRule parse_rule(const std::vector<std::string>& words, const std::string& path, int line) {
  LabelRule rule{parse_label(words, path, line), words[1], ""};
  const bool merge = words[2] == "merge";
  if (rule.label < 1)
    throw InputError("label " + words[0] + " is not allowed; labels are whole numbers from 1", path, line);
  if (merge && words.size() < 4)
    throw InputError("'" + rule.name + "' is merged but not said into what; write: label name merge other_name", path,
                     line);
  if (words.size() > (merge ? 4 : 3))
    throw InputError("'" + words[merge ? 4 : 3] +
                         "' is too much; a line is: label name merge other_name, or: label "
                         "name ignore",
                     path, line);
  if (merge) rule.into = words[3];
  return rule;
}

Tissue parse(const std::vector<std::string>& words, const std::string& path, int line) {
  const int label = parse_label(words, path, line);
  if (words.size() > 5)
    throw InputError("'" + words[5] + "' is too much; a line is: label name [kind [conductivity [conductivity_along]]]",
                     path, line);
  Tissue t;
  try {
    t = default_tissue(label, words[1], words.size() > 2 ? tissue_kind(words[2]) : guessed_kind(words[1]));
  } catch (const InputError& error) {
    throw InputError(std::string(error.what()) + " (a name is one word, with '_' for blanks; " +
                         "'merge other_name' and 'ignore' may stand here too)",
                     path, line);
  }
  if (words.size() == 4 && t.kind == TissueKind::muscle)
    throw InputError("the muscle '" + t.name +
                         "' has one conductivity; give two, across and along the fibres (twice the same if it "
                         "shall be isotropic)",
                     path, line);
  if (words.size() > 3) t.conductivity_across = t.conductivity_along = number(words[3], "conductivity", path, line);
  if (words.size() > 4) t.conductivity_along = number(words[4], "conductivity along the fibres", path, line);
  return t;
}

}  // namespace

// Empty when the rule can be kept, else what is wrong.
std::string TissueTable::refusal(const LabelRule& rule) const {
  if (rule.into.empty()) return "";
  if (rule.into == rule.name) return "'" + rule.name + "' is merged into itself; name another tissue, or leave it be";
  std::vector<std::string> known;
  for (const auto& t : tissues_) {
    if (t.name == rule.into) return "";
    known.push_back(t.name);
  }
  for (const auto& other : rules_)
    if (other.name == rule.into)
      return "'" + rule.name + "' is merged into '" + rule.into + "', which is itself " +
             (other.into.empty() ? "ignored; write: " + std::to_string(rule.label) + " " + rule.name + " ignore"
                                 : "merged into '" + other.into + "'; merge it into a tissue directly");
  return "'" + rule.name + "' is merged into '" + rule.into + "', which is not in the table" +
         known_names(rule.into, known);
}

TissueTable::TissueTable(std::vector<Tissue> tissues, std::vector<LabelRule> rules) {
  const auto refuse = [](const std::string& wrong) {
    if (!wrong.empty()) throw InputError(wrong);
  };
  const auto require_word = [&](const std::string& name) {
    if (name.empty() || name.find_first_of(" \t\r\n#()") != std::string::npos)
      refuse("the tissue name '" + name + "' is not one word without '#' and parentheses; use '_' for blanks");
  };
  for (const auto& t : tissues) {
    refuse(complaint(t));
    refuse(duplicate(tissues_, t.label, t.name));
    require_word(t.name);
    tissues_.push_back(t);
  }
  for (const auto& rule : rules) {
    refuse(duplicate(tissues_, rule.label, rule.name));
    refuse(duplicate(rules_, rule.label, rule.name));
    require_word(rule.name);
    rules_.push_back(rule);
  }
  for (const auto& rule : rules_) refuse(refusal(rule));
}

TissueTable TissueTable::read(const std::string& path) {
  require_text(path, "tissue table");
  std::ifstream stream(path);
  TissueTable table;
  table.path_ = path;
  std::vector<int> rule_lines;
  std::string text;
  for (int line = 1; std::getline(stream, text); ++line) {
    if (line == 1 && text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);  // byte order mark of some editors
    std::istringstream cells(content(text));
    std::vector<std::string> words;
    for (std::string word; cells >> word;) words.push_back(word);
    if (words.empty()) continue;
    const auto refuse = [&](const std::string& wrong) {
      if (!wrong.empty()) throw InputError(wrong, path, line);
    };
    const auto require_new = [&](int label, const std::string& name) {
      refuse(duplicate(table.tissues_, label, name));
      refuse(duplicate(table.rules_, label, name));
    };
    if (is_rule(words)) {
      const LabelRule rule = parse_rule(words, path, line);
      require_new(rule.label, rule.name);
      table.rules_.push_back(rule);
      rule_lines.push_back(line);
      continue;
    }
    const Tissue t = parse(words, path, line);
    refuse(complaint(t));
    require_new(t.label, t.name);
    table.tissues_.push_back(t);
  }
  if (table.tissues_.empty())
    throw InputError(
        "the tissue table is empty; give one line per tissue: label name [kind [conductivity [conductivity_along]]]",
        path);
  for (std::size_t i = 0; i < table.rules_.size(); ++i) {
    const std::string wrong = table.refusal(table.rules_[i]);
    if (!wrong.empty()) throw InputError(wrong, path, rule_lines[i]);
  }
  return table;
}

void TissueTable::write(const std::string& path) const {
  OutputFile file(path);
  file.stream() << "# label\tname\tkind\tconductivity [S/m]\tconductivity along the fibres [S/m]\n";
  for (const auto& t : tissues_) {
    file.stream() << t.label << '\t' << t.name << '\t' << name_of(t.kind) << '\t' << format_real(t.conductivity_across);
    if (t.kind == TissueKind::muscle) file.stream() << '\t' << format_real(t.conductivity_along);
    file.stream() << '\n';
  }
  for (const auto& rule : rules_)
    file.stream() << rule.label << '\t' << rule.name << '\t' << (rule.into.empty() ? "ignore" : "merge\t" + rule.into)
                  << '\n';
  file.commit();
}

std::map<std::int32_t, std::int32_t> TissueTable::replacements() const {
  std::map<std::int32_t, std::int32_t> result;
  for (const auto& rule : rules_) result[rule.label] = rule.into.empty() ? 0 : by_name(rule.into).label;
  return result;
}

TissueTable TissueTable::with(const std::string& name, TissueKind kind) const {
  std::set<int> taken;
  for (const auto& t : tissues_) taken.insert(t.label);
  for (const auto& rule : rules_) taken.insert(rule.label);
  int label = 1;
  while (taken.count(label) != 0) ++label;
  TissueTable result = *this;
  result.tissues_.push_back(default_tissue(label, name, kind));
  return result;
}

bool TissueTable::has_label(int label) const {
  return std::any_of(tissues_.begin(), tissues_.end(), [&](const Tissue& t) { return t.label == label; });
}

const Tissue& TissueTable::by_label(int label) const {
  std::string known;
  for (const auto& t : tissues_) {
    if (t.label == label) return t;
    known += (known.empty() ? "" : ", ") + std::to_string(t.label) + " " + t.name;
  }
  const std::string sentence = "there is no tissue with label " + std::to_string(label) + "; known: " + known;
  throw path_.empty() ? InputError(sentence) : InputError(sentence, path_);
}

const Tissue& TissueTable::by_name(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& t : tissues_) {
    if (t.name == name) return t;
    known.push_back(t.name);
  }
  std::string sentence = "there is no tissue named '" + name + "'" + known_names(name, known);
  for (const auto& rule : rules_)
    if (rule.name == name)
      sentence = "'" + name + "' is " +
                 (rule.into.empty() ? "ignored by the table; take another tissue"
                                    : "merged into '" + rule.into + "' by the table; use that name");
  throw path_.empty() ? InputError(sentence) : InputError(sentence, path_);
}

std::vector<const Tissue*> TissueTable::of_kind(TissueKind kind) const {
  std::vector<const Tissue*> result;
  for (const auto& t : tissues_)
    if (t.kind == kind) result.push_back(&t);
  return result;
}

void TissueTable::require_all_labels(const LabelMap& map, const std::string& map_path) const {
  std::string missing;
  int first = 0, count = 0;
  for (const auto& [label, voxels] : map.voxel_counts()) {
    const auto has_rule = [&, number = label](const LabelRule& rule) { return rule.label == number; };
    if (label == 0 || has_label(label) || std::any_of(rules_.begin(), rules_.end(), has_rule)) continue;
    if (count++ == 0) first = label;
    if (count <= 5)
      missing += (count > 1 ? ", " : "") + std::to_string(label) + " (" + std::to_string(voxels) + " voxels)";
  }
  if (count == 0) return;
  if (count > 5) missing += " and " + std::to_string(count - 5) + " more";
  const std::string table = path_.empty() ? "the tissue table" : "the tissue table '" + path_ + "'";
  throw InputError("the label map holds " + std::string(count > 1 ? "labels " : "label ") + missing + " that " + table +
                       " lacks; add a line such as '" + std::to_string(first) + " name_of_tissue muscle'",
                   map_path);
}

}  // namespace bmiss
