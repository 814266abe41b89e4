#include "inversion/refine/taylor_rates.h"

#include <algorithm>
#include <cmath>

namespace bmiss {

std::vector<TaylorRate> taylor_rates(const MuapModel& model, const UnitParameters& unit) {
  const LinearMuap linear = model.linearise(unit);
  std::vector<TaylorRate> rates;
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
    const double first = remainder(1), last = remainder(0.125);
    rates.push_back({kind.name, std::log2(first / last) / 3, last});
  }
  return rates;
}

UnitParameters unit_for_taylor_rates(const MuapModel& model, int muscle) {
  UnitParameters unit = model.typical_unit(muscle);
  // The middle of the box may lie outside a hollow muscle: the path nearest to it does not.
  const Eigen::Matrix2Xd& places = model.section(muscle).places();
  const Eigen::Vector2d middle = unit.values.head<2>();
  Eigen::Index nearest = 0;
  (places.colwise() - middle).colwise().squaredNorm().minCoeff(&nearest);
  unit.values.head<2>() = places.col(nearest) + Eigen::Vector2d(0.13e-3, 0.21e-3);
  unit[territory_radius] = std::min(2.3e-3, 0.7 * model.bounds(muscle).upper[territory_radius]);
  unit[innervation_zone] += 1.37e-3;
  const TerritoryPlace place = model.place(unit);
  unit[proximal_length] = 0.81 * place.proximal;
  unit[distal_length] = 0.77 * place.distal;
  unit[delay] = 0.17e-3;
  unit[log_size] = std::log(1e-6);
  return unit;
}

}  // namespace bmiss
