// One slice of a label volume, its connected parts and their signed distances: what interpolation between slices needs.
#pragma once

#include <Eigen/Core>
#include <map>
#include <vector>

#include "anatomy/label_volume.h"

namespace bmiss {

// A region of equal label, connected through edges and corners of pixels.
struct SlicePart {
  std::int32_t label = 0;
  std::size_t pixels = 0;
  Eigen::Vector2d centre = Eigen::Vector2d::Zero();  // [pixels]
};

class LabelSlice {
public:
  struct Axes {
    int w, u, v;  // across the slices; along them
  };
  LabelSlice(const LabelVolume& volume, const Axes& axes, int w);

  int nu = 0, nv = 0;
  double du = 1, dv = 1;             // [m]
  std::vector<std::int32_t> labels;  // [nu x nv], u fastest
  std::vector<int> part_of;          // [nu x nv]
  std::vector<SlicePart> parts;

  // Distance of each pixel to the border of the parts with `member` [n_parts], positive inside [m].
  std::vector<float> signed_distance(const std::vector<char>& member) const;
  // Of the pixels of a label; kept for the next call.
  const std::vector<float>& signed_distance(std::int32_t label) const;

private:
  void find_parts();
  mutable std::map<std::int32_t, std::vector<float>> of_label_;
};

// The same part in two slices that shows it at different places.
struct MovingPart {
  int low, high;  // parts
};
// Parts that overlap by less than half of the smaller one, or not at all, but have no other partner: those are taken to
// be one where each is the nearest to the other, `farthest` [m] away at most, and neither is four times the other.
std::vector<MovingPart> moving_parts(const LabelSlice& low, const LabelSlice& high, double farthest);

}  // namespace bmiss
