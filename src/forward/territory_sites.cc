#include "forward/territory_sites.h"

#include <algorithm>
#include <limits>

#include "base/errors.h"
#include "base/parameters.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string millimetres(double length) {
  return format("%.1f", 1e3 * length);
}

double distance_from_nearest(const std::vector<Electrode>& electrodes, const Eigen::Vector3d& point) {
  double nearest = infinity;
  for (const Electrode& electrode : electrodes) nearest = std::min(nearest, (electrode.position - point).norm());
  return nearest;
}

}  // namespace

void SiteOptions::declare_parameters(Parameters& p) {
  const Parameters::Section section(p, "Motor units");
  p.declare_reals("Depths", {}, "mm", {0, 1000},
                  "two numbers, from and to: of the middles of territories below the skin, in the plane across the "
                  "muscle through the middle of the electrodes; empty: anywhere in the muscle");
  p.declare_real("Reach", 0, "mm", {0, 1000},
                 "farthest that the skin above the middle of a territory, in that plane, is from an electrode; 0: any");
}

SiteOptions SiteOptions::parse_parameters(const Parameters& p) {
  const Parameters::Section section(p, "Motor units");
  SiteOptions o;
  o.reach = p.real("Reach");
  const auto depths = p.reals("Depths");
  if (depths.empty()) return o;
  if (depths.size() != 2 || !(depths[0] < depths[1]))
    p.reject("Depths", "give two numbers, the smallest depth and a larger one, or none");
  o.shallowest = depths[0];
  o.deepest = depths[1];
  return o;
}

std::vector<int> territory_sites(const std::string& muscle, const std::vector<FibrePath>& paths,
                                 const std::vector<Electrode>& electrodes, const MuscleFrame& frame,
                                 const SurfaceLocator& skin, const SiteOptions& options) {
  std::vector<int> sites;
  double least = infinity, most = 0, nearest = infinity;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto hit = skin.nearest(frame.crossing(paths[i].points));
    const double distance = distance_from_nearest(electrodes, hit.point);
    least = std::min(least, hit.distance);
    most = std::max(most, hit.distance);
    nearest = std::min(nearest, distance);
    const bool deep_enough =
        options.deepest == 0 || (hit.distance >= options.shallowest && hit.distance <= options.deepest);
    if (deep_enough && (options.reach == 0 || distance <= options.reach)) sites.push_back(static_cast<int>(i));
  }
  if (sites.empty() && !paths.empty())
    throw InputError("no fibre of muscle '" + muscle +
                     "' lies as 'Motor units/Depths' and 'Motor units/Reach' ask: its fibres are " +
                     millimetres(least) + " to " + millimetres(most) + " mm deep and the nearest is " +
                     millimetres(nearest) + " mm from an electrode; widen them");
  return sites;
}

}  // namespace bmiss
