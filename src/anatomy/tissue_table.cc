#include "anatomy/tissue_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "anatomy/label_map.h"
#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/output_file.h"
#include "base/table.h"
#include "base/tsv_file.h"

namespace bmiss {
namespace {

struct KindFacts {
  TissueKind kind;
  const char* name;
  double across, along;  // [S/m], low frequency
};

// Muscle: Kangasmaa, Laakso & Schmid 2025, in vivo forearm (95 % credible 0.10-0.16 / 0.52-0.60). Bone, blood: Gabriel,
// Gabriel & Corthout 1996; marrow takes their cancellous bone, which is marrow in a sparse lattice. Skin 0.17: Gabriel
// 1996, wet skin; dry skin is down to 4.55e-4, so a study should state its own. Fat: Gabriel 1996, as used in digital
// twins of the forearm. Connective: low end of the IT'IS low-frequency range of tendon (0.25-0.4). Other: as
// connective, for want of better.
constexpr std::array<KindFacts, 8> kinds = {{{TissueKind::skin, "skin", 0.17, 0.17},
                                             {TissueKind::fat, "fat", 0.0573, 0.0573},
                                             {TissueKind::muscle, "muscle", 0.13, 0.56},
                                             {TissueKind::bone, "bone", 0.02, 0.02},
                                             {TissueKind::marrow, "marrow", 0.075, 0.075},
                                             {TissueKind::connective, "connective", 0.25, 0.25},
                                             {TissueKind::vessel, "vessel", 0.67, 0.67},
                                             {TissueKind::other, "other", 0.25, 0.25}}};

// More than any tissue conducts (cerebrospinal fluid 1.8 S/m): catches values in mS/m.
constexpr double highest_tissue_conductivity = 10;

const KindFacts& facts(TissueKind kind) {
  return *std::find_if(kinds.begin(), kinds.end(), [&](const KindFacts& f) { return f.kind == kind; });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

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

std::string duplicate(const std::vector<Tissue>& tissues, const Tissue& t) {
  for (const auto& other : tissues) {
    if (other.label == t.label)
      return "label " + std::to_string(t.label) + " is given to '" + other.name + "' and to '" + t.name +
             "'; use each label once";
    if (other.name == t.name)
      return "the name '" + t.name + "' is given to labels " + std::to_string(other.label) + " and " +
             std::to_string(t.label) + "; use each name once";
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

Tissue parse(const std::vector<std::string>& words, const std::string& path, int line) {
  const double label = number(words[0], "label", path, line);
  if (label != std::floor(label) || std::abs(label) > 2147483647.0)
    throw InputError("the label is '" + words[0] + "' but must be a whole number", path, line);
  if (words.size() < 2)
    throw InputError("label " + words[0] + " has no name; write: label name [kind [conductivity [conductivity_along]]]",
                     path, line);
  if (words.size() > 5)
    throw InputError("'" + words[5] + "' is too much; a line is: label name [kind [conductivity [conductivity_along]]]",
                     path, line);
  Tissue t;
  try {
    t = default_tissue(static_cast<int>(label), words[1],
                       words.size() > 2 ? tissue_kind(words[2]) : guessed_kind(words[1]));
  } catch (const InputError& error) {
    throw InputError(std::string(error.what()) + " (a name is one word, with '_' for blanks)", path, line);
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

TissueKind tissue_kind(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& f : kinds) {
    if (lower(name) == f.name) return f.kind;
    known.emplace_back(f.name);
  }
  throw InputError("'" + name + "' is not a kind of tissue" + known_names(name, known));
}

std::string name_of(TissueKind kind) {
  return facts(kind).name;
}

// Kinds by the words of a name; the first rule that fits wins ("bone_marrow" is marrow, "intermuscular_fat" fat). A
// trailing '*' matches any ending: whole words keep muscles such as tibialis or tensor fasciae latae apart from tibia
// and fascia.
TissueKind guessed_kind(const std::string& name) {
  static const std::pair<TissueKind, std::vector<std::string>> rules[] = {
      {TissueKind::marrow, {"marrow*", "medulla*", "cancellous", "trabecular", "spongiosa"}},
      {TissueKind::fat, {"fat", "fatty", "adipos*", "subcutaneous", "subcutis"}},
      {TissueKind::connective,
       {"connective*", "tendon*", "ligament*", "fascia", "aponeuros*", "membran*", "septum", "septa", "intermuscular",
        "interosseous", "retinacul*", "cartilage"}},
      {TissueKind::skin, {"skin", "cutis", "dermis", "epidermis"}},
      {TissueKind::vessel, {"vessel*", "arter*", "vein*", "vena", "blood", "vascular", "vasculature"}},
      {TissueKind::bone,
       {"bone*", "cortical", "cortex", "compacta", "radius", "ulna", "humerus", "tibia", "fibula", "femur", "patella"}},
      {TissueKind::other, {"other", "unknown", "nerve*", "background", "implant*", "gel"}}};
  std::vector<std::string> words(1);
  for (const char c : lower(name)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      words.back() += c;
    else if (!words.back().empty())
      words.emplace_back();
  }
  for (const auto& [kind, patterns] : rules)
    for (const auto& pattern : patterns)
      for (const auto& word : words) {
        const bool open = pattern.back() == '*';
        const std::string stem = pattern.substr(0, pattern.size() - (open ? 1 : 0));
        if (open ? word.compare(0, stem.size(), stem) == 0 : word == stem) return kind;
      }
  return TissueKind::muscle;
}

Tissue default_tissue(int label, const std::string& name, TissueKind kind) {
  return {label, name, kind, facts(kind).across, facts(kind).along};
}

TissueTable::TissueTable(std::vector<Tissue> tissues) {
  for (const auto& t : tissues) {
    std::string wrong = complaint(t);
    if (wrong.empty()) wrong = duplicate(tissues_, t);
    if (wrong.empty() && (t.name.empty() || t.name.find_first_of(" \t\r\n#()") != std::string::npos))
      wrong = "the tissue name '" + t.name + "' is not one word without '#' and parentheses; use '_' for blanks";
    if (!wrong.empty()) throw InputError(wrong);
    tissues_.push_back(t);
  }
}

TissueTable TissueTable::read(const std::string& path) {
  require_readable(path, "tissue table");
  std::ifstream stream(path);
  TissueTable table;
  table.path_ = path;
  std::string text;
  for (int line = 1; std::getline(stream, text); ++line) {
    if (line == 1 && text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);  // byte order mark of some editors
    std::istringstream cells(content(text));
    std::vector<std::string> words;
    for (std::string word; cells >> word;) words.push_back(word);
    if (words.empty()) continue;
    const Tissue t = parse(words, path, line);
    std::string wrong = complaint(t);
    if (wrong.empty()) wrong = duplicate(table.tissues_, t);
    if (!wrong.empty()) throw InputError(wrong, path, line);
    table.tissues_.push_back(t);
  }
  if (table.tissues_.empty())
    throw InputError(
        "the tissue table is empty; give one line per tissue: label name [kind [conductivity [conductivity_along]]]",
        path);
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
  file.commit();
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
  const std::string sentence = "there is no tissue named '" + name + "'" + known_names(name, known);
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
    if (label == 0 || has_label(label)) continue;
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
