#include "anatomy/label_preparation.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "anatomy/contour.h"
#include "anatomy/fat_layer.h"
#include "anatomy/label_bridges.h"
#include "anatomy/label_changes.h"
#include "anatomy/label_cleaning.h"
#include "anatomy/label_thickness.h"
#include "anatomy/label_volume.h"
#include "anatomy/limb_selection.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

// Muscles drawn without what lies between them are one limb up to this distance.
constexpr double gap_between_muscles = 10e-3;

std::set<std::int32_t> labels_of(const TissueTable& tissues, const std::vector<TissueKind>& kinds) {
  std::set<std::int32_t> result;
  for (const TissueKind kind : kinds)
    for (const Tissue* tissue : tissues.of_kind(kind)) result.insert(tissue->label);
  return result;
}

bool holds_any(const LabelMap& map, const std::set<std::int32_t>& labels) {
  const auto counts = map.voxel_counts();
  return std::any_of(labels.begin(), labels.end(), [&](std::int32_t label) { return counts.count(label) != 0; });
}

void apply_rules(LabelMap& map, const TissueTable& tissues) {
  const auto replacements = tissues.replacements();
  if (replacements.empty()) return;
  for (std::int32_t& label : map.labels) {
    const auto found = replacements.find(label);
    if (found != replacements.end()) label = found->second;
  }
}

// The skin is laid as one layer.
void unite_skins(LabelMap& map, const TissueTable& tissues, Report& report) {
  const auto skins = tissues.of_kind(TissueKind::skin);
  if (skins.size() < 2) return;
  report.line("  the " + std::to_string(skins.size()) + " tissues of kind skin are meshed as one, '" +
              skins.front()->name + "'");
  for (std::int32_t& label : map.labels)
    for (const Tissue* skin : skins)
      if (label == skin->label) label = skins.front()->label;
}

void name_missing_labels(const LabelMap& raw, const TissueTable& tissues, Report& report) {
  const auto counts = raw.voxel_counts();
  std::string missing;
  const auto look_for = [&](int label, const std::string& name) {
    if (counts.count(label) == 0) missing += (missing.empty() ? "" : ", ") + std::to_string(label) + " " + name;
  };
  for (const Tissue& tissue : tissues.tissues()) look_for(tissue.label, tissue.name);
  for (const LabelRule& rule : tissues.rules()) look_for(rule.label, rule.name);
  if (!missing.empty()) report.line("  in the tissue table but not in the label map: " + missing);
}

// Islands and voids; then bridges, and the islands that cutting them sets free.
void clean(LabelMap& map, const TissueTable& tissues, int smallest_island, LabelChanges& changes, Report& report) {
  const auto smallest = static_cast<std::size_t>(std::max(smallest_island, 0));
  const std::int32_t fill = default_fill_label(map, tissues);
  LabelVolume volume = working_volume(map);
  const auto layers = labels_of(tissues, {TissueKind::skin, TissueKind::fat});
  CleaningCounts counts = clean_labels(volume, smallest, fill, layers);
  changes.record("islands, voids", map.labels, volume.labels);
  map.labels = volume.labels;
  const auto solid = labels_of(tissues, {TissueKind::bone, TissueKind::marrow, TissueKind::muscle});
  const std::size_t bridges = cut_bridges(volume, solid, smallest);
  if (bridges > 0)
    for (const auto& [label, islands] : clean_labels(volume, smallest, fill, layers).islands)
      counts.islands[label] += islands;
  changes.record("bridges", map.labels, volume.labels);
  map.labels = std::move(volume.labels);
  changes.count_islands(counts.islands);
  const double mm3 = map.voxel_volume() * 1e9;
  report.fact("label map/voids", static_cast<double>(counts.voids));
  report.fact("label map/voids_mm3", static_cast<double>(counts.void_voxels) * mm3);
  report.fact("label map/bridges", static_cast<double>(bridges));
  if (counts.void_voxels > 0)
    report.line("  filled " + format("%.1f", static_cast<double>(counts.void_voxels) * mm3) +
                " mm3 of unlabelled places inside the body");
  if (bridges > 0) report.line("  cut " + std::to_string(bridges) + " bridges one voxel thin");
}

void grow_missing_fat(PreparedLabelMap& prepared, double thickness, LabelChanges& changes, Report& report) {
  FatLayer layer;
  layer.thickness = thickness;
  layer.all_fat = labels_of(prepared.tissues, {TissueKind::fat});
  layer.skin = labels_of(prepared.tissues, {TissueKind::skin});
  if (layer.all_fat.empty()) {
    prepared.tissues = prepared.tissues.with("subcutaneous_fat", TissueKind::fat);
    layer.all_fat = labels_of(prepared.tissues, {TissueKind::fat});
    report.line("  no fat in the tissue table: 'subcutaneous_fat' added as label " +
                std::to_string(*layer.all_fat.begin()));
  }
  // Of several, the one there is most of, unless another says by its name that it lies under the skin.
  std::size_t most = 0;
  layer.fat = *layer.all_fat.begin();
  const auto counts = prepared.map.voxel_counts();
  for (const std::int32_t label : layer.all_fat) {
    const bool under_skin = prepared.tissues.by_label(label).name.find("subcut") != std::string::npos;
    const std::size_t voxels = counts.count(label) != 0 ? counts.at(label) : 0;
    if (!under_skin && voxels <= most) continue;
    layer.fat = label;
    most = under_skin ? prepared.map.labels.size() : voxels;
  }
  LabelMap grown = grow_fat(prepared.map, layer);
  // Padded alike, the map before is comparable voxel by voxel.
  const Eigen::Vector3d shift =
      grown.voxel_to_world.inverse() * (prepared.map.voxel_to_world * Eigen::Vector3d::Zero());
  std::array<int, 6> layers{};
  for (int axis = 0; axis < 3; ++axis) {
    layers[2 * axis] = static_cast<int>(std::lround(shift[axis]));
    layers[2 * axis + 1] = grown.size[axis] - prepared.map.size[axis] - layers[2 * axis];
  }
  changes.record("fat grown", padded(prepared.map, layers).labels, grown.labels);
  prepared.map = std::move(grown);
}

// Sides that cut the limb are named; a body that only grazes one gets air there, so that its skin closes.
void settle_sides(PreparedLabelMap& prepared, Report& report) {
  const auto skin = labels_of(prepared.tissues, {TissueKind::skin});
  std::vector<char> body(prepared.map.labels.size());
  for (std::size_t v = 0; v < body.size(); ++v)
    body[v] = prepared.map.labels[v] != 0 && skin.count(prepared.map.labels[v]) == 0 ? 1 : 0;
  const auto sides = image_sides(prepared.map, body);
  std::array<int, 6> layers{};
  for (int side = 0; side < 4; ++side) {
    if (!sides[side].cuts()) {
      layers[side] = sides[side].area > 0 ? 1 : 0;
      continue;
    }
    const Eigen::Vector3d outward =
        (side % 2 == 0 ? -1 : 1) * prepared.map.voxel_to_world.linear().col(side / 2).normalized();
    report.warn("the limb leaves the image on the side towards (" + format("%.2f", outward[0]) + ", " +
                format("%.2f", outward[1]) + ", " + format("%.2f", outward[2]) + ") over " +
                format("%.1f", sides[side].area * 1e4) + " cm2: it is cut there, without skin");
    report.fact("label map/cut_side_" + std::string(1, "ij"[side / 2]) + (side % 2 == 0 ? "_low_cm2" : "_high_cm2"),
                sides[side].area * 1e4);
  }
  prepared.map = padded(prepared.map, layers);
  report.fact("label map/end_low_k_cm2", sides[4].area * 1e4);
  report.fact("label map/end_high_k_cm2", sides[5].area * 1e4);
}

void require_tissues(const PreparedLabelMap& prepared) {
  const auto counts = prepared.map.voxel_counts();
  std::set<std::int32_t> present;
  for (const auto& [label, voxels] : counts)
    if (label != 0) present.insert(label);
  if (present.size() > 1) return;
  const std::string only = present.empty() ? "no label"
                                           : "only the label " + std::to_string(*present.begin()) + " (" +
                                                 prepared.tissues.by_label(*present.begin()).name + ")";
  throw InputError(
      "the label map holds " + only +
      ", but currents in a limb need at least a muscle and what lies around it; segment the muscle and the "
      "rest of the limb as two labels, or set 'Label map/Least fat thickness' to grow fat around it");
}

void warn_of_empty_slices(const LabelMap& map, Report& report) {
  const auto slice = static_cast<std::ptrdiff_t>(map.index(0, 0, 1));
  std::vector<int> empty, between;  // empty ones so far, and those with labels on both sides
  bool begun = false;
  for (int k = 0; k < map.size[2]; ++k) {
    const auto first = map.labels.begin() + slice * k;
    if (std::all_of(first, first + slice, [](std::int32_t label) { return label == 0; })) {
      if (begun) empty.push_back(k);
      continue;
    }
    begun = true;
    between = empty;
  }
  if (between.empty()) return;
  const Eigen::Vector3d place =
      1e3 * (map.voxel_to_world * Eigen::Vector3d(0.5 * (map.size[0] - 1), 0.5 * (map.size[1] - 1), between.front()));
  report.warn(std::to_string(between.size()) +
              " slices across the limb hold no label, though others on both sides do (from (" +
              format("%.0f", place[0]) + ", " + format("%.0f", place[1]) + ", " + format("%.0f", place[2]) +
              ") mm on): the limb ends there; segment them too");
}

void warn_of_separate_pieces(const PreparedLabelMap& prepared, Report& report) {
  LabelVolume body = working_volume(prepared.map);
  for (std::int32_t& label : body.labels) label = label != 0 ? 1 : 0;
  const Pieces pieces = find_pieces(body);
  const auto count = std::count(pieces.label.begin(), pieces.label.end(), 1);
  if (count > 1)
    report.warn("the limb is in " + std::to_string(count) +
                " pieces with nothing between them, so no current can pass from one to another; set 'Label map/Least "
                "fat thickness' to half of the widest gap or more to fill it with fat");
}

void warn_of_thin_muscles(const PreparedLabelMap& prepared, Report& report) {
  const LabelVolume volume = working_volume(prepared.map);
  const double two_voxels = 2 * volume.spacing.minCoeff();
  const auto muscles = labels_of(prepared.tissues, {TissueKind::muscle});
  for (const auto& [label, thickness] : label_thicknesses(volume, muscles, ThicknessDetail::thickest_only))
    if (thickness.thickest > 0 && thickness.thickest < two_voxels * (1 - 1e-6))
      report.warn("the muscle '" + prepared.tissues.by_label(label).name + "' is nowhere thicker than " +
                  format("%.2f", thickness.thickest * 1e3) + " mm, less than two voxels (" +
                  format("%.2f", two_voxels * 1e3) +
                  " mm): it is kept, but its shape is a guess; segment it on a finer image or merge it");
}

std::optional<Eigen::Vector3d> parse_limb(const Parameters& parameters) {
  std::string text = parameters.text("Limb");
  if (text == "largest") return std::nullopt;
  std::replace(text.begin(), text.end(), ',', ' ');
  std::istringstream stream(text);
  Eigen::Vector3d point;
  std::string rest;
  if (!(stream >> point[0] >> point[1] >> point[2]) || stream >> rest)
    parameters.reject("Limb", "give 'largest', or a point in the wanted limb: x, y, z in mm (RAS)");
  return point * 1e-3;
}

}  // namespace

void PreparationOptions::declare_parameters(Parameters& parameters) {
  const Parameters::Section section(parameters, "Label map");
  parameters.declare_text("Limb", "largest",
                          "which one, if the image holds several: 'largest', or x, y, z in mm (RAS) of a point in it");
  parameters.declare_choice("Limb axis", "auto", {"auto", "i", "j", "k"},
                            "voxel axis along the limb; auto: the one whose first and last slice cut it, else the "
                            "longest");
  parameters.declare_real("Least fat thickness", PreparationOptions().least_fat_thickness * 1e3, "mm", {0, 50},
                          "fat grows outward to it where it is thinner or missing; 0: as in the map");
}

PreparationOptions PreparationOptions::parse_parameters(const Parameters& parameters) {
  PreparationOptions options;
  {
    const Parameters::Section section(parameters, "Label map");
    options.limb = parse_limb(parameters);
    const std::string axis = parameters.text("Limb axis");
    if (axis != "auto") options.limb_axis = axis[0] - 'i';
    options.least_fat_thickness = parameters.real("Least fat thickness");
  }
  {
    const Parameters::Section section(parameters, "Anatomy");
    options.proximal = proximal_end(parameters.text("Proximal end"));
  }
  const Parameters::Section section(parameters, "Contour");
  options.smallest_island = static_cast<int>(parameters.integer("Smallest island"));
  return options;
}

PreparedLabelMap prepare_label_map(const LabelMap& raw, const TissueTable& tissues, const PreparationOptions& options,
                                   Report& report) {
  Phase phase(report, "prepare label map");
  name_missing_labels(raw, tissues, report);
  LabelChanges changes(raw);
  LabelMap ruled = raw;
  apply_rules(ruled, tissues);
  unite_skins(ruled, tissues, report);
  changes.record("rules", raw.labels, ruled.labels);

  const int axis = options.limb_axis.value_or(limb_voxel_axis(ruled));
  const OrientedMap oriented = with_limb_along_k(ruled, axis);
  PreparedLabelMap prepared{oriented.map, tissues, low_k_is_proximal(oriented, options.proximal)};
  if (axis != 2) report.line("  the limb runs along voxel axis " + std::string(1, "ijk"[axis]));
  report.fact("label map/limb_axis", std::string(1, "ijk"[axis]));

  // With fat or skin the limb is solid; without, it is a bundle of muscles.
  const bool solid =
      holds_any(prepared.map, labels_of(prepared.tissues, {TissueKind::skin, TissueKind::fat, TissueKind::connective}));
  warn_of_empty_slices(prepared.map, report);
  keep_one_limb(prepared.map, solid ? 0 : gap_between_muscles, options.limb, report);
  changes.record("other limbs", oriented.map.labels, prepared.map.labels);
  clean(prepared.map, prepared.tissues, options.smallest_island, changes, report);
  if (options.least_fat_thickness == 0 && !holds_any(prepared.map, labels_of(prepared.tissues, {TissueKind::fat})))
    report.line("  no fat in the label map; 'Label map/Least fat thickness' would grow some");
  if (options.least_fat_thickness > 0) grow_missing_fat(prepared, options.least_fat_thickness, changes, report);
  settle_sides(prepared, report);
  changes.report_to(report, prepared.tissues, prepared.map.voxel_counts(), {"rules", "other limbs"});
  for (const auto& [label, voxels] : prepared.map.voxel_counts())
    if (label != 0)
      report.fact("label map/prepared_mm3/label_" + std::to_string(label),
                  static_cast<double>(voxels) * prepared.map.voxel_volume() * 1e9);
  require_tissues(prepared);
  warn_of_separate_pieces(prepared, report);
  warn_of_thin_muscles(prepared, report);
  return prepared;
}

}  // namespace bmiss
