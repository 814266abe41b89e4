#include "inversion/refine/taylor_rates.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace bmiss {
namespace {

constexpr double rounding = 1e-5, smallest_step = 1.0 / 64;

// The path nearest to the middle whose territory lies in the muscle, or as much of it as is possible: the middle of a
// hollow muscle lies outside, and at borders action potentials change so fast that steps would have to be small. Off
// the path itself.
Eigen::Vector2d well_inside(const MuscleSection& section, const Eigen::Vector2d& middle, double radius) {
  Eigen::Index best = 0;
  double inside = -1;
  for (Eigen::Index p = 0; p < section.places().cols(); ++p) {
    const Eigen::Vector2d place = section.places().col(p);
    const double part = std::min(section.part_inside(place, radius)[0], 0.99);
    if (part > inside || (part == inside && (place - middle).norm() < (section.places().col(best) - middle).norm())) {
      inside = part;
      best = p;
    }
  }
  return section.places().col(best) + Eigen::Vector2d(0.13e-3, 0.21e-3);
}

}  // namespace

std::vector<MuapTaylorRate> taylor_rates(const MuapModel& model, const UnitParameters& unit) {
  const LinearMuap linear = model.linearise(unit);
  std::vector<MuapTaylorRate> rates;
  for (int p = 0; p < n_unit_parameters; ++p) {
    const UnitParameterKind& kind = unit_parameter_kinds()[static_cast<std::size_t>(p)];
    const Eigen::Map<const Eigen::MatrixXf> slope(linear.jacobian.col(p).data(), linear.value.rows(),
                                                  linear.value.cols());
    const auto remainder = [&](double share) {
      UnitParameters moved = unit;
      moved.values[p] += share * kind.scale;
      const Eigen::MatrixXf expected = linear.value + static_cast<float>(share * kind.scale) * slope;
      return static_cast<double>((model.value(moved) - expected).norm() / linear.value.norm());
    };
    double before = std::nan(""), last = remainder(1);
    for (double share = 0.5; share >= smallest_step; share /= 2) {
      const double next = remainder(share);
      if (next < rounding) break;
      before = std::exchange(last, next);
    }
    rates.push_back({kind.name, std::log2(before / last), last});
  }
  return rates;
}

UnitParameters unit_for_taylor_rates(const MuapModel& model, int muscle) {
  UnitParameters unit = model.typical_unit(muscle);
  unit[territory_radius] = std::min(2.3e-3, 0.7 * model.bounds(muscle).upper[territory_radius]);
  unit.values.head<2>() = well_inside(model.section(muscle), unit.values.head<2>(), unit[territory_radius]);
  unit[innervation_zone] += 1.37e-3;
  const TerritoryPlace place = model.place(unit);
  unit[proximal_length] = 0.81 * place.proximal;
  unit[distal_length] = 0.77 * place.distal;
  unit[delay] = 0.17e-3;
  unit[log_size] = std::log(1e-6);
  return unit;
}

}  // namespace bmiss
