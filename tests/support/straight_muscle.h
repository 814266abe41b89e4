// A muscle of straight fibres under a plane grid of electrodes: with support/infinite_medium.h, the smallest case of an
// inversion whose fields are exact.
#pragma once

#include <cmath>

#include "anatomy/fibres.h"
#include "physiology/random_stream.h"

namespace bmiss::test {

// Fibres along z from -half_length to half_length, one for every `spacing` squared of the box |x| < 10 mm, -16 mm < y <
// 0, each moved at random by up to 0.3 spacings.
inline FibreAtlas straight_muscle(double spacing, double half_length, double step = 0.5e-3) {
  FibreAtlas atlas;
  RandomStream random(1, "straight muscle", 0);
  const auto jitter = [&] { return 0.6 * spacing * (random.uniform() - 0.5); };
  const auto n = static_cast<Eigen::Index>(std::lround(2 * half_length / step)) + 1;
  for (double x = -10e-3 + spacing / 2; x < 10e-3; x += spacing)
    for (double y = -16e-3 + spacing / 2; y < 0; y += spacing) {
      FibrePath path;
      path.step = step;
      path.points.resize(3, n);
      const double at_x = x + jitter(), at_y = y + jitter();
      for (Eigen::Index k = 0; k < n; ++k)
        path.points.col(k) << at_x, at_y, -half_length + step * static_cast<double>(k);
      atlas.paths["muscle"].push_back(path);
    }
  atlas.lines_of_action["muscle"] = Eigen::Vector3d::UnitZ();
  return atlas;
}

}  // namespace bmiss::test
