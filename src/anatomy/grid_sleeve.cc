#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "anatomy/electrode_grid.h"
#include "anatomy/grid_electrodes.h"
#include "anatomy/grid_layout.h"
#include "anatomy/muscle_line.h"
#include "anatomy/patch_checks.h"
#include "anatomy/surface_locator.h"
#include "anatomy/tet_shape.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

// Rings are laid with at least so many places, of which every n-th gets an electrode: ways along the skin between
// neighbours are then short against the limb.
constexpr int fewest_places = 16;
constexpr double axis_window = 20e-3;  // half the piece of the limb whose course the rings lie across [m]

// Centres of the skin's triangles with their areas: the line through the middles of its sections.
TissuePoints weighted_skin(const Surface& skin) {
  TissuePoints result;
  const auto n = static_cast<Eigen::Index>(skin.triangles.size());
  result.points.resize(3, n);
  result.weights.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto& t = skin.triangles[static_cast<std::size_t>(i)];
    result.points.col(i) = middle_of(skin.points, t);
    result.weights[i] = area_vector(skin.points, t).norm();
  }
  return result;
}

void check_sleeve(const GridOptions& options) {
  if (options.columns < 3)
    reject_grid(options, std::to_string(options.columns) +
                             " columns do not go around a limb; give at least three, or use the layout 'grid'");
  if (options.rotation != 0 || options.direction != GridDirection::limb)
    reject_grid(options,
                "a sleeve goes straight around the limb; leave 'Rotation' at 0 and 'Along' at limb, or use the layout "
                "'grid'");
}

// The circumference of each ring, and the electrodes must fit into it.
std::vector<double> circumferences_of(const GridOptions& options, const GridLayout& fine,
                                      const std::vector<GridLink>& links) {
  std::vector<double> around(static_cast<std::size_t>(fine.rows), 0);
  for (const GridLink& link : links)
    if (link.row == link.other_row) around[static_cast<std::size_t>(link.row)] += link.length;
  const double width = options.contact_size()[1];
  for (std::size_t row = 0; row < around.size(); ++row)
    if (around[row] / options.columns < width)
      reject_grid(options, std::to_string(options.columns) + " contacts of " + millimetres(width) +
                               " overlap around the limb, which measures " + millimetres(around[row]) + " in row " +
                               std::to_string(row + 1) + "; at most " +
                               std::to_string(static_cast<int>(around[row] / width)) + " fit, or make them smaller");
  return around;
}

// The links between electrodes: every `every`-th place of a ring has one.
std::vector<GridLink> links_of_electrodes(const std::vector<GridLink>& fine, int every) {
  std::vector<GridLink> result;
  for (const GridLink& link : fine) {
    if (link.row != link.other_row) {
      if (link.column % every == 0)
        result.push_back(
            {link.row, link.column / every, link.other_row, link.other_column / every, link.length, link.wanted});
      continue;
    }
    const bool starts = link.column % every == 0;
    if (starts) result.push_back({link.row, link.column / every, link.other_row, 0, 0, 0});
    result.back().length += link.length;
    result.back().wanted += link.wanted;
    result.back().other_column = link.other_column / every;
  }
  return result;
}

}  // namespace

LaidGrid lay_sleeve(const Surface& skin, const GridOptions& options, const Eigen::Vector3d& centre,
                    const Eigen::Vector3d& axis) {
  check_grid_options(options);
  check_sleeve(options);
  const SurfaceLocator locator(skin);
  const auto middle = grid_middle(locator, options, centre);
  const Surface fair = faired_for_grids(skin);
  const SurfaceLocator fair_locator(fair);
  const Eigen::Vector3d course =
      line_of_action(weighted_skin(fair), axis, middle.point.dot(axis.normalized()), axis_window);

  const int every = (fewest_places + options.columns - 1) / options.columns;
  GridLayout shape;
  shape.rows = options.rows;
  shape.columns = 1;
  shape.spacing = options.spacing;
  const GridLayout along = roll_grid(fair_locator, shape, fair_locator.nearest(middle.point), course, 0);
  shape.columns = every * options.columns;
  GridLayout fine;
  try {
    fine = ring_grid(fair_locator, shape, along, course);
  } catch (const InputError& error) {
    reject_grid(options, error.what());
  }
  relax_grid(fair_locator, fine);

  const auto links = links_of(fine, fair_locator);
  LaidGrid result;
  result.circumferences = circumferences_of(options, fine, links);
  GridLayout layout = fine;
  layout.columns = options.columns;
  layout.places.clear();
  for (std::size_t i = 0; i < fine.places.size(); i += static_cast<std::size_t>(every))
    layout.places.push_back(fine.places[i]);
  GridLink worst;
  worst.length = worst.wanted = options.spacing;
  for (const GridLink& link : links_of_electrodes(links, every))
    if (link.error() > worst.error()) worst = link;
  put_electrodes(result, locator, options, layout, course);
  judge_distances(result, options, layout, worst);
  return result;
}

}  // namespace bmiss
