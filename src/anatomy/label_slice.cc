#include "anatomy/label_slice.h"

#include <algorithm>
#include <cmath>

#include "anatomy/distance_transform.h"

namespace bmiss {
namespace {

struct Overlaps {
  std::map<std::pair<int, int>, std::size_t> pixels;
  std::vector<int> low_partners, high_partners;  // how many each part has
};

Overlaps overlaps_of(const LabelSlice& low, const LabelSlice& high) {
  Overlaps result;
  for (std::size_t p = 0; p < low.labels.size(); ++p)
    if (low.labels[p] == high.labels[p]) ++result.pixels[{low.part_of[p], high.part_of[p]}];
  result.low_partners.assign(low.parts.size(), 0);
  result.high_partners.assign(high.parts.size(), 0);
  for (const auto& [pair, pixels] : result.pixels) {
    ++result.low_partners[static_cast<std::size_t>(pair.first)];
    ++result.high_partners[static_cast<std::size_t>(pair.second)];
  }
  return result;
}

// The nearest part of the same label without a partner, -1 when there is none.
int nearest_lonely(const LabelSlice& from, std::size_t part, const LabelSlice& to, const std::vector<int>& partners) {
  const Eigen::Array2d pixel(from.du, from.dv);
  int best = -1;
  double least = 0;
  for (std::size_t other = 0; other < to.parts.size(); ++other) {
    if (partners[other] != 0 || to.parts[other].label != from.parts[part].label) continue;
    const double distance = ((to.parts[other].centre - from.parts[part].centre).array() * pixel).matrix().norm();
    if (best >= 0 && distance >= least) continue;
    best = static_cast<int>(other);
    least = distance;
  }
  return best;
}

}  // namespace

LabelSlice::LabelSlice(const LabelVolume& volume, const Axes& axes, int w)
    : nu(volume.size[axes.u]), nv(volume.size[axes.v]), du(volume.spacing[axes.u]), dv(volume.spacing[axes.v]) {
  const auto stride = volume.strides();
  labels.reserve(static_cast<std::size_t>(nu) * static_cast<std::size_t>(nv));
  for (int v = 0; v < nv; ++v)
    for (int u = 0; u < nu; ++u)
      labels.push_back(volume.labels[w * stride[axes.w] + u * stride[axes.u] + v * stride[axes.v]]);
  find_parts();
}

void LabelSlice::find_parts() {
  part_of.assign(labels.size(), -1);
  std::vector<std::size_t> front;
  for (std::size_t seed = 0; seed < labels.size(); ++seed) {
    if (part_of[seed] >= 0) continue;
    const int number = static_cast<int>(parts.size());
    SlicePart part;
    part.label = labels[seed];
    part_of[seed] = number;
    front.assign(1, seed);
    while (!front.empty()) {
      const int u = static_cast<int>(front.back()) % nu, v = static_cast<int>(front.back()) / nu;
      front.pop_back();
      ++part.pixels;
      part.centre += Eigen::Vector2d(u, v);
      for (int b = std::max(v - 1, 0); b <= std::min(v + 1, nv - 1); ++b)
        for (int a = std::max(u - 1, 0); a <= std::min(u + 1, nu - 1); ++a) {
          const auto next = static_cast<std::size_t>(b) * static_cast<std::size_t>(nu) + static_cast<std::size_t>(a);
          if (part_of[next] >= 0 || labels[next] != part.label) continue;
          part_of[next] = number;
          front.push_back(next);
        }
    }
    part.centre /= static_cast<double>(part.pixels);
    parts.push_back(part);
  }
}

std::vector<float> LabelSlice::signed_distance(const std::vector<char>& member) const {
  const auto half = static_cast<float>(0.5 * std::min(du, dv));
  const auto largest = static_cast<float>(std::hypot(nu * du, nv * dv));
  std::vector<char> inside(labels.size()), outside(labels.size());
  for (std::size_t p = 0; p < labels.size(); ++p) {
    inside[p] = member[static_cast<std::size_t>(part_of[p])];
    outside[p] = inside[p] != 0 ? 0 : 1;
  }
  const std::array<int, 3> size{nu, nv, 1};
  const Eigen::Vector3d spacing(du, dv, 1);
  const auto to_inside = distances_to(size, spacing, inside), to_outside = distances_to(size, spacing, outside);
  std::vector<float> result(labels.size());
  for (std::size_t p = 0; p < labels.size(); ++p)
    result[p] = inside[p] != 0 ? std::min(to_outside.distance[p], largest) - half
                               : half - std::min(to_inside.distance[p], largest);
  return result;
}

const std::vector<float>& LabelSlice::signed_distance(std::int32_t label) const {
  const auto found = of_label_.find(label);
  if (found != of_label_.end()) return found->second;
  std::vector<char> member;
  for (const SlicePart& part : parts) member.push_back(part.label == label ? 1 : 0);
  return of_label_.emplace(label, signed_distance(member)).first->second;
}

std::vector<MovingPart> moving_parts(const LabelSlice& low, const LabelSlice& high, double farthest) {
  const Overlaps overlaps = overlaps_of(low, high);
  std::vector<MovingPart> result;
  const auto alike = [&](const SlicePart& a, const SlicePart& b) {
    const double shift = ((b.centre - a.centre).array() * Eigen::Array2d(low.du, low.dv)).matrix().norm();
    return a.label != 0 && shift <= farthest && a.pixels < 4 * b.pixels && b.pixels < 4 * a.pixels;
  };
  for (const auto& [pair, pixels] : overlaps.pixels) {
    const auto a = static_cast<std::size_t>(pair.first), b = static_cast<std::size_t>(pair.second);
    if (overlaps.low_partners[a] == 1 && overlaps.high_partners[b] == 1 &&
        2 * pixels < std::min(low.parts[a].pixels, high.parts[b].pixels) && alike(low.parts[a], high.parts[b]))
      result.push_back({pair.first, pair.second});
  }
  for (std::size_t a = 0; a < low.parts.size(); ++a) {
    if (overlaps.low_partners[a] != 0) continue;
    const int b = nearest_lonely(low, a, high, overlaps.high_partners);
    if (b < 0 || !alike(low.parts[a], high.parts[static_cast<std::size_t>(b)])) continue;
    if (nearest_lonely(high, static_cast<std::size_t>(b), low, overlaps.low_partners) != static_cast<int>(a)) continue;
    result.push_back({static_cast<int>(a), b});
  }
  return result;
}

}  // namespace bmiss
