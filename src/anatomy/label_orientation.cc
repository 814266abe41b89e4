#include "anatomy/label_orientation.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

// Voxels of the body in each slice across an axis.
std::vector<std::size_t> sections(const LabelMap& map, const std::vector<char>& body, int axis) {
  std::vector<std::size_t> result(static_cast<std::size_t>(map.size[axis]), 0);
  std::size_t voxel = 0;
  std::array<int, 3> at{};
  for (at[2] = 0; at[2] < map.size[2]; ++at[2])
    for (at[1] = 0; at[1] < map.size[1]; ++at[1])
      for (at[0] = 0; at[0] < map.size[0]; ++at[0], ++voxel)
        result[static_cast<std::size_t>(at[axis])] += body[voxel] != 0 ? 1 : 0;
  return result;
}

// The world axis nearest to each voxel axis, each used once: the best of the six assignments.
std::array<int, 3> nearest_world_axes(const Eigen::Matrix3d& axes) {
  const Eigen::Matrix3d unit = axes.colwise().normalized().cwiseAbs();
  std::array<int, 3> order{0, 1, 2}, best = order;
  double most = -1;
  do {
    const double sum = unit(order[0], 0) + unit(order[1], 1) + unit(order[2], 2);
    if (sum > most + 1e-9) {
      most = sum;
      best = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

}  // namespace

std::array<ImageSide, 6> image_sides(const LabelMap& map, const std::vector<char>& body) {
  std::array<ImageSide, 6> sides;
  const double volume = map.voxel_volume();
  for (int axis = 0; axis < 3; ++axis) {
    const auto section = sections(map, body, axis);
    const double pixel = volume / map.spacing()[axis];
    const double largest = static_cast<double>(*std::max_element(section.begin(), section.end()));
    for (const int side : {2 * axis, 2 * axis + 1}) {
      const std::size_t last = section.size() - 1, behind = std::min<std::size_t>(1, last);
      const double voxels = static_cast<double>(section[side % 2 == 0 ? 0 : last]);
      const double next = static_cast<double>(section[side % 2 == 0 ? behind : last - behind]);
      sides[side] = {voxels * pixel, largest > 0 ? voxels / largest : 0, next > 0 ? voxels / next : 1};
    }
  }
  return sides;
}

std::string name_of_side(int side) {
  return std::string(side % 2 == 0 ? "first" : "last") + " slice along " + "ijk"[side / 2];
}

int limb_voxel_axis(const LabelMap& map) {
  std::vector<char> body(map.labels.size());
  for (std::size_t v = 0; v < body.size(); ++v) body[v] = map.labels[v] != 0 ? 1 : 0;
  const auto sides = image_sides(map, body);
  std::array<double, 3> both{}, one{}, length{};
  for (int axis = 0; axis < 3; ++axis) {
    const double low = sides[2 * axis].cuts() ? sides[2 * axis].share : 0;
    const double high = sides[2 * axis + 1].cuts() ? sides[2 * axis + 1].share : 0;
    both[axis] = std::min(low, high);
    one[axis] = std::max(low, high);
    const auto section = sections(map, body, axis);
    const auto filled = [](std::size_t voxels) { return voxels > 0; };
    const auto first = std::find_if(section.begin(), section.end(), filled);
    const auto last = std::find_if(section.rbegin(), section.rend(), filled).base();
    length[axis] = static_cast<double>(std::max<std::ptrdiff_t>(last - first, 0)) * map.spacing()[axis];
  }
  // Slices usually lie across the limb, so k wins where two axes are alike.
  const auto best = [](const std::array<double, 3>& score) {
    int axis = 2;
    for (const int other : {0, 1})
      if (score[other] > score[axis] * (1 + 1e-6)) axis = other;
    return axis;
  };
  for (const auto& score : {both, one})
    if (score[best(score)] > 0) return best(score);
  return best(length);
}

OrientedMap with_limb_along_k(const LabelMap& map, int limb_axis) {
  const auto world = nearest_world_axes(map.voxel_to_world.linear());
  int first = (limb_axis + 1) % 3, second = (limb_axis + 2) % 3;
  if (world[first] > world[second]) std::swap(first, second);
  const std::array<int, 3> source{first, second, limb_axis};  // the file's axis behind each new one
  OrientedMap result;
  Eigen::Matrix3d turn = Eigen::Matrix3d::Zero();  // new index -> the file's
  Eigen::Vector3d origin = Eigen::Vector3d::Zero();
  std::array<bool, 3> reversed{};
  for (int axis = 0; axis < 3; ++axis) {
    const int from = source[axis];
    reversed[axis] = map.voxel_to_world(world[from], from) < 0;
    result.map.size[axis] = map.size[from];
    turn(from, axis) = reversed[axis] ? -1 : 1;
    if (reversed[axis]) origin[from] = map.size[from] - 1;
  }
  result.turned = reversed[2];
  result.map.voxel_to_world.linear() = map.voxel_to_world.linear() * turn;
  result.map.voxel_to_world.translation() = map.voxel_to_world * origin;
  result.map.labels.reserve(map.labels.size());
  std::array<int, 3> at{}, from{};
  for (at[2] = 0; at[2] < result.map.size[2]; ++at[2])
    for (at[1] = 0; at[1] < result.map.size[1]; ++at[1])
      for (at[0] = 0; at[0] < result.map.size[0]; ++at[0]) {
        for (int axis = 0; axis < 3; ++axis)
          from[source[axis]] = reversed[axis] ? result.map.size[axis] - 1 - at[axis] : at[axis];
        result.map.labels.push_back(map.at(from[0], from[1], from[2]));
      }
  return result;
}

LabelMap padded(const LabelMap& map, const std::array<int, 6>& layers) {
  if (std::all_of(layers.begin(), layers.end(), [](int n) { return n == 0; })) return map;
  LabelMap result;
  for (int axis = 0; axis < 3; ++axis) result.size[axis] = map.size[axis] + layers[2 * axis] + layers[2 * axis + 1];
  result.voxel_to_world = map.voxel_to_world;
  result.voxel_to_world.translation() = map.voxel_to_world * Eigen::Vector3d(-layers[0], -layers[2], -layers[4]);
  result.labels.assign(result.index(0, 0, result.size[2]), 0);
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j) {
      const auto row = map.labels.begin() + static_cast<std::ptrdiff_t>(map.index(0, j, k));
      std::copy(
          row, row + map.size[0],
          result.labels.begin() + static_cast<std::ptrdiff_t>(result.index(layers[0], j + layers[2], k + layers[4])));
    }
  return result;
}

ProximalEnd proximal_end(const std::string& name) {
  if (name == "first slice") return ProximalEnd::first_slice;
  if (name == "last slice") return ProximalEnd::last_slice;
  if (name == "superior") return ProximalEnd::superior;
  BMISS_ASSERT(name == "inferior");
  return ProximalEnd::inferior;
}

bool low_k_is_proximal(const OrientedMap& oriented, ProximalEnd end) {
  if (end == ProximalEnd::first_slice) return !oriented.turned;
  if (end == ProximalEnd::last_slice) return oriented.turned;
  const double up = oriented.map.voxel_to_world.linear().col(2).normalized()[2];
  // Within 20 degrees of the horizontal a tilt of the scan decides, not the anatomy.
  if (std::abs(up) < 0.34)
    throw InputError("the limb lies across the z axis of its image (slices rise by " + format("%.2f", up) +
                     " of their distance), so neither end is superior; set 'Anatomy/Proximal end' to first slice or "
                     "last slice");
  return (up < 0) == (end == ProximalEnd::superior);
}

}  // namespace bmiss
