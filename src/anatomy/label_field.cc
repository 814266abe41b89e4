#include "anatomy/label_field.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "anatomy/label_blur.h"
#include "anatomy/label_extension.h"
#include "base/errors.h"

namespace bmiss {
namespace {

// Voxels so deep in the outside that no point of the body is interpolated from them.
std::vector<char> far_outside(const LabelVolume& volume, const std::vector<BlurredVoxel>& outside) {
  constexpr float surely = 0.999f;
  std::vector<char> far(volume.n_voxels(), 0);
  for (const BlurredVoxel& value : outside) far[value.voxel] = value.weight > surely ? 1 : 0;
  // Everything within one voxel, corners included, of what is not: one axis after the other.
  for (int axis = 0; axis < 3; ++axis) {
    const std::vector<char> before = far;
    const auto stride = volume.strides()[axis];
    for (std::size_t voxel = 0; voxel < far.size(); ++voxel) {
      if (before[voxel] != 0) continue;
      const int place = static_cast<int>(voxel / stride % static_cast<std::size_t>(volume.size[axis]));
      if (place > 0) far[voxel - stride] = 0;
      if (place + 1 < volume.size[axis]) far[voxel + stride] = 0;
    }
  }
  return far;
}

}  // namespace

LabelField::LabelField(const LabelVolume& volume, double gaussian_width, double outside_width)
    : size_(volume.size), spacing_(volume.spacing) {
  labels_.push_back(0);
  for (const auto& [label, voxels] : volume.counts())
    if (label != 0) labels_.push_back(label);
  bias_.assign(labels_.size(), 0.0);
  const std::vector<BlurredVoxel> outside = LabelBlur(volume, outside_width).of_label(0);
  const std::vector<char> far = far_outside(volume, outside);
  // As far as the kernel reaches beyond the voxels that still count, so that no label fades there.
  const int reach = static_cast<int>(std::ceil(3 * (gaussian_width + outside_width) / spacing_.minCoeff())) + 3;
  const LabelVolume extended = extend_labels(volume, reach);
  const LabelBlur blur(extended, gaussian_width);
  std::vector<std::vector<BlurredVoxel>> blurred{outside};
  for (std::size_t number = 1; number < labels_.size(); ++number) {
    blurred.push_back(blur.of_label(labels_[number]));
    auto& values = blurred.back();
    values.erase(std::remove_if(values.begin(), values.end(), [&](const auto& value) { return far[value.voxel] != 0; }),
                 values.end());
  }
  begin_.assign(volume.n_voxels() + 1, 0);
  for (const auto& values : blurred)
    for (const BlurredVoxel& value : values) ++begin_[value.voxel + 1];
  for (std::size_t voxel = 0; voxel < volume.n_voxels(); ++voxel) begin_[voxel + 1] += begin_[voxel];
  entries_.resize(begin_.back());
  std::vector<std::size_t> next(begin_.begin(), begin_.end() - 1);
  for (std::size_t number = 0; number < labels_.size(); ++number) {
    for (const BlurredVoxel& value : blurred[number])
      entries_[next[value.voxel]++] = {static_cast<std::int32_t>(number), value.weight};
    blurred[number] = {};
  }
}

// Trilinear weights; a point beyond the outermost voxel centres takes the value at the nearest place between them.
void LabelField::locate(const Eigen::Vector3d& point, std::array<std::size_t, 8>& voxel,
                        std::array<double, 8>& weight) const {
  std::array<std::size_t, 3> low, high;
  std::array<double, 3> t;
  std::size_t stride = 1;
  for (int axis = 0; axis < 3; ++axis) {
    const double q = std::clamp(point[axis] / spacing_[axis] - 0.5, 0.0, size_[axis] - 1.0);
    const int base = std::min(static_cast<int>(q), std::max(size_[axis] - 2, 0));
    t[axis] = q - base;
    low[axis] = static_cast<std::size_t>(base) * stride;
    high[axis] = low[axis] + (size_[axis] > 1 ? stride : 0);
    stride *= static_cast<std::size_t>(size_[axis]);
  }
  for (unsigned c = 0; c < 8; ++c) {
    voxel[c] =
        ((c & 1u) != 0 ? high[0] : low[0]) + ((c & 2u) != 0 ? high[1] : low[1]) + ((c & 4u) != 0 ? high[2] : low[2]);
    weight[c] =
        ((c & 1u) != 0 ? t[0] : 1 - t[0]) * ((c & 2u) != 0 ? t[1] : 1 - t[1]) * ((c & 4u) != 0 ? t[2] : 1 - t[2]);
  }
}

void LabelField::gather(const Eigen::Vector3d& point, std::vector<Entry>& values) const {
  std::array<std::size_t, 8> voxel;
  std::array<double, 8> weight;
  locate(point, voxel, weight);
  values.clear();
  // Few labels meet anywhere: the list is short, and mostly the label is the one found last.
  std::size_t last = 0;
  for (int c = 0; c < 8; ++c) {
    if (weight[c] == 0) continue;
    const auto w = static_cast<float>(weight[c]);
    for (std::size_t e = begin_[voxel[c]], end = begin_[voxel[c] + 1]; e < end; ++e) {
      const Entry& entry = entries_[e];
      if (last >= values.size() || values[last].label != entry.label) {
        for (last = 0; last < values.size() && values[last].label != entry.label;) ++last;
        if (last == values.size()) values.push_back({entry.label, 0});
      }
      values[last].weight += w * entry.weight;
      ++last;
    }
  }
}

int LabelField::label_at(const Eigen::Vector3d& point) const {
  static thread_local std::vector<Entry> values;
  gather(point, values);
  int best = 0;
  double best_value = -std::numeric_limits<double>::infinity(), outside = offset(0, 1);
  for (const Entry& entry : values) {
    if (entry.label == 0) {
      outside += 2 * entry.weight;
      continue;
    }
    const double value = entry.weight + bias_[entry.label];
    if (value > best_value || (value == best_value && entry.label < best)) {
      best_value = value;
      best = entry.label;
    }
  }
  return outside > 0 ? 0 : best;
}

// What an entry adds to difference(a, b), and what is added once.
double LabelField::share(const Entry& entry, int a, int b) const {
  if (a == 0) return entry.label == 0 ? 2 * entry.weight : 0;
  if (b == 0) return entry.label == 0 ? -2 * entry.weight : 0;
  return entry.label == a ? entry.weight : entry.label == b ? -entry.weight : 0;
}

double LabelField::offset(int a, int b) const {
  if (a == 0) return bias_[0] - 1;
  if (b == 0) return 1 - bias_[0];
  return bias_[a] - bias_[b];
}

double LabelField::difference(const Eigen::Vector3d& point, int a, int b) const {
  std::array<std::size_t, 8> voxel;
  std::array<double, 8> weight;
  locate(point, voxel, weight);
  double value = offset(a, b);
  for (int c = 0; c < 8; ++c)
    for (std::size_t e = begin_[voxel[c]]; e < begin_[voxel[c] + 1]; ++e) value += weight[c] * share(entries_[e], a, b);
  return value;
}

double LabelField::difference(const Eigen::Vector3d& point, int a, int b, Eigen::Vector3d& gradient) const {
  std::array<std::size_t, 8> voxel;
  std::array<double, 8> weight;
  locate(point, voxel, weight);
  std::array<double, 8> corner{};
  double value = offset(a, b);
  for (int c = 0; c < 8; ++c) {
    for (std::size_t e = begin_[voxel[c]]; e < begin_[voxel[c] + 1]; ++e) corner[c] += share(entries_[e], a, b);
    value += weight[c] * corner[c];
  }
  for (int axis = 0; axis < 3; ++axis) {
    const double q = point[axis] / spacing_[axis] - 0.5;
    gradient[axis] = 0;
    if (size_[axis] < 2 || q < 0 || q > size_[axis] - 1) continue;  // constant out there
    const unsigned bit = 1u << axis, b1 = 1u << (axis + 1) % 3, b2 = 1u << (axis + 2) % 3;
    for (const unsigned other :
         {0u, b1, b2, b1 | b2})  // the weight of an edge along the axis is the sum of its two ends'
      gradient[axis] += (weight[other] + weight[other | bit]) * (corner[other | bit] - corner[other]) / spacing_[axis];
  }
  return value;
}

}  // namespace bmiss
