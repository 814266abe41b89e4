#include "anatomy/label_thickness.h"

#include <algorithm>

#include "anatomy/distance_transform.h"

namespace bmiss {
namespace {

constexpr double trusted_share = 0.05;  // of a label may be thinner than its thinnest place worth trusting

struct Box {
  std::array<int, 3> low{}, high{};  // both inclusive
};

std::map<std::int32_t, Box> boxes(const LabelVolume& volume) {
  std::map<std::int32_t, Box> result;
  std::size_t v = 0;
  std::array<int, 3> at{};
  Box* box = nullptr;
  std::int32_t label = 0;
  for (at[2] = 0; at[2] < volume.size[2]; ++at[2])
    for (at[1] = 0; at[1] < volume.size[1]; ++at[1])
      for (at[0] = 0; at[0] < volume.size[0]; ++at[0], ++v) {
        if (volume.labels[v] == 0) continue;
        if (box == nullptr || volume.labels[v] != label) {
          label = volume.labels[v];
          box = &result.try_emplace(label, Box{at, at}).first->second;
        }
        for (int axis = 0; axis < 3; ++axis) {
          box->low[axis] = std::min(box->low[axis], at[axis]);
          box->high[axis] = std::max(box->high[axis], at[axis]);
        }
      }
  return result;
}

// The label's box with one voxel around it, as far as the image goes: 1 inside the label.
LabelVolume crop(const LabelVolume& volume, std::int32_t label, const Box& box, std::array<int, 3>& origin) {
  LabelVolume result;
  result.spacing = volume.spacing;
  for (int axis = 0; axis < 3; ++axis) {
    origin[axis] = std::max(box.low[axis] - 1, 0);
    result.size[axis] = std::min(box.high[axis] + 2, volume.size[axis]) - origin[axis];
  }
  result.labels.reserve(static_cast<std::size_t>(result.size[0]) * result.size[1] * result.size[2]);
  for (int k = 0; k < result.size[2]; ++k)
    for (int j = 0; j < result.size[1]; ++j)
      for (int i = 0; i < result.size[0]; ++i)
        result.labels.push_back(volume.labels[volume.index(i + origin[0], j + origin[1], k + origin[2])] == label ? 1
                                                                                                                  : 0);
  return result;
}

// The ball that fits at each voxel of a mask.
class FittingBalls {
public:
  explicit FittingBalls(const LabelVolume& mask) : mask_(mask) {
    std::vector<char> outside(mask.n_voxels());
    for (std::size_t v = 0; v < outside.size(); ++v) outside[v] = mask.labels[v] == 0 ? 1 : 0;
    nearest_ = distances_to(mask.size, mask.spacing, outside).nearest;
    diameter_.assign(mask.n_voxels(), 0);
    for (std::size_t v = 0; v < mask.n_voxels(); ++v) {
      if (mask.labels[v] == 0 || nearest_[v] < 0) continue;
      diameter_[v] = diameter_at(v);
      ++inside_;
    }
  }
  const std::vector<double>& diameters() const { return diameter_; }  // [m]; 0 outside

  // Voxels of the mask more than a voxel away from all balls at least this large: nearer ones are a rough surface.
  std::set<std::size_t> uncovered(double diameter) const {
    std::vector<char> centre(mask_.n_voxels());
    for (std::size_t v = 0; v < centre.size(); ++v) centre[v] = diameter_[v] >= diameter ? 1 : 0;
    const auto distance = distances_to(mask_.size, mask_.spacing, centre).distance;
    const double reach = (0.5 * diameter + mask_.spacing.minCoeff()) * (1 + 1e-6);
    std::set<std::size_t> result;
    for (std::size_t v = 0; v < centre.size(); ++v)
      if (mask_.labels[v] != 0 && distance[v] > reach) result.insert(result.end(), v);
    return result;
  }
  double share_of(const std::set<std::size_t>& voxels) const {
    return static_cast<double>(voxels.size()) / static_cast<double>(inside_);
  }

private:
  Eigen::Vector3d to_nearest(std::size_t v) const {
    const auto from = mask_.place(v), to = mask_.place(static_cast<std::size_t>(nearest_[v]));
    return Eigen::Vector3d(to[0] - from[0], to[1] - from[1], to[2] - from[2]).cwiseProduct(mask_.spacing);
  }
  // From the centre of a voxel to the surface, which lies half a voxel before the nearest centre outside.
  double depth(std::size_t v) const {
    const Eigen::Vector3d step = to_nearest(v);
    return step.norm() - 0.5 * step.normalized().cwiseProduct(mask_.spacing).norm();
  }

  // Where the thickness is an even number of voxels no centre is in the middle: two neighbours see opposite faces.
  double diameter_at(std::size_t v) const {
    double result = 2 * depth(v);
    const Eigen::Vector3d own = to_nearest(v);
    const auto place = mask_.place(v);
    const auto stride = mask_.strides();
    for (int axis = 0; axis < 3; ++axis)
      for (const int sign : {-1, 1}) {
        if (place[axis] + sign < 0 || place[axis] + sign >= mask_.size[axis]) continue;
        const std::size_t n = sign < 0 ? v - stride[axis] : v + stride[axis];
        if (mask_.labels[n] == 0) continue;
        const Eigen::Vector3d other = to_nearest(n);
        if (own[axis] * sign >= 0 || other[axis] * sign <= 0) continue;
        const double between = 0.5 * sign * mask_.spacing[axis] * (other.normalized()[axis] - own.normalized()[axis]);
        result = std::max(result, depth(v) + depth(n) + between);
      }
    return result;
  }

  const LabelVolume& mask_;
  std::vector<std::int32_t> nearest_;
  std::vector<double> diameter_;
  std::size_t inside_ = 0;
};

// The middle of the largest group, connected through faces, edges and corners.
std::size_t middle_of_largest(const LabelVolume& mask, const std::set<std::size_t>& voxels) {
  std::set<std::size_t> left = voxels;
  std::vector<std::size_t> largest;
  while (!left.empty()) {
    std::vector<std::size_t> group{*left.begin()};
    left.erase(left.begin());
    for (std::size_t at = 0; at < group.size(); ++at) {
      const auto place = mask.place(group[at]);
      for (int c = -1; c <= 1; ++c)
        for (int b = -1; b <= 1; ++b)
          for (int a = -1; a <= 1; ++a) {
            const int i = place[0] + a, j = place[1] + b, k = place[2] + c;
            if (i < 0 || j < 0 || k < 0 || i >= mask.size[0] || j >= mask.size[1] || k >= mask.size[2]) continue;
            const auto found = left.find(mask.index(i, j, k));
            if (found == left.end()) continue;
            group.push_back(*found);
            left.erase(found);
          }
    }
    if (group.size() > largest.size()) largest = std::move(group);
  }
  const auto position = [&](std::size_t v) {
    const auto place = mask.place(v);
    return Eigen::Vector3d(place[0], place[1], place[2]).cwiseProduct(mask.spacing).eval();
  };
  Eigen::Vector3d middle = Eigen::Vector3d::Zero();
  for (const std::size_t v : largest) middle += position(v) / static_cast<double>(largest.size());
  return *std::min_element(largest.begin(), largest.end(), [&](std::size_t a, std::size_t b) {
    return (position(a) - middle).squaredNorm() < (position(b) - middle).squaredNorm();
  });
}

// Bisection over the diameters there are: the larger the balls, the less of the label they cover.
void find_thinnest(const LabelVolume& mask, const FittingBalls& balls, LabelThickness& result) {
  std::vector<double> sizes;
  for (const double diameter : balls.diameters())
    if (diameter > 0) sizes.push_back(diameter);
  std::sort(sizes.begin(), sizes.end());
  const double same = 1e-3 * mask.spacing.minCoeff();
  sizes.erase(std::unique(sizes.begin(), sizes.end(), [&](double a, double b) { return b - a < same; }), sizes.end());
  std::size_t fits = 0, does_not = sizes.size();  // of the indices, the first covers the label
  std::set<std::size_t> thin;
  while (does_not - fits > 1) {
    const std::size_t middle = (fits + does_not) / 2;
    auto uncovered = balls.uncovered(sizes[middle]);
    if (balls.share_of(uncovered) <= trusted_share) {
      fits = middle;
    } else {
      does_not = middle;
      thin = std::move(uncovered);
    }
  }
  result.thinnest = sizes[fits];
  if (!thin.empty()) result.place = mask.place(middle_of_largest(mask, thin));
}

}  // namespace

std::map<std::int32_t, LabelThickness> label_thicknesses(const LabelVolume& volume,
                                                         const std::set<std::int32_t>& labels, ThicknessDetail detail) {
  std::map<std::int32_t, LabelThickness> result;
  for (const auto& [label, box] : boxes(volume)) {
    if (labels.count(label) == 0) continue;
    std::array<int, 3> origin{};
    const LabelVolume mask = crop(volume, label, box, origin);
    const FittingBalls balls(mask);
    LabelThickness thickness;
    const auto thickest = std::max_element(balls.diameters().begin(), balls.diameters().end());
    thickness.thickest = *thickest;
    thickness.place = mask.place(static_cast<std::size_t>(thickest - balls.diameters().begin()));
    if (thickness.thickest > 0 && detail == ThicknessDetail::thinnest_too) find_thinnest(mask, balls, thickness);
    for (int axis = 0; axis < 3; ++axis) thickness.place[axis] += origin[axis];
    result[label] = thickness;
  }
  return result;
}

}  // namespace bmiss
