#include "anatomy/label_map_info.h"

#include <algorithm>
#include <string>

#include "anatomy/label_thickness.h"
#include "anatomy/label_volume.h"
#include "anatomy/tissue_table.h"
#include "base/table.h"

namespace bmiss {
namespace {

// Calls visit(neighbour index) for the voxels that share a face with voxel (i, j, k).
template <typename Visit>
void for_each_neighbour(const LabelMap& map, const std::array<int, 3>& voxel, Visit visit) {
  for (std::size_t d = 0; d < 3; ++d)
    for (const int step : {-1, 1}) {
      std::array<int, 3> other = voxel;
      other[d] += step;
      if (other[d] < 0 || other[d] >= map.size[d]) continue;
      visit(map.index(other[0], other[1], other[2]));
    }
}

std::array<int, 3> voxel_at(const LabelMap& map, std::size_t index) {
  const auto nx = static_cast<std::size_t>(map.size[0]), ny = static_cast<std::size_t>(map.size[1]);
  return {static_cast<int>(index % nx), static_cast<int>(index / nx % ny), static_cast<int>(index / (nx * ny))};
}

std::pair<std::string, std::string> name_and_kind(int label, const TissueTable* tissues) {
  if (tissues == nullptr) return {"?", "?"};
  if (tissues->has_label(label)) return {tissues->by_label(label).name, name_of(tissues->by_label(label).kind)};
  for (const LabelRule& rule : tissues->rules())
    if (rule.label == label) return {rule.name, rule.into.empty() ? "ignore" : "merge"};
  return {"?", "?"};
}

}  // namespace

LabelComponents label_components(const LabelMap& map) {
  LabelComponents result;
  result.number.assign(map.labels.size(), -1);
  std::vector<std::size_t> front;
  for (std::size_t seed = 0; seed < map.labels.size(); ++seed) {
    if (result.number[seed] >= 0) continue;
    const auto number = static_cast<std::int32_t>(result.label.size());
    result.label.push_back(map.labels[seed]);
    result.voxels.push_back(0);
    result.number[seed] = number;
    front.assign(1, seed);
    while (!front.empty()) {
      const std::size_t current = front.back();
      front.pop_back();
      ++result.voxels.back();
      for_each_neighbour(map, voxel_at(map, current), [&](std::size_t next) {
        if (result.number[next] >= 0 || map.labels[next] != map.labels[current]) return;
        result.number[next] = number;
        front.push_back(next);
      });
    }
  }
  return result;
}

std::map<std::int32_t, LabelFacts> label_facts(const LabelMap& map) {
  std::map<std::int32_t, LabelFacts> facts;
  LabelFacts* current = nullptr;
  std::int32_t previous = 0;
  for (std::size_t index = 0; index < map.labels.size(); ++index) {
    const std::int32_t label = map.labels[index];
    if (label == 0) continue;
    const auto voxel = voxel_at(map, index);
    if (label != previous) {
      const auto [entry, is_new] = facts.try_emplace(label);
      current = &entry->second;
      previous = label;
      if (is_new) current->lowest = current->highest = voxel;
    }
    ++current->voxels;
    for (std::size_t d = 0; d < 3; ++d) {
      current->lowest[d] = std::min(current->lowest[d], voxel[d]);
      current->highest[d] = std::max(current->highest[d], voxel[d]);
    }
    for_each_neighbour(map, voxel, [&](std::size_t next) {
      if (map.labels[next] != label) current->touching.insert(map.labels[next]);
    });
  }
  const LabelComponents components = label_components(map);
  for (std::size_t c = 0; c < components.label.size(); ++c) {
    if (components.label[c] == 0) continue;
    LabelFacts& entry = facts.at(components.label[c]);
    ++entry.components;
    entry.largest_component = std::max(entry.largest_component, components.voxels[c]);
  }
  return facts;
}

Table label_map_table(const LabelMap& map, const TissueTable* tissues) {
  Table table({"label", "name", "kind", "voxels", "volume [mm3]", "components", "box [voxels]", "thinnest [mm]",
               "at x y z [mm]", "touches"});
  const auto all = label_facts(map);
  std::set<std::int32_t> labels;
  for (const auto& [label, facts] : all) labels.insert(label);
  const auto thicknesses = label_thicknesses(working_volume(map), labels, ThicknessDetail::thinnest_too);
  for (const auto& [label, facts] : all) {
    const auto [name, kind] = name_and_kind(label, tissues);
    std::string box, touches;
    for (std::size_t d = 0; d < 3; ++d)
      box += (d > 0 ? " x " : "") + std::to_string(facts.lowest[d]) + "-" + std::to_string(facts.highest[d]);
    for (const auto other : facts.touching)
      touches += (touches.empty() ? "" : " ") + (other == 0 ? "outside" : std::to_string(other));
    const LabelThickness& thickness = thicknesses.at(label);
    const bool measured = thickness.thinnest > 0;
    const Eigen::Vector3d at =
        1e3 * (map.voxel_to_world * Eigen::Vector3d(thickness.place[0], thickness.place[1], thickness.place[2]));
    table.add_row({std::to_string(label), name, kind, std::to_string(facts.voxels),
                   format("%.1f", static_cast<double>(facts.voxels) * map.voxel_volume() * 1e9),
                   std::to_string(facts.components), box, measured ? format("%.2f", thickness.thinnest * 1e3) : "-",
                   measured ? format("%.1f", at[0]) + " " + format("%.1f", at[1]) + " " + format("%.1f", at[2]) : "-",
                   touches});
  }
  return table;
}

}  // namespace bmiss
