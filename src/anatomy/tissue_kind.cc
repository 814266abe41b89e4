#include <algorithm>
#include <array>
#include <cctype>

#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/nearest_name.h"

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

const KindFacts& facts(TissueKind kind) {
  return *std::find_if(kinds.begin(), kinds.end(), [&](const KindFacts& f) { return f.kind == kind; });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
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

}  // namespace bmiss
