// Gaussian blur of one label's indicator, kept only where it is not zero.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "anatomy/label_volume.h"

namespace bmiss {

struct BlurredVoxel {
  std::size_t voxel;
  float weight;
};

// The image goes on with its edge values, so labels cut by the image's sides keep their section there.
class LabelBlur {
public:
  LabelBlur(const LabelVolume& volume, double gaussian_width);   // [m]
  std::vector<BlurredVoxel> of_label(std::int32_t label) const;  // in voxel order

private:
  struct Box {
    std::array<int, 3> low, high;  // inclusive
  };
  const LabelVolume& volume_;
  std::array<std::vector<float>, 3> kernel_;  // half kernels: [0] at the centre
  std::map<std::int32_t, Box> boxes_;
};

}  // namespace bmiss
