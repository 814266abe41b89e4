#include "anatomy/limb_selection.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "anatomy/distance_transform.h"
#include "anatomy/label_volume.h"
#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr double smallest_limb = 1e-6;  // [m^3] other pieces are crumbs, dropped without a word each
constexpr double farthest_point = 20e-3;
// Half of the widest place that is cut and of the widest that is noticed.
constexpr double cut_radii[] = {0.5e-3, 1e-3, 1.5e-3, 2e-3, 3e-3, 4e-3, 5e-3};
constexpr double noticed_radii[] = {7e-3, 10e-3, 14e-3};

std::string place_text(const Eigen::Vector3d& x) {
  return "(" + format("%.0f", x[0] * 1e3) + ", " + format("%.0f", x[1] * 1e3) + ", " + format("%.0f", x[2] * 1e3) +
         ") mm";
}

std::string body_text(const LimbBody& body) {
  return format("%.1f", body.volume * 1e6) + " cm3 around " + place_text(body.centre);
}

LabelVolume mask_of(const LabelVolume& volume, const std::vector<char>& marked) {
  return {volume.size, volume.spacing, std::vector<std::int32_t>(marked.begin(), marked.end())};
}

struct Extent {
  int lowest = 0, highest = -1;
  std::size_t voxels = 0;
  int length() const { return highest - lowest + 1; }
};

// Pieces of the mask that are limbs side by side: each has a fifth of the largest one's voxels or more, and runs beside
// it over half its length or more, which is a third of the body's or more.
std::vector<int> limbs_side_by_side(const LabelVolume& mask, const Pieces& pieces, int body_length) {
  std::vector<Extent> extents(pieces.label.size());
  const auto stride = mask.strides();
  for (std::size_t v = 0; v < mask.n_voxels(); ++v) {
    if (mask.labels[v] == 0) continue;
    Extent& extent = extents[static_cast<std::size_t>(pieces.of_voxel[v])];
    const int k = static_cast<int>(v / stride[2]);
    if (extent.voxels++ == 0) extent.lowest = k;
    extent.highest = k;
  }
  const auto largest =
      std::max_element(extents.begin(), extents.end(), [](auto& a, auto& b) { return a.voxels < b.voxels; });
  std::vector<int> result;
  for (std::size_t piece = 0; piece < extents.size(); ++piece) {
    const Extent& extent = extents[piece];
    const int beside = std::min(extent.highest, largest->highest) - std::max(extent.lowest, largest->lowest) + 1;
    if (5 * extent.voxels >= largest->voxels && 3 * extent.length() >= body_length && 2 * beside >= extent.length())
      result.push_back(static_cast<int>(piece));
  }
  return result;
}

// Each voxel of the body takes the nearest core, walking inside the body.
std::vector<int> grown_cores(const LabelVolume& volume, const std::vector<char>& body, const Pieces& pieces,
                             const std::vector<int>& cores) {
  std::vector<int> owner(body.size(), -1);
  std::vector<std::size_t> front;
  for (std::size_t v = 0; v < body.size(); ++v) {
    const auto core = std::find(cores.begin(), cores.end(), pieces.of_voxel[v]);
    if (core == cores.end()) continue;
    owner[v] = static_cast<int>(core - cores.begin());
    front.push_back(v);
  }
  for (std::vector<std::size_t> next; !front.empty(); front = std::move(next)) {
    next.clear();
    for (const std::size_t v : front)
      for_each_neighbour(volume, v, [&](std::size_t n) {
        if (body[n] == 0 || owner[n] >= 0) return;
        owner[n] = owner[v];
        next.push_back(n);
      });
  }
  return owner;
}

// Takes one body apart where its limbs touch; the parts' numbers by voxel, empty when it is one limb.
std::vector<int> taken_apart(const LabelVolume& volume, const std::vector<char>& body, bool& touch_widely) {
  std::vector<char> outside(body.size());
  int low = volume.size[2], high = -1;
  for (std::size_t v = 0; v < body.size(); ++v) {
    outside[v] = body[v] != 0 ? 0 : 1;
    if (body[v] == 0) continue;
    low = std::min(low, volume.place(v)[2]);
    high = std::max(high, volume.place(v)[2]);
  }
  const auto depth = distances_to(volume.size, volume.spacing, outside).distance;
  const auto split = [&](double radius) {
    std::vector<char> core(body.size());
    for (std::size_t v = 0; v < body.size(); ++v) core[v] = body[v] != 0 && depth[v] > radius ? 1 : 0;
    const LabelVolume mask = mask_of(volume, core);
    const Pieces pieces = find_pieces(mask);
    const auto limbs = limbs_side_by_side(mask, pieces, high - low + 1);
    return limbs.size() < 2 ? std::vector<int>() : grown_cores(volume, body, pieces, limbs);
  };
  for (const double radius : cut_radii) {
    auto owner = split(radius);
    if (!owner.empty()) return owner;
  }
  for (const double radius : noticed_radii) touch_widely = touch_widely || !split(radius).empty();
  return {};
}

// Pieces of the map, joined over gaps: numbers by voxel, -1 outside.
std::vector<int> separate_bodies(const LabelVolume& volume, double gap) {
  std::vector<char> body(volume.n_voxels());
  for (std::size_t v = 0; v < body.size(); ++v) body[v] = volume.labels[v] != 0 ? 1 : 0;
  std::vector<char> joined = body;
  if (gap > 0) {
    const auto distance = distances_to(volume.size, volume.spacing, body).distance;
    for (std::size_t v = 0; v < body.size(); ++v) joined[v] = distance[v] <= gap / 2 ? 1 : 0;
  }
  std::vector<int> number = find_pieces(mask_of(volume, joined)).of_voxel;
  for (std::size_t v = 0; v < body.size(); ++v)
    if (body[v] == 0) number[v] = -1;
  return number;
}

// Numbers bodies from 0, largest first.
void measure_bodies(const LabelMap& map, Limbs& limbs) {
  std::map<int, LimbBody> found;
  std::size_t v = 0;
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i, ++v) {
        if (limbs.of_voxel[v] < 0) continue;
        LimbBody& body = found[limbs.of_voxel[v]];
        body.volume += 1;
        body.centre += Eigen::Vector3d(i, j, k);
      }
  std::vector<std::pair<double, int>> order;
  for (const auto& [number, body] : found) order.emplace_back(-body.volume, number);
  std::sort(order.begin(), order.end());
  std::map<int, int> renumbered;
  for (const auto& [minus_voxels, number] : order) {
    renumbered[number] = static_cast<int>(limbs.bodies.size());
    LimbBody body = found.at(number);
    body.centre = map.voxel_to_world * Eigen::Vector3d(body.centre / body.volume);
    body.volume *= map.voxel_volume();
    limbs.bodies.push_back(body);
  }
  for (int& number : limbs.of_voxel)
    if (number >= 0) number = renumbered.at(number);
}

void measure_cut(const LabelMap& map, const LabelVolume& volume, const std::vector<int>& owner, Limbs& limbs) {
  const auto stride = volume.strides();
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (std::size_t v = 0; v < owner.size(); ++v) {
    if (owner[v] < 0) continue;
    const auto place = volume.place(v);
    for (int axis = 0; axis < 3; ++axis) {
      if (place[axis] + 1 >= volume.size[axis]) continue;
      const int other = owner[v + stride[axis]];
      if (other < 0 || other == owner[v]) continue;
      const double area = volume.voxel_volume() / volume.spacing[axis];
      limbs.cut_area += area;
      sum += area * Eigen::Vector3d(place[0], place[1], place[2]);
    }
  }
  limbs.cut_place = map.voxel_to_world * Eigen::Vector3d(sum / limbs.cut_area);
}

// The body nearest to a point.
int body_at(const LabelMap& map, const Limbs& limbs, const Eigen::Vector3d& point) {
  double least = farthest_point * farthest_point;
  int nearest = -1;
  std::size_t v = 0;
  for (int k = 0; k < map.size[2]; ++k)
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i, ++v) {
        const int body = limbs.of_voxel[v];
        if (body < 0 || limbs.bodies[static_cast<std::size_t>(body)].volume < smallest_limb) continue;
        const double distance = (map.voxel_to_world * Eigen::Vector3d(i, j, k) - point).squaredNorm();
        if (distance > least) continue;
        least = distance;
        nearest = body;
      }
  if (nearest >= 0) return nearest;
  std::string known;
  for (const LimbBody& body : limbs.bodies)
    if (body.volume >= smallest_limb) known += (known.empty() ? "" : "; ") + body_text(body);
  throw InputError("'Label map/Limb' asks for the limb at " + place_text(point) + ", but none is within " +
                   format("%.0f", farthest_point * 1e3) + " mm of it; the image holds " + known);
}

void tell_dropped(const Limbs& limbs, std::size_t kept, bool was_asked_for, Report& report) {
  std::string dropped;
  double crumbs = 0;
  for (std::size_t body = 0; body < limbs.bodies.size(); ++body) {
    if (body == kept) continue;
    if (limbs.bodies[body].volume < smallest_limb)
      crumbs += limbs.bodies[body].volume;
    else
      dropped += (dropped.empty() ? "" : ", ") + body_text(limbs.bodies[body]);
  }
  if (crumbs > 0)
    report.line("  dropped " + format("%.1f", crumbs * 1e9) + " mm3 of small pieces that hang together with no limb");
  if (dropped.empty()) return;
  const std::string what = "kept " + body_text(limbs.bodies[kept]) + ", dropped " + dropped;
  if (was_asked_for)
    report.line("  one limb of several: " + what);
  else
    report.warn("the image holds more than one body: " + what + "; set 'Label map/Limb' to a point in the wanted one");
}

}  // namespace

Limbs find_limbs(const LabelMap& map, double gap) {
  const LabelVolume volume = working_volume(map);
  Limbs limbs;
  limbs.of_voxel = separate_bodies(volume, gap);
  std::map<int, std::size_t> voxels;
  for (const int number : limbs.of_voxel)
    if (number >= 0) ++voxels[number];
  int next = voxels.empty() ? 0 : voxels.rbegin()->first + 1;
  for (const auto& [number, count] : voxels) {
    if (gap > 0 || static_cast<double>(count) * map.voxel_volume() < smallest_limb) continue;
    std::vector<char> body(limbs.of_voxel.size());
    for (std::size_t v = 0; v < body.size(); ++v) body[v] = limbs.of_voxel[v] == number ? 1 : 0;
    const auto owner = taken_apart(volume, body, limbs.touch_widely);
    if (owner.empty()) continue;
    measure_cut(map, volume, owner, limbs);
    for (std::size_t v = 0; v < body.size(); ++v)
      if (owner[v] >= 0) limbs.of_voxel[v] = next + owner[v];
    next += *std::max_element(owner.begin(), owner.end()) + 1;
  }
  measure_bodies(map, limbs);
  return limbs;
}

void keep_one_limb(LabelMap& map, double gap, const std::optional<Eigen::Vector3d>& point, Report& report) {
  const Limbs limbs = find_limbs(map, gap);
  if (limbs.bodies.empty())
    throw InputError("nothing is left of the label map: every voxel is outside or of an ignored label");
  if (limbs.cut_area > 0)
    report.warn("two limbs touch at " + place_text(limbs.cut_place) + " over " + format("%.0f", limbs.cut_area * 1e6) +
                " mm2 and were taken apart there; check that place");
  if (limbs.touch_widely)
    report.warn("the body looks like two limbs that hang together over a place wider than " +
                format("%.0f", 2e3 * cut_radii[std::size(cut_radii) - 1]) +
                " mm, and is taken as one; draw a gap between them in the label map if they are two");
  const int kept = point ? body_at(map, limbs, *point) : 0;
  tell_dropped(limbs, static_cast<std::size_t>(kept), point.has_value(), report);
  for (std::size_t v = 0; v < map.labels.size(); ++v)
    if (limbs.of_voxel[v] != kept) map.labels[v] = 0;
}

}  // namespace bmiss
