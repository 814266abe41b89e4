#include <algorithm>
#include <cmath>

#include "anatomy/label_map_info.h"
#include "anatomy/phantom.h"
#include "anatomy/phantom_checks.h"
#include "anatomy/phantom_forearm_anatomy.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr int skin = 1, fat = 2, cortical_bone = 3, marrow = 4, connective = 5;
constexpr double cortical_thickness = 2.5;     // [mm]
constexpr std::size_t smallest_fragment = 30;  // [voxels], as the cleaning before contouring has it

// One cross-section of the limb, in millimetres of the unscaled anatomy.
class ForearmSection {
public:
  ForearmSection(const ForearmPhantom& description, double s)
      : scale_(description.scale),
        fat_(description.fat_thickness * 1e3 / scale_),
        skin_(description.skin_thickness * 1e3 / scale_),
        bones_(bones_at(s)),
        muscles_(MuscleLayout::adult().at(s)),
        outline_(s) {
    // Layers must not be thinner than the voxels that show them.
    const double voxel = description.voxel * 1e3 / scale_;
    cortical_ = std::max(cortical_thickness, 1.8 * voxel);
    septum_ = std::max(MuscleLayout::septum_thickness, 1.5 * voxel);
    membrane_ = std::max(MuscleLayout::membrane_thickness, 1.8 * voxel);
  }
  int label_at(const Eigen::Vector2d& place) const {
    const Eigen::Vector2d p = place / scale_;
    const double outside = outline_.distance(p);
    if (outside > fat_ + skin_) return 0;
    if (outside > fat_) return skin;
    if (outside > 0) return fat;
    for (const BoneSection* bone : {&bones_.radius, &bones_.ulna}) {
      const double depth = -bone->distance(p);
      if (depth > cortical_) return marrow;
      if (depth > 0) return cortical_bone;
    }
    if (bones_.membrane_distance(p) < membrane_ / 2) return connective;
    const int muscle = muscles_.muscle_at(p, septum_);
    return muscle < 0 ? connective : forearm_muscles()[static_cast<std::size_t>(muscle)].label;
  }

private:
  double scale_, fat_, skin_;  // layers in units of the unscaled anatomy
  BonePair bones_;
  MuscleSection muscles_;
  FasciaOutline outline_;
  double cortical_ = 0, septum_ = 0, membrane_ = 0;
};

// For each component of connective tissue that is a crumb: the muscle that most of its voxel faces across the limb
// touch.
std::map<std::int32_t, int> crumb_labels(const LabelMap& map, const LabelComponents& components) {
  std::map<std::int32_t, std::map<int, int>> votes;
  for (std::size_t c = 0; c < components.label.size(); ++c)
    if (components.label[c] == connective && components.voxels[c] < smallest_fragment)
      votes[static_cast<std::int32_t>(c)];
  const std::size_t row = static_cast<std::size_t>(map.size[0]);
  for (std::size_t v = 0; v < map.labels.size(); ++v) {
    if (map.labels[v] != connective) continue;
    const auto crumb = votes.find(components.number[v]);
    if (crumb == votes.end()) continue;
    // The margin of the image is background: connective tissue has neighbours on all sides.
    for (const int other : {map.labels[v - 1], map.labels[v + 1], map.labels[v - row], map.labels[v + row]})
      if (other > connective) ++crumb->second[other];
  }
  std::map<std::int32_t, int> result;
  for (const auto& [crumb, counts] : votes) {
    int most = 0;
    for (const auto& [label, count] : counts)
      if (count > most) most = count, result[crumb] = label;
  }
  return result;
}

// Muscle voxels outside any 2 x 2 block of their muscle in the section become connective tissue: threads one voxel wide
// cannot be meshed.
void remove_threads(LabelMap& map) {
  const LabelMap before = map;
  const auto in_block = [&](int i, int j, int k, int label) {
    for (const int di : {-1, 1})
      for (const int dj : {-1, 1})
        if (before.at(i + di, j, k) == label && before.at(i, j + dj, k) == label &&
            before.at(i + di, j + dj, k) == label)
          return true;
    return false;
  };
  // The margin of the image holds no muscle.
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 1; j + 1 < map.size[1]; ++j)
      for (int i = 1; i + 1 < map.size[0]; ++i) {
        const int label = before.at(i, j, k);
        if (label > connective && !in_block(i, j, k, label)) map.labels[map.index(i, j, k)] = connective;
      }
}

// Every muscle in one piece: crumbs, which voxels leave where a cell tapers off, become connective tissue; crumbs of
// connective tissue go to the muscle around them.
void remove_crumbs(LabelMap& map) {
  const LabelComponents parts = label_components(map);
  std::map<int, std::size_t> largest;
  for (std::size_t c = 0; c < parts.label.size(); ++c)
    largest[parts.label[c]] = std::max(largest[parts.label[c]], parts.voxels[c]);
  for (std::size_t v = 0; v < map.labels.size(); ++v) {
    const auto c = static_cast<std::size_t>(parts.number[v]);
    if (parts.label[c] > connective && parts.voxels[c] < largest[parts.label[c]]) map.labels[v] = connective;
  }
  const LabelComponents rest = label_components(map);
  const std::map<std::int32_t, int> replacement = crumb_labels(map, rest);
  if (replacement.empty()) return;
  for (std::size_t v = 0; v < map.labels.size(); ++v) {
    const auto found = replacement.find(rest.number[v]);
    if (found != replacement.end()) map.labels[v] = found->second;
  }
}

// Half the width and height of the limb [m].
Eigen::Vector2d half_size(const ForearmPhantom& d) {
  Eigen::Vector2d largest = Eigen::Vector2d::Zero();
  for (int i = 0; i <= 100; ++i) {
    const FasciaOutline outline(i / 100.0);
    largest = largest.cwiseMax(outline.half_size());
  }
  return largest * 1e-3 * d.scale + Eigen::Vector2d::Constant(d.fat_thickness + d.skin_thickness);
}

TissueTable forearm_tissues() {
  std::vector<Tissue> tissues = {default_tissue(skin, "skin", TissueKind::skin),
                                 default_tissue(fat, "fat", TissueKind::fat),
                                 default_tissue(cortical_bone, "cortical_bone", TissueKind::bone),
                                 default_tissue(marrow, "marrow", TissueKind::marrow),
                                 default_tissue(connective, "connective", TissueKind::connective)};
  for (const auto& muscle : forearm_muscles())
    tissues.push_back(default_tissue(muscle.label, muscle.name, TissueKind::muscle));
  return TissueTable(std::move(tissues));
}

}  // namespace

PhantomComplaint complaint_about(const ForearmPhantom& d) {
  const auto mm = [](double metres) { return format("%g", metres * 1e3) + " mm"; };
  if (!(d.scale > 0) || !std::isfinite(d.scale)) return {"Scale", "the scale must be positive"};
  const double narrowest = FasciaOutline(1.0).mean_radius() * 1e-3 * d.scale;
  const double coarsest = 2e-3 * d.scale;
  if (!(d.fat_thickness <= narrowest))
    return {"Fat thickness", "fat is thicker than the limb under it (half as thick as " + mm(2 * narrowest) +
                                 " at the wrist); use thinner fat"};
  if (!(d.voxel <= coarsest * (1 + 1e-9)))
    return {"Voxel", "muscles and cortical bone need voxels of at most " + mm(coarsest) + " at this scale"};
  const struct {
    const char *key, *name;
    double thickness;
  } layers[] = {{"Fat thickness", "fat", d.fat_thickness}, {"Skin thickness", "skin", d.skin_thickness}};
  for (const auto& layer : layers)
    if (!(layer.thickness >= d.voxel * (1 - 1e-9)) && layer.thickness != 0)
      return {layer.key, "the " + std::string(layer.name) + " of " + mm(layer.thickness) +
                             " is thinner than a voxel (" + mm(d.voxel) +
                             "); use smaller voxels, a thicker layer, or 0 for none"};
  const Eigen::Vector2d half = half_size(d);
  return complaint_about_size(half[0], half[1], d.length, d.voxel);
}

Phantom make_forearm(const ForearmPhantom& d) {
  complaint_about(d).throw_if_any();
  Phantom phantom;
  phantom.tissues = forearm_tissues();
  LabelMap& map = phantom.map;
  const Eigen::Vector2d half = half_size(d);
  map = empty_phantom_map(half[0], half[1], d.length, d.voxel);
  // A right forearm hanging down, palm forward: lateral is +x, anterior +y, and the proximal end, slice 0, is on top.
  // Index i runs medially, so that the axes of the image are right-handed.
  const Eigen::Vector3d step = d.voxel * Eigen::Vector3d(-1, 1, -1);
  map.voxel_to_world.linear() = step.asDiagonal();
  map.voxel_to_world.translation() = Eigen::Vector3d(0.5 * d.voxel * (map.size[0] - 1),
                                                     -0.5 * d.voxel * (map.size[1] - 1), d.voxel * (map.size[2] - 0.5));
  for (int k = 0; k < map.size[2]; ++k) {
    const ForearmSection section(d, (k + 0.5) / map.size[2]);
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i) {
        const Eigen::Vector3d place = map.voxel_to_world * Eigen::Vector3d(i, j, k) * 1e3;
        map.labels[map.index(i, j, k)] = section.label_at(place.head<2>());
      }
  }
  remove_threads(map);
  remove_crumbs(map);
  return phantom;
}

}  // namespace bmiss
