// Which tissue a label stands for, and how well it conducts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bmiss {

struct LabelMap;

enum class TissueKind { skin, fat, muscle, bone, marrow, connective, vessel, other };
TissueKind tissue_kind(const std::string& name);  // throws InputError naming the known kinds
std::string name_of(TissueKind kind);
// Judged by the words of a tissue's name: marrow, fat, connective (tendon, fascia, …), skin, vessel (artery, vein),
// bone (cortical, radius, …), other (nerve, other, …), else muscle.
TissueKind guessed_kind(const std::string& name);

struct Tissue {
  int label = 0;
  std::string name;
  TissueKind kind = TissueKind::other;
  double conductivity_across = 0;  // [S/m]; of an isotropic tissue the only one
  double conductivity_along = 0;   // [S/m] along the fibres (muscle), else equal to conductivity_across
};

// What a table says about a label that is no tissue of its own.
struct LabelRule {
  int label = 0;
  std::string name;
  std::string into;  // the tissue it belongs to; empty: ignored, as if the label had never been drawn
};

// Text table: "label<ws>name<ws>kind<ws>conductivity[<ws>conductivity_along]", conductivities in S/m; '#' starts a
// comment, "(…)" is one. Kind and conductivities may be left out: kind is then guessed from the name and the
// conductivity is the default of the kind (Gabriel 1996; muscle across/along Kangasmaa, Laakso & Schmid 2025). A muscle
// has both conductivities or none, other tissues one. Two words in the place of the kind are rules, not kinds: "label
// name merge other_name" counts the label as that tissue (on any line), "label name ignore" as unlabelled.
class TissueTable {
public:
  TissueTable() = default;
  // Throws InputError for what read() complains about.
  explicit TissueTable(std::vector<Tissue> tissues, std::vector<LabelRule> rules = {});
  // Throws InputError with file and line: bad number, label or name given twice, label < 1, conductivity <= 0 or above
  // that of any tissue, unknown kind, two conductivities of a tissue without fibres, one of a muscle, no tissue at all;
  // merging into an unknown name (nearest known first), into itself or into a name that is itself merged or ignored.
  static TissueTable read(const std::string& path);
  void write(const std::string& path) const;

  const std::vector<Tissue>& tissues() const { return tissues_; }
  const std::vector<LabelRule>& rules() const { return rules_; }
  // What the rules make of each label they name: label -> label of a tissue, or 0.
  std::map<std::int32_t, std::int32_t> replacements() const;
  bool has_label(int label) const;  // as a tissue, not as a rule
  // The table with one more tissue of a label that was free; its label is returned by by_name().
  TissueTable with(const std::string& name, TissueKind kind) const;
  const Tissue& by_label(int label) const;               // throws InputError naming the known labels
  const Tissue& by_name(const std::string& name) const;  // throws InputError, nearest names first
  std::vector<const Tissue*> of_kind(TissueKind kind) const;
  // Throws InputError when the map holds a label that neither a tissue nor a rule has (which, how many voxels, what to
  // add).
  void require_all_labels(const LabelMap& map, const std::string& map_path) const;

private:
  std::string refusal(const LabelRule& rule) const;

  std::vector<Tissue> tissues_;
  std::vector<LabelRule> rules_;
  std::string path_;
};

Tissue default_tissue(int label, const std::string& name, TissueKind kind);

}  // namespace bmiss
