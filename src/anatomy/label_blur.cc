#include "anatomy/label_blur.h"

#include <algorithm>
#include <cmath>

namespace bmiss {
namespace {

std::vector<float> half_kernel(double width_in_voxels) {
  const int radius = width_in_voxels > 0 ? static_cast<int>(std::ceil(3 * width_in_voxels)) : 0;
  std::vector<double> kernel(1, 1.0);
  double sum = 1;
  for (int r = 1; r <= radius; ++r) {
    kernel.push_back(std::exp(-0.5 * std::pow(r / width_in_voxels, 2)));
    sum += 2 * kernel.back();
  }
  std::vector<float> result;
  for (const double value : kernel) result.push_back(static_cast<float>(value / sum));
  return result;
}

// Convolves every line along one axis; lines are `stride` apart inside and hold `length` values.
void convolve(std::vector<float>& field, const std::array<int, 3>& size, int axis, const std::vector<float>& kernel) {
  const int radius = static_cast<int>(kernel.size()) - 1, n = size[axis];
  if (radius == 0) return;
  const std::array<std::size_t, 3> stride{1, static_cast<std::size_t>(size[0]),
                                          static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1])};
  const int u = axis == 0 ? 1 : 0, v = axis == 2 ? 1 : 2;
  // A bundle of neighbouring lines at a time, so that memory is walked in order.
  const int bundle = axis == 0 ? 1 : size[u];
  std::vector<float> padded(static_cast<std::size_t>(n + 2 * radius) * bundle), sum(bundle);
  for (int iv = 0; iv < size[v]; ++iv)
    for (int iu = 0; iu < size[u]; iu += bundle) {
      float* first = &field[iv * stride[v] + iu * stride[u]];
      for (int q = -radius; q < n + radius; ++q) {
        const float* row = first + std::clamp(q, 0, n - 1) * stride[axis];
        std::copy(row, row + bundle, &padded[static_cast<std::size_t>(q + radius) * bundle]);
      }
      for (int q = 0; q < n; ++q) {
        const float* centre = &padded[static_cast<std::size_t>(q + radius) * bundle];
        for (int b = 0; b < bundle; ++b) sum[b] = kernel[0] * centre[b];
        for (int r = 1; r <= radius; ++r)
          for (int b = 0; b < bundle; ++b) sum[b] += kernel[r] * (centre[b - r * bundle] + centre[b + r * bundle]);
        std::copy(sum.begin(), sum.end(), first + q * stride[axis]);
      }
    }
}

}  // namespace

LabelBlur::LabelBlur(const LabelVolume& volume, double gaussian_width) : volume_(volume) {
  for (int axis = 0; axis < 3; ++axis) kernel_[axis] = half_kernel(gaussian_width / volume.spacing[axis]);
  std::size_t voxel = 0;
  for (int k = 0; k < volume.size[2]; ++k)
    for (int j = 0; j < volume.size[1]; ++j)
      for (int i = 0; i < volume.size[0]; ++i, ++voxel) {
        Box& box = boxes_.try_emplace(volume.labels[voxel], Box{{i, j, k}, {i, j, k}}).first->second;
        const std::array<int, 3> place{i, j, k};
        for (int axis = 0; axis < 3; ++axis) {
          box.low[axis] = std::min(box.low[axis], place[axis]);
          box.high[axis] = std::max(box.high[axis], place[axis]);
        }
      }
}

std::vector<BlurredVoxel> LabelBlur::of_label(std::int32_t label) const {
  // Smaller weights than this never decide an interface.
  constexpr float smallest_weight = 1e-3f;
  std::vector<BlurredVoxel> result;
  const auto found = boxes_.find(label);
  if (found == boxes_.end()) return result;
  Box box = found->second;
  std::array<int, 3> size;
  for (int axis = 0; axis < 3; ++axis) {
    const int radius = static_cast<int>(kernel_[axis].size());
    box.low[axis] = std::max(box.low[axis] - radius, 0);
    box.high[axis] = std::min(box.high[axis] + radius, volume_.size[axis] - 1);
    size[axis] = box.high[axis] - box.low[axis] + 1;
  }
  std::vector<float> field;
  field.reserve(static_cast<std::size_t>(size[0]) * size[1] * size[2]);
  for (int k = box.low[2]; k <= box.high[2]; ++k)
    for (int j = box.low[1]; j <= box.high[1]; ++j) {
      const std::int32_t* row = &volume_.labels[volume_.index(0, j, k)];
      for (int i = box.low[0]; i <= box.high[0]; ++i) field.push_back(row[i] == label ? 1.0f : 0.0f);
    }
  for (int axis = 0; axis < 3; ++axis) convolve(field, size, axis, kernel_[axis]);
  std::size_t q = 0;
  for (int k = box.low[2]; k <= box.high[2]; ++k)
    for (int j = box.low[1]; j <= box.high[1]; ++j)
      for (int i = box.low[0]; i <= box.high[0]; ++i, ++q)
        if (field[q] > smallest_weight) result.push_back({volume_.index(i, j, k), field[q]});
  return result;
}

}  // namespace bmiss
