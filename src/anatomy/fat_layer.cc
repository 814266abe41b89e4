#include "anatomy/fat_layer.h"

#include <algorithm>
#include <cmath>

#include "anatomy/distance_transform.h"
#include "anatomy/label_orientation.h"
#include "anatomy/label_volume.h"

namespace bmiss {
namespace {

// Marks what is neither outside nor of the given labels.
std::vector<char> rest_of_body(const std::vector<std::int32_t>& labels, const std::set<std::int32_t>& without) {
  std::vector<char> marked(labels.size());
  std::transform(labels.begin(), labels.end(), marked.begin(),
                 [&](std::int32_t label) -> char { return label != 0 && without.count(label) == 0 ? 1 : 0; });
  return marked;
}

// Layers to add on each side so that the body keeps `margin` [m] from it.
std::array<int, 6> missing_layers(const LabelMap& map, const std::vector<char>& body, double margin) {
  const auto sides = image_sides(map, body);
  std::array<int, 3> low = map.size, high{-1, -1, -1};
  std::size_t v = 0;
  std::array<int, 3> at{};
  for (at[2] = 0; at[2] < map.size[2]; ++at[2])
    for (at[1] = 0; at[1] < map.size[1]; ++at[1])
      for (at[0] = 0; at[0] < map.size[0]; ++at[0], ++v) {
        if (body[v] == 0) continue;
        for (int axis = 0; axis < 3; ++axis) {
          low[axis] = std::min(low[axis], at[axis]);
          high[axis] = std::max(high[axis], at[axis]);
        }
      }
  std::array<int, 6> layers{};
  for (int axis = 0; axis < 2; ++axis) {
    const int needed = static_cast<int>(std::ceil(margin / map.spacing()[axis])) + 1;
    if (!sides[2 * axis].cuts()) layers[2 * axis] = std::max(0, needed - low[axis]);
    if (!sides[2 * axis + 1].cuts()) layers[2 * axis + 1] = std::max(0, needed - (map.size[axis] - 1 - high[axis]));
  }
  return layers;
}

double surface_of(const LabelVolume& volume, const std::vector<char>& body) {
  const LabelVolume mask{volume.size, volume.spacing, std::vector<std::int32_t>(body.begin(), body.end())};
  const auto thickness = mean_thickness(mask);
  const double body_volume = static_cast<double>(std::count(body.begin(), body.end(), 1)) * volume.voxel_volume();
  return thickness.count(1) == 0 ? 0 : 2 * body_volume / thickness.at(1);
}

// Turns the outside voxels nearest to the body into skin until there are `voxels` of it.
void lay_skin(LabelVolume& volume, const std::vector<char>& body, std::int32_t skin, std::size_t present,
              std::size_t voxels) {
  if (voxels <= present) return;
  const auto distance = distances_to(volume.size, volume.spacing, body).distance;
  std::vector<std::pair<float, std::size_t>> free;
  for (std::size_t v = 0; v < volume.n_voxels(); ++v)
    if (volume.labels[v] == 0) free.emplace_back(distance[v], v);
  const std::size_t count = std::min(voxels - present, free.size());
  std::nth_element(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(count), free.end());
  for (std::size_t i = 0; i < count; ++i) volume.labels[free[i].second] = skin;
}

}  // namespace

LabelMap grow_fat(const LabelMap& map, const FatLayer& layer) {
  std::set<std::int32_t> soft = layer.skin;
  soft.insert(layer.all_fat.begin(), layer.all_fat.end());
  soft.insert(layer.fat);
  const auto is_skin = [&](std::int32_t label) { return layer.skin.count(label) != 0; };
  std::map<std::int32_t, std::size_t> skin_before;
  for (const auto& [label, voxels] : map.voxel_counts())
    if (is_skin(label)) skin_before[label] = voxels;
  double skin_thickness = 0;
  {
    const LabelVolume volume = working_volume(map);
    for (const auto& [label, voxels] : skin_before) skin_thickness += static_cast<double>(voxels) * map.voxel_volume();
    const double area = surface_of(volume, rest_of_body(map.labels, layer.skin));
    skin_thickness = area > 0 ? skin_thickness / area : 0;
  }
  const double margin = layer.thickness + skin_thickness;
  LabelMap grown = padded(map, missing_layers(map, rest_of_body(map.labels, soft), margin));
  LabelVolume volume = working_volume(grown);

  // From the centre of a voxel to the surface of what is covered, which lies half a pixel before the nearest centre of
  // it.
  const auto distance = distances_to(volume.size, volume.spacing, rest_of_body(volume.labels, soft)).distance;
  const double half = 0.25 * (volume.spacing[0] + volume.spacing[1]);
  std::map<std::int32_t, std::size_t> displaced;
  for (std::size_t v = 0; v < volume.n_voxels(); ++v) {
    std::int32_t& label = volume.labels[v];
    if ((label != 0 && !is_skin(label)) || !(distance[v] - half < layer.thickness)) continue;
    if (label != 0) ++displaced[label];
    label = layer.fat;
  }
  const auto body = rest_of_body(volume.labels, layer.skin);
  if (!displaced.empty()) {
    const auto target =
        static_cast<std::size_t>(std::lround(skin_thickness * surface_of(volume, body) / volume.voxel_volume()));
    std::size_t present = 0;
    for (const auto& [label, voxels] : skin_before) present += voxels - displaced[label];
    const auto most = std::max_element(skin_before.begin(), skin_before.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    lay_skin(volume, body, most->first, present, target);
  }
  grown.labels = std::move(volume.labels);
  return grown;
}

}  // namespace bmiss
