#include "forward/motor_unit_placement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/tsv_file.h"
#include "physiology/random_stream.h"

namespace bmiss {
namespace {

// Of the part inside the limb: extruded ends do not move units or junctions.
Eigen::Index middle_index(const FibrePath& path) {
  const double at = path.beyond_proximal + path.length_in_limb() / 2;
  return std::min<Eigen::Index>(std::lround(at / path.step), path.points.cols() - 1);
}

Eigen::Vector3d middle(const FibrePath& path) {
  return path.points.col(middle_index(path));
}

Eigen::Vector3d chord(const FibrePath& path) {
  return path.points.rightCols<1>() - path.points.leftCols<1>();
}

// Direction of the fibre at its mid-point.
Eigen::Vector3d direction(const FibrePath& path) {
  const Eigen::Index last = path.points.cols() - 1, k = middle_index(path);
  return (path.points.col(std::min(last, k + 1)) - path.points.col(std::max<Eigen::Index>(0, k - 1))).normalized();
}

void validate(const std::string& muscle, const std::vector<FibrePath>& paths, const PlacementOptions& options) {
  BMISS_ASSERT(options.n_units > 0 && options.fibres_per_unit > 0 && options.size_range >= 1);
  if (paths.empty())
    throw InputError("muscle '" + muscle +
                     "' has no fibre paths, so no motor unit can be placed in it; trace its fibres first "
                     "with more seeds or a smaller shortest length");
  for (const auto& path : paths)
    if (path.points.cols() < 12)
      throw InputError("a fibre path of muscle '" + muscle + "' has " + std::to_string(path.points.cols()) +
                       " points; 12 or more are needed, so take a smaller step or a larger shortest length");
}

// Fibres of each unit: n_i proportional to exp(ln(range) i / (N - 1)), together all fibres of the muscle, at least one
// each.
std::vector<int> unit_sizes(const PlacementOptions& options, double n_fibres) {
  std::vector<double> weights;
  for (int i = 0; i < options.n_units; ++i)
    weights.push_back(std::exp(std::log(options.size_range) * i / std::max(1, options.n_units - 1)));
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<int> sizes;
  for (const double weight : weights)
    sizes.push_back(std::max(1, static_cast<int>(std::lround(n_fibres * weight / sum))));
  return sizes;
}

// Paths whose mid-point lies in the disc, in random order; the centre itself always does.
std::vector<int> paths_inside(const std::vector<FibrePath>& paths, int centre, double radius, RandomStream& random) {
  const Eigen::Vector3d origin = middle(paths[static_cast<std::size_t>(centre)]);
  const Eigen::Vector3d along = direction(paths[static_cast<std::size_t>(centre)]);
  std::vector<int> inside;
  for (std::size_t j = 0; j < paths.size(); ++j) {
    const Eigen::Vector3d offset = middle(paths[j]) - origin;
    if ((offset - along * along.dot(offset)).norm() <= radius) inside.push_back(static_cast<int>(j));
  }
  for (std::size_t k = inside.size(); k > 1; --k)  // Fisher-Yates
    std::swap(inside[k - 1], inside[static_cast<std::size_t>(random.below(static_cast<int>(k)))]);
  return inside;
}

// One fibre of a unit: the path with its ends cut back by whole steps, so that points stay those of the path.
MuscleFibre make_fibre(const FibrePath& path, double zone, double velocity, const PlacementOptions& options,
                       RandomStream& random) {
  const auto cut = [&] {
    const double shortened = std::min(options.tendon_scatter * random.uniform(), 0.1 * path.length());
    return static_cast<Eigen::Index>(std::lround(shortened / path.step));
  };
  const Eigen::Index front = cut(), back = cut();
  MuscleFibre fibre;
  fibre.step = path.step;
  fibre.path = path.points.middleCols(front, path.points.cols() - front - back);
  const double scattered =
      path.beyond_proximal + zone * path.length_in_limb() + options.junction_scatter * random.truncated_gaussian(3);
  const double margin = std::min(10e-3, 0.1 * fibre.length());
  fibre.junction = std::clamp(scattered - path.step * static_cast<double>(front), margin, fibre.length() - margin);
  fibre.velocity = std::max(1.0, velocity + options.fibre_velocity_scatter * random.truncated_gaussian(3));
  fibre.radius = options.fibre_radius;
  fibre.intracellular_conductivity = options.intracellular_conductivity;
  return fibre;
}

std::vector<FibrePath> chosen(const std::vector<FibrePath>& paths, const std::vector<int>& sites) {
  std::vector<FibrePath> result;
  for (const int site : sites) result.push_back(paths[static_cast<std::size_t>(site)]);
  return result;
}

// Mean plus a share that grows with the rank among units and a random one: 0.8^2 + 0.6^2 = 1, so the scatter is as
// demanded.
double unit_velocity(int unit, const PlacementOptions& options, RandomStream& random) {
  const double n = options.n_units, rank = n > 1 ? (unit - 0.5 * (n - 1)) / std::sqrt((n * n - 1) / 12) : 0;
  const double deviation = 0.8 * rank + 0.6 * random.truncated_gaussian(3);
  return std::max(1.0, options.velocity + options.velocity_scatter * deviation);
}

}  // namespace

std::vector<MotorUnit> place_motor_units(const std::string& muscle, const std::vector<FibrePath>& paths,
                                         const PlacementOptions& options, unsigned seed) {
  std::vector<int> everywhere(paths.size());
  std::iota(everywhere.begin(), everywhere.end(), 0);
  return place_motor_units(muscle, paths, everywhere, options, seed);
}

std::vector<MotorUnit> place_motor_units(const std::string& muscle, const std::vector<FibrePath>& paths,
                                         const std::vector<int>& sites, const PlacementOptions& options,
                                         unsigned seed) {
  validate(muscle, paths, options);
  BMISS_ASSERT(!sites.empty());
  const double pi = std::acos(-1.0);
  const Eigen::Vector3d forward = chord(paths.front());
  const double area =
      std::max(cross_section(chosen(paths, sites), forward), pi * std::pow(options.smallest_territory, 2));
  const std::vector<int> sizes = unit_sizes(options, options.fibre_density * area);
  std::vector<MotorUnit> units;
  for (int i = 0; i < options.n_units; ++i) {
    RandomStream random(seed, "motor units of " + muscle, i);
    const int centre = sites[static_cast<std::size_t>(random.below(static_cast<int>(sites.size())))];
    MotorUnit unit;
    unit.id = i;
    unit.muscle = muscle;
    unit.n_fibres = sizes[static_cast<std::size_t>(i)];
    unit.centre = middle(paths[static_cast<std::size_t>(centre)]);
    unit.territory_radius = std::clamp(std::sqrt(unit.n_fibres / (pi * options.territory_density)),
                                       options.smallest_territory, options.largest_territory);
    unit.innervation_zone =
        std::clamp(options.innervation_zone + options.innervation_scatter * random.truncated_gaussian(3), 0.1, 0.9);
    unit.velocity = unit_velocity(i, options, random);
    const std::vector<int> inside = paths_inside(paths, centre, unit.territory_radius, random);
    const int n_fibres = std::min(unit.n_fibres, options.fibres_per_unit);
    for (int k = 0; k < n_fibres; ++k) {
      const FibrePath& path = paths[static_cast<std::size_t>(inside[static_cast<std::size_t>(k) % inside.size()])];
      const double zone = chord(path).dot(forward) < 0 ? 1 - unit.innervation_zone : unit.innervation_zone;
      unit.fibres.push_back(make_fibre(path, zone, unit.velocity, options, random));
    }
    unit.weight_per_fibre = static_cast<double>(unit.n_fibres) / n_fibres;
    units.push_back(std::move(unit));
  }
  return units;
}

}  // namespace bmiss
