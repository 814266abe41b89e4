#include "anatomy/label_field.h"

#include <algorithm>
#include <cmath>

#include "anatomy/label_blur.h"
#include "base/errors.h"

namespace bmiss {

LabelField::LabelField(const LabelVolume& volume, double gaussian_width)
    : size_(volume.size), spacing_(volume.spacing) {
  labels_.push_back(0);
  for (const auto& [label, voxels] : volume.counts())
    if (label != 0) labels_.push_back(label);
  bias_.assign(labels_.size(), 0.0);
  LabelBlur blur(volume, gaussian_width);
  std::vector<std::vector<BlurredVoxel>> blurred;
  begin_.assign(volume.n_voxels() + 1, 0);
  for (const std::int32_t label : labels_) {
    blurred.push_back(blur.of_label(label));
    for (const BlurredVoxel& value : blurred.back()) ++begin_[value.voxel + 1];
  }
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
  for (int c = 0; c < 8; ++c) {
    if (weight[c] == 0) continue;
    for (std::size_t e = begin_[voxel[c]]; e < begin_[voxel[c] + 1]; ++e) {
      const auto value = static_cast<float>(weight[c]) * entries_[e].weight;
      const std::int32_t label = entries_[e].label;
      const auto known = std::find_if(values.begin(), values.end(), [&](const Entry& v) { return v.label == label; });
      if (known != values.end())
        known->weight += value;
      else
        values.push_back({label, value});
    }
  }
}

int LabelField::label_at(const Eigen::Vector3d& point) const {
  static thread_local std::vector<Entry> values;
  gather(point, values);
  int best = values.front().label;
  double best_value = -1e30;
  for (const Entry& entry : values) {
    const double value = entry.weight + bias_[entry.label];
    if (value > best_value || (value == best_value && entry.label < best)) {
      best_value = value;
      best = entry.label;
    }
  }
  return best;
}

double LabelField::difference(const Eigen::Vector3d& point, int a, int b) const {
  std::array<std::size_t, 8> voxel;
  std::array<double, 8> weight;
  locate(point, voxel, weight);
  double value = bias_[a] - bias_[b];
  for (int c = 0; c < 8; ++c)
    for (std::size_t e = begin_[voxel[c]]; e < begin_[voxel[c] + 1]; ++e) {
      if (entries_[e].label == a)
        value += weight[c] * entries_[e].weight;
      else if (entries_[e].label == b)
        value -= weight[c] * entries_[e].weight;
    }
  return value;
}

double LabelField::difference(const Eigen::Vector3d& point, int a, int b, Eigen::Vector3d& gradient) const {
  std::array<std::size_t, 8> voxel;
  std::array<double, 8> weight;
  locate(point, voxel, weight);
  std::array<double, 8> corner{};
  double value = bias_[a] - bias_[b];
  for (int c = 0; c < 8; ++c) {
    for (std::size_t e = begin_[voxel[c]]; e < begin_[voxel[c] + 1]; ++e) {
      if (entries_[e].label == a)
        corner[c] += entries_[e].weight;
      else if (entries_[e].label == b)
        corner[c] -= entries_[e].weight;
    }
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
