// What all ways of laying a grid share: checks of the options, names, electrodes from places, the verdict on distances.
#pragma once

#include <string>

#include "anatomy/electrode_grid.h"
#include "anatomy/grid_layout.h"
#include "anatomy/surface_locator.h"

namespace bmiss {

[[noreturn]] void reject_grid(const GridOptions& options, const std::string& sentence);
// Rows, columns, spacing, and contacts that fit into it (around a sleeve: see lay_sleeve()).
void check_grid_options(const GridOptions& options);
// Of the contacts alone.
void check_contact(const GridOptions& options);
std::string electrode_name(const GridOptions& options, int row, int column);  // from 0

// The skin point nearest to the wanted centre; refuses one that is not on the limb.
SurfaceLocator::Hit grid_middle(const SurfaceLocator& locator, const GridOptions& options,
                                const Eigen::Vector3d& centre);
// A grid is laid over the waves of single triangles, not into them.
Surface faired_for_grids(const Surface& skin);

// Where the row number grows by the limb's axis and the rotation.
Eigen::Vector3d turned_axis(const Eigen::Vector3d& normal, const Eigen::Vector3d& axis, double rotation);
// Appends the electrodes at the layout's places, moved to the skin. Refuses those that leave the skin or lie on each
// other.
void put_electrodes(LaidGrid& grid, const SurfaceLocator& locator, const GridOptions& options, GridLayout& layout,
                    const Eigen::Vector3d& axis);
// Refuses a grid that misses its distances or folds; else stores the error and its warning.
void judge_distances(LaidGrid& grid, const GridOptions& options, const GridLayout& layout, const GridLink& worst);
constexpr double good_distance_error = 0.02;
constexpr double flattest_sine = 0.25;  // of the angle between a row and a column: below, the grid is folded

}  // namespace bmiss
