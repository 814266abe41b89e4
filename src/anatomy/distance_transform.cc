#include "anatomy/distance_transform.h"

#include <cmath>
#include <limits>

namespace bmiss {
namespace {

// One line of voxels: the lower envelope of the parabolas that stand over voxels with a known squared distance.
class LineTransform {
public:
  LineTransform(int n, double step) : step_(step), position_(n), value_(n), start_(n + 1), feature_(n) {}

  void operator()(float* squared, std::int32_t* nearest, std::size_t stride) {
    const int n = static_cast<int>(position_.size());
    for (int q = 0; q < n; ++q) {
      value_[q] = squared[q * stride];
      feature_[q] = nearest[q * stride];
    }
    constexpr double infinity = std::numeric_limits<double>::infinity();
    int last = -1;
    for (int q = 0; q < n; ++q) {
      if (feature_[q] < 0) continue;
      double start = -infinity;
      for (; last >= 0; --last) {
        const double p = position_[last] * step_, x = q * step_;
        start = ((value_[q] + x * x) - (value_[position_[last]] + p * p)) / (2 * (x - p));
        if (start > start_[last]) break;
        start = -infinity;
      }
      position_[++last] = q;
      start_[last] = start;
    }
    if (last < 0) return;
    start_[last + 1] = infinity;
    for (int q = 0, at = 0; q < n; ++q) {
      while (start_[at + 1] < q * step_) ++at;
      const double along = (q - position_[at]) * step_;
      squared[q * stride] = static_cast<float>(along * along + value_[position_[at]]);
      nearest[q * stride] = feature_[position_[at]];
    }
  }

private:
  double step_;
  std::vector<int> position_;
  std::vector<double> value_, start_;
  std::vector<std::int32_t> feature_;
};

}  // namespace

DistanceField distances_to(const std::array<int, 3>& size, const Eigen::Vector3d& spacing,
                           const std::vector<char>& marked) {
  DistanceField field;
  field.distance.assign(marked.size(), std::numeric_limits<float>::infinity());
  field.nearest.assign(marked.size(), -1);
  for (std::size_t v = 0; v < marked.size(); ++v)
    if (marked[v] != 0) {
      field.distance[v] = 0;
      field.nearest[v] = static_cast<std::int32_t>(v);
    }
  const std::size_t nx = static_cast<std::size_t>(size[0]), ny = static_cast<std::size_t>(size[1]);
  const std::array<std::size_t, 3> stride{1, nx, nx * ny};
  for (int axis = 0; axis < 3; ++axis) {
    const int a = axis == 0 ? 1 : 0, b = axis == 2 ? 1 : 2;
    LineTransform transform(size[axis], spacing[axis]);
    for (int v = 0; v < size[b]; ++v)
      for (int u = 0; u < size[a]; ++u) {
        const std::size_t first = u * stride[a] + v * stride[b];
        transform(&field.distance[first], &field.nearest[first], stride[axis]);
      }
  }
  for (float& squared : field.distance) squared = std::sqrt(squared);
  return field;
}

}  // namespace bmiss
