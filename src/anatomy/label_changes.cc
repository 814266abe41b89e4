#include "anatomy/label_changes.h"

#include <algorithm>
#include <set>

#include "anatomy/tissue_table.h"
#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

std::string name_of(std::int32_t label, const TissueTable& tissues) {
  if (label == 0) return "outside";
  if (tissues.has_label(label)) return tissues.by_label(label).name;
  for (const LabelRule& rule : tissues.rules())
    if (rule.label == label) return rule.name;
  return "?";
}

template <typename Value>
Value value_or_zero(const std::map<std::int32_t, Value>& values, std::int32_t label) {
  const auto found = values.find(label);
  return found == values.end() ? Value() : found->second;
}

}  // namespace

LabelChanges::LabelChanges(const LabelMap& before)
    : voxel_mm3_(before.voxel_volume() * 1e9), before_(before.voxel_counts()) {}

void LabelChanges::record(const std::string& step, const std::vector<std::int32_t>& before,
                          const std::vector<std::int32_t>& after) {
  BMISS_ASSERT(before.size() == after.size());
  Step result{step, {}};
  for (std::size_t v = 0; v < before.size(); ++v) {
    if (before[v] == after[v]) continue;
    ++result.changes[before[v]].removed;
    ++result.changes[after[v]].gained;
  }
  if (!result.changes.empty()) steps_.push_back(result);
}

void LabelChanges::report_to(Report& report, const TissueTable& tissues,
                             const std::map<std::int32_t, std::size_t>& after,
                             const std::vector<std::string>& intended) const {
  std::vector<std::string> header{"label", "name", "islands", "before mm3"};
  std::set<std::int32_t> changed;
  for (const Step& step : steps_) {
    header.push_back(step.name);
    for (const auto& [label, change] : step.changes) changed.insert(label);
  }
  header.emplace_back("after mm3");
  const auto mm3 = [&](std::size_t voxels) { return static_cast<double>(voxels) * voxel_mm3_; };
  Table table(header);
  for (const std::int32_t label : changed) {
    if (label == 0) continue;
    const std::string name = name_of(label, tissues), fact = "label map/label_" + std::to_string(label) + "/";
    const std::size_t before = value_or_zero(before_, label), left = value_or_zero(after, label);
    const std::size_t islands = value_or_zero(islands_, label);
    std::vector<std::string> row{std::to_string(label), name, std::to_string(islands), format("%.1f", mm3(before))};
    report.fact(fact + "islands", static_cast<double>(islands));
    report.fact(fact + "before_mm3", mm3(before));
    bool was_meant = false;
    for (const Step& step : steps_) {
      const Change change = value_or_zero(step.changes, label);
      std::string cell;
      if (change.removed > 0) cell = "-" + format("%.1f", mm3(change.removed));
      if (change.gained > 0) cell += (cell.empty() ? "+" : " +") + format("%.1f", mm3(change.gained));
      row.push_back(cell.empty() ? "." : cell);
      was_meant =
          was_meant || (change.removed > 0 && std::find(intended.begin(), intended.end(), step.name) != intended.end());
      if (change.removed > 0) report.fact(fact + step.name + "/removed_mm3", mm3(change.removed));
      if (change.gained > 0) report.fact(fact + step.name + "/gained_mm3", mm3(change.gained));
    }
    row.push_back(format("%.1f", mm3(left)));
    report.fact(fact + "after_mm3", mm3(left));
    table.add_row(row);
    if (left == 0 && before > 0 && !was_meant)
      report.warn("label " + std::to_string(label) + " (" + name + ") vanished: all its " +
                  format("%.1f", mm3(before)) +
                  " mm3 lay in pieces smaller than 'Contour/Smallest island' or in thin "
                  "necks; lower that number to keep it");
  }
  if (!steps_.empty()) {
    report.line("what preparing the label map removed and added, mm3");
    report.table(table);
  }
}

}  // namespace bmiss
