#include "anatomy/slice_interpolation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bmiss {
namespace {

// One slice across `axis`, as a list of pixels with u fastest.
struct Slice {
  int nu = 0, nv = 0;
  double du = 1, dv = 1;
  std::vector<std::int32_t> labels;
  std::map<std::int32_t, std::vector<float>> distance;  // signed: positive inside [m]
};

// Squared distance transform of one row by the lower envelope of parabolas (Felzenszwalb & Huttenlocher 2012).
class RowTransform {
public:
  void operator()(const double* f, int n, std::ptrdiff_t stride, double step, double* out) {
    position_.resize(n);
    start_.resize(n + 1);
    value_.resize(n);
    for (int q = 0; q < n; ++q) value_[q] = f[q * stride];
    int k = -1;
    for (int q = 0; q < n; ++q) {
      if (value_[q] == std::numeric_limits<double>::infinity()) continue;
      double s = -std::numeric_limits<double>::infinity();
      while (k >= 0) {
        const double p = position_[k] * step, x = q * step;
        s = ((value_[q] + x * x) - (value_[position_[k]] + p * p)) / (2 * (x - p));
        if (s > start_[k]) break;
        --k;
      }
      if (k < 0) s = -std::numeric_limits<double>::infinity();
      position_[++k] = q;
      start_[k] = s;
    }
    if (k < 0) return;  // all infinite: stays so
    start_[k + 1] = std::numeric_limits<double>::infinity();
    for (int q = 0, j = 0; q < n; ++q) {
      while (start_[j + 1] < q * step) ++j;
      const double d = (q - position_[j]) * step;
      out[q * stride] = d * d + value_[position_[j]];
    }
  }

private:
  std::vector<int> position_;
  std::vector<double> start_, value_;
};

void squared_distances(const Slice& slice, std::vector<double>& field) {
  RowTransform transform;
  for (int v = 0; v < slice.nv; ++v) transform(&field[v * slice.nu], slice.nu, 1, slice.du, &field[v * slice.nu]);
  for (int u = 0; u < slice.nu; ++u) transform(&field[u], slice.nv, slice.nu, slice.dv, &field[u]);
}

void add_signed_distances(Slice& slice) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double half = 0.5 * std::min(slice.du, slice.dv),
               largest = std::hypot(slice.nu * slice.du, slice.nv * slice.dv);
  std::vector<std::int32_t> present(slice.labels);
  std::sort(present.begin(), present.end());
  present.erase(std::unique(present.begin(), present.end()), present.end());
  const std::size_t n = slice.labels.size();
  std::vector<double> to_label(n), to_other(n);
  for (const std::int32_t label : present) {
    for (std::size_t p = 0; p < n; ++p) {
      to_label[p] = slice.labels[p] == label ? 0 : infinity;
      to_other[p] = slice.labels[p] == label ? infinity : 0;
    }
    squared_distances(slice, to_label);
    squared_distances(slice, to_other);
    auto& distance = slice.distance[label];
    distance.resize(n);
    for (std::size_t p = 0; p < n; ++p)
      distance[p] = static_cast<float>(slice.labels[p] == label ? std::min(std::sqrt(to_other[p]), largest) - half
                                                                : half - std::min(std::sqrt(to_label[p]), largest));
  }
}

struct Axes {
  int w, u, v;  // across the slices; along them
};

Slice take_slice(const LabelVolume& volume, const Axes& axes, int w) {
  Slice slice;
  slice.nu = volume.size[axes.u];
  slice.nv = volume.size[axes.v];
  slice.du = volume.spacing[axes.u];
  slice.dv = volume.spacing[axes.v];
  const auto stride = volume.strides();
  for (int v = 0; v < slice.nv; ++v)
    for (int u = 0; u < slice.nu; ++u)
      slice.labels.push_back(volume.labels[w * stride[axes.w] + u * stride[axes.u] + v * stride[axes.v]]);
  add_signed_distances(slice);
  return slice;
}

// A label that ends between two slices tapers off half way: its distance in the empty slice is minus its largest inside
// radius.
struct Candidate {
  std::int32_t label;
  const std::vector<float>*low, *high;
  float low_constant = 0, high_constant = 0;
};

std::vector<Candidate> candidates_between(const Slice& low, const Slice& high) {
  std::vector<Candidate> candidates;
  for (const auto& [label, distance] : low.distance) {
    const auto other = high.distance.find(label);
    if (other != high.distance.end())
      candidates.push_back({label, &distance, &other->second});
    else
      candidates.push_back({label, &distance, nullptr, 0, -*std::max_element(distance.begin(), distance.end())});
  }
  for (const auto& [label, distance] : high.distance)
    if (low.distance.count(label) == 0)
      candidates.push_back({label, nullptr, &distance, -*std::max_element(distance.begin(), distance.end()), 0});
  return candidates;
}

std::int32_t label_between(const std::vector<Candidate>& candidates, std::size_t pixel, float t) {
  std::int32_t best = 0;
  float best_value = -std::numeric_limits<float>::infinity();
  for (const Candidate& c : candidates) {
    const float low = c.low != nullptr ? (*c.low)[pixel] : c.low_constant;
    const float high = c.high != nullptr ? (*c.high)[pixel] : c.high_constant;
    const float value = (1 - t) * low + t * high;
    if (value > best_value) {
      best_value = value;
      best = c.label;
    }
  }
  return best;
}

LabelVolume divide_slices(const LabelVolume& volume, const Axes& axes, int parts) {
  LabelVolume result;
  result.size = volume.size;
  result.size[axes.w] *= parts;
  result.spacing = volume.spacing;
  result.spacing[axes.w] /= parts;
  result.labels.resize(volume.n_voxels() * static_cast<std::size_t>(parts));
  const auto stride = result.strides();
  const int n_slices = volume.size[axes.w];
  Slice low = take_slice(volume, axes, 0), high = low;
  std::vector<Candidate> candidates;
  int below = 0;
  for (int w = 0; w < result.size[axes.w]; ++w) {
    // Centre of the thin slice in units of the old ones; beyond the first and last centre the end slices go on.
    const double place = std::clamp((w + 0.5) / parts - 0.5, 0.0, n_slices - 1.0);
    const int first = std::min(static_cast<int>(place), std::max(n_slices - 2, 0));
    if (w == 0 || first != below) {
      if (w > 0) low = std::move(high);
      if (n_slices > 1)
        high = take_slice(volume, axes, first + 1);
      else
        high = low;
      candidates = candidates_between(low, high);
      below = first;
    }
    const auto t = static_cast<float>(place - first);
    std::size_t pixel = 0;
    for (int v = 0; v < low.nv; ++v)
      for (int u = 0; u < low.nu; ++u, ++pixel)
        result.labels[w * stride[axes.w] + u * stride[axes.u] + v * stride[axes.v]] =
            low.labels[pixel] == high.labels[pixel] ? low.labels[pixel] : label_between(candidates, pixel, t);
  }
  return result;
}

}  // namespace

LabelVolume interpolate_slices(LabelVolume volume, double ratio) {
  for (int pass = 0; pass < 2; ++pass) {
    Axes axes{};
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
