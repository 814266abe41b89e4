// Where the electrodes of a grid come to lie on a curved skin.
#pragma once

#include <cmath>
#include <vector>

#include "anatomy/surface_locator.h"

namespace bmiss {

// rows x columns places, row after row. `closed`: each row is a ring, its last column is next to the first.
struct GridLayout {
  int rows = 0, columns = 0;
  double spacing = 0;  // of neighbours; of a closed one: of neighbours in a column [m]
  bool closed = false;
  std::vector<SurfaceLocator::Hit> places;
  // Columns of a closed layout go on past its ends.
  std::size_t index(int row, int column) const {
    return static_cast<std::size_t>(row * columns + (closed ? (column + columns) % columns : column));
  }
  const SurfaceLocator::Hit& at(int row, int column) const { return places[index(row, column)]; }
  bool has(int row, int column) const {
    return row >= 0 && row < rows && (closed || (column >= 0 && column < columns));
  }
};

// Two neighbours in a row or column, how far apart they are along the surface and how far they should be [m]: the
// spacing, or within a ring its mean.
struct GridLink {
  int row = 0, column = 0, other_row = 0, other_column = 0;
  double length = 0, wanted = 0;
  double error() const { return std::abs(length / wanted - 1); }
};
std::vector<GridLink> links_of(const GridLayout& layout, const SurfaceLocator& locator);
// The link with the largest relative error; a layout of one place has none (all zero, the length as the spacing).
GridLink worst_link(const GridLayout& layout, const SurfaceLocator& locator);
// Smallest sine of an angle between a row and a column, of the four corners of each cell, seen from outside: 1 where
// the grid is square, 0 or less where it is folded. 1 for a single row or column.
double least_sine(const GridLayout& layout);

// A flat grid rolled around the limb: its middle column goes along the limb in the plane of `axis` and the outward
// normal of `middle`, and from there each place is reached around the limb, in the plane across the axis, by length
// along the surface. These sections do not cross, so that the grid cannot fold. `rotation` turns the flat grid about
// the outward normal [rad]. The ways stop at the rim of the surface. Throws InputError when the axis is perpendicular
// to the surface there.
GridLayout roll_grid(const SurfaceLocator& locator, const GridLayout& shape, const SurfaceLocator::Hit& middle,
                     const Eigen::Vector3d& axis, double rotation);

// Walks from the middle along `direction` (tangent, row number growing) and then sideways, along straightest lines: for
// surfaces that are no tubes. The walk stops at the rim of the surface.
GridLayout walk_grid(const SurfaceLocator& locator, const GridLayout& shape, const SurfaceLocator::Hit& middle,
                     const Eigen::Vector3d& direction);

// As many places at equal distances around the limb as `shape` has columns, one ring for each place of `along` (one
// column, along the limb) in the plane through it across `axis`, starting there. Throws InputError when a ring is not
// closed, because the limb ends there.
GridLayout ring_grid(const SurfaceLocator& locator, const GridLayout& shape, const GridLayout& along,
                     const Eigen::Vector3d& axis);

// Springs on the surface between neighbours (weight 1), diagonals (0.5) and second neighbours (0.35, against bending in
// the surface); the electrodes around the middle are tied to where they are. When neighbours are still wrong by more
// than 2 %, because the surface is curved both ways, the latter two yield. Within the rings of a closed layout the
// springs want their mean distance. No step may fold a cell.
void relax_grid(const SurfaceLocator& locator, GridLayout& layout);

}  // namespace bmiss
