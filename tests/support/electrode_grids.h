// Short ways to ask for electrode grids and to judge their distances.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "anatomy/electrode_grid.h"

namespace bmiss::test {

inline const Eigen::Vector3d z_axis = Eigen::Vector3d::UnitZ();

inline GridOptions grid(int rows, int columns, double spacing = 8e-3, double radius = 2e-3) {
  GridOptions options;
  options.rows = rows;
  options.columns = columns;
  options.spacing = spacing;
  options.radius = radius;
  return options;
}

inline const Electrode& at(const std::vector<Electrode>& electrodes, const GridOptions& options, int row, int column) {
  return electrodes.at(static_cast<std::size_t>((row - 1) * options.columns + column - 1));
}

// Largest relative error of neighbour distances; `distance` measures along the surface.
template <typename Distance>
double worst_neighbour(const std::vector<Electrode>& electrodes, const GridOptions& options, Distance&& distance) {
  double worst = 0;
  for (int row = 1; row <= options.rows; ++row)
    for (int column = 1; column <= options.columns; ++column) {
      const auto& here = at(electrodes, options, row, column).position;
      if (row < options.rows)
        worst = std::max(
            worst, std::abs(distance(here, at(electrodes, options, row + 1, column).position) / options.spacing - 1));
      if (column < options.columns)
        worst = std::max(
            worst, std::abs(distance(here, at(electrodes, options, row, column + 1).position) / options.spacing - 1));
    }
  return worst;
}

}  // namespace bmiss::test
