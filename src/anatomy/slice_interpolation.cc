#include "anatomy/slice_interpolation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "anatomy/label_slice.h"

namespace bmiss {
namespace {

// Steeper than this (shift over slice distance) nothing is followed from slice to slice: about 72 degrees.
constexpr double steepest = 3;

// The signed distance of some parts of a label in both slices. A part that ends between two slices tapers off half way:
// its distance in the empty slice is minus its largest inside radius.
struct Candidate {
  std::int32_t label = 0;
  std::vector<float> low, high;                     // [n_pixels], or one value for all
  Eigen::Vector2d shift = Eigen::Vector2d::Zero();  // from the low to the high slice [pixels]
};

float at(const std::vector<float>& field, std::size_t pixel) {
  return field.size() == 1 ? field[0] : field[pixel];
}

// Bilinear; beyond the slice its border goes on.
float at(const std::vector<float>& field, const LabelSlice& slice, double u, double v) {
  u = std::clamp(u, 0.0, slice.nu - 1.0);
  v = std::clamp(v, 0.0, slice.nv - 1.0);
  const int a = std::min(static_cast<int>(u), std::max(slice.nu - 2, 0)), right = slice.nu > 1 ? 1 : 0;
  const int b = std::min(static_cast<int>(v), std::max(slice.nv - 2, 0)), up = slice.nv > 1 ? slice.nu : 0;
  const auto s = static_cast<float>(u - a), t = static_cast<float>(v - b);
  const float* corner =
      &field[static_cast<std::size_t>(b) * static_cast<std::size_t>(slice.nu) + static_cast<std::size_t>(a)];
  return (1 - t) * ((1 - s) * corner[0] + s * corner[right]) + t * ((1 - s) * corner[up] + s * corner[up + right]);
}

class Gap {
public:
  Gap(const LabelSlice& low, const LabelSlice& high, double distance) : low_(low), high_(high) {
    std::vector<char> low_moves(low.parts.size(), 0), high_moves(high.parts.size(), 0);
    for (const MovingPart& part : moving_parts(low, high, steepest * distance)) {
      const auto a = static_cast<std::size_t>(part.low), b = static_cast<std::size_t>(part.high);
      low_moves[a] = high_moves[b] = 1;
      std::vector<char> low_member(low.parts.size(), 0), high_member(high.parts.size(), 0);
      low_member[a] = high_member[b] = 1;
      moving_.push_back({low.parts[a].label, low.signed_distance(low_member), high.signed_distance(high_member),
                         high.parts[b].centre - low.parts[a].centre});
    }
    std::map<std::int32_t, Candidate> resting;
    for (const SlicePart& part : low.parts) resting[part.label].low = resting_distance(low, low_moves, part.label);
    for (const SlicePart& part : high.parts) resting[part.label].high = resting_distance(high, high_moves, part.label);
    for (auto& [label, candidate] : resting) {
      if (candidate.low.empty() && candidate.high.empty()) continue;
      if (candidate.low.empty()) candidate.low = ended(candidate.high);
      if (candidate.high.empty()) candidate.high = ended(candidate.low);
      candidate.label = label;
      resting_.push_back(std::move(candidate));
    }
  }

  // Parts that move win wherever they are: the fields of what they pass through know nothing of their way.
  std::int32_t label(std::size_t pixel, float t) const {
    std::int32_t best = -1;
    float best_value = 0;
    for (const Candidate& c : moving_) {
      const double u = static_cast<double>(pixel % static_cast<std::size_t>(low_.nu)),
                   v = static_cast<double>(pixel / static_cast<std::size_t>(low_.nu));
      const float value = (1 - t) * at(c.low, low_, u - t * c.shift[0], v - t * c.shift[1]) +
                          t * at(c.high, high_, u + (1 - t) * c.shift[0], v + (1 - t) * c.shift[1]);
      if (value <= best_value) continue;
      best_value = value;
      best = c.label;
    }
    if (best >= 0) return best;
    if (moving_.empty() && low_.labels[pixel] == high_.labels[pixel]) return low_.labels[pixel];
    best = 0;
    best_value = -std::numeric_limits<float>::infinity();
    for (const Candidate& c : resting_) {
      const float value = (1 - t) * at(c.low, pixel) + t * at(c.high, pixel);
      if (value <= best_value) continue;
      best_value = value;
      best = c.label;
    }
    return best;
  }

private:
  // Empty when every part of the label moves.
  static std::vector<float> resting_distance(const LabelSlice& slice, const std::vector<char>& moves,
                                             std::int32_t label) {
    std::vector<char> member(slice.parts.size(), 0);
    bool any = false, all = true;
    for (std::size_t part = 0; part < member.size(); ++part) {
      if (slice.parts[part].label != label) continue;
      member[part] = moves[part] != 0 ? 0 : 1;
      any = any || member[part] != 0;
      all = all && member[part] != 0;
    }
    if (all) return slice.signed_distance(label);
    return any ? slice.signed_distance(member) : std::vector<float>();
  }
  static std::vector<float> ended(const std::vector<float>& other) {
    return {-*std::max_element(other.begin(), other.end())};
  }

  const LabelSlice &low_, &high_;
  std::vector<Candidate> moving_, resting_;
};

LabelVolume divide_slices(const LabelVolume& volume, const LabelSlice::Axes& axes, int parts) {
  LabelVolume result;
  result.size = volume.size;
  result.size[axes.w] *= parts;
  result.spacing = volume.spacing;
  result.spacing[axes.w] /= parts;
  result.labels.resize(volume.n_voxels() * static_cast<std::size_t>(parts));
  const auto stride = result.strides();
  const int n_slices = volume.size[axes.w];
  auto low = std::make_unique<LabelSlice>(volume, axes, 0);
  auto high = std::make_unique<LabelSlice>(volume, axes, std::min(1, n_slices - 1));
  auto gap = std::make_unique<Gap>(*low, *high, volume.spacing[axes.w]);
  int below = 0;
  for (int w = 0; w < result.size[axes.w]; ++w) {
    // Centre of the thin slice in units of the old ones; beyond the first and last centre the end slices go on.
    const double place = std::clamp((w + 0.5) / parts - 0.5, 0.0, n_slices - 1.0);
    const int first = std::min(static_cast<int>(place), std::max(n_slices - 2, 0));
    if (first != below) {
      low = std::move(high);
      high = std::make_unique<LabelSlice>(volume, axes, first + 1);
      gap = std::make_unique<Gap>(*low, *high, volume.spacing[axes.w]);
      below = first;
    }
    const auto t = static_cast<float>(place - first);
    std::size_t pixel = 0;
    for (int v = 0; v < low->nv; ++v)
      for (int u = 0; u < low->nu; ++u, ++pixel)
        result.labels[w * stride[axes.w] + u * stride[axes.u] + v * stride[axes.v]] = gap->label(pixel, t);
  }
  return result;
}

}  // namespace

LabelVolume interpolate_slices(LabelVolume volume, double ratio) {
  for (int pass = 0; pass < 2; ++pass) {
    LabelSlice::Axes axes{};
    volume.spacing.maxCoeff(&axes.w);
    axes.u = (axes.w + 1) % 3;
    axes.v = (axes.w + 2) % 3;
    const double finest = volume.spacing.minCoeff();
    if (volume.spacing[axes.w] <= ratio * finest) break;
    volume = divide_slices(volume, axes, static_cast<int>(std::lround(volume.spacing[axes.w] / finest)));
  }
  return volume;
}

}  // namespace bmiss
