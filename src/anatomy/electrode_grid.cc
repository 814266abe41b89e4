#include "anatomy/electrode_grid.h"

#include "anatomy/grid_electrodes.h"
#include "anatomy/grid_layout.h"
#include "anatomy/surface_locator.h"

namespace bmiss {
namespace {

// The grid rolled around the limb, or where that does not come to its distances, along straightest lines if those do.
GridLayout layout_on(const SurfaceLocator& locator, const GridOptions& options, const SurfaceLocator::Hit& middle,
                     const Eigen::Vector3d& axis, const Eigen::Vector3d& direction) {
  const auto good = [&](const GridLayout& layout) {
    return worst_link(layout, locator).error() <= good_distance_error && least_sine(layout) >= flattest_sine;
  };
  GridLayout shape;
  shape.rows = options.rows;
  shape.columns = options.columns;
  shape.spacing = options.spacing;
  GridLayout rolled = roll_grid(locator, shape, middle, axis, options.rotation);
  relax_grid(locator, rolled);
  if (good(rolled)) return rolled;
  GridLayout walked = walk_grid(locator, shape, middle, direction);
  relax_grid(locator, walked);
  return good(walked) ? walked : rolled;
}

}  // namespace

LaidGrid lay_grid_measured(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                           const Eigen::Vector3d& axis) {
  check_grid_options(options);
  const SurfaceLocator locator(skin);
  const auto middle = grid_middle(locator, options, centre);
  const Eigen::Vector3d direction = turned_axis(middle.normal, axis, options.rotation);
  const Surface fair = faired_for_grids(skin);
  const SurfaceLocator fair_locator(fair);
  GridLayout layout = layout_on(fair_locator, options, fair_locator.nearest(middle.point), axis, direction);
  const GridLink worst = worst_link(layout, fair_locator);
  LaidGrid result;
  put_electrodes(result, locator, options, layout, axis);
  judge_distances(result, options, layout, worst);
  return result;
}

std::vector<Electrode> lay_grid(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                                const Eigen::Vector3d& axis) {
  return lay_grid_measured(skin, options, centre, axis).electrodes;
}

}  // namespace bmiss
