#include "inversion/properties/unit_properties.h"

#include <algorithm>
#include <cmath>

#include "physiology/muscle_fibre.h"

namespace bmiss {
namespace {

constexpr int n_places = 7;  // x, y, z, depth, innervation zone, proximal and distal end
// Measured on 190 units of four signals, finite-element data of a finer mesh. Ends and radius: what is seen of them is
// blurred. Centre: paths are polylines.
constexpr double end_error = 1e-3, radius_error = 1e-3, path_error = 5e-6;  // [m]
// What electrodes see of a unit is a mean over its fibres that weighs the near ones more. It is off the plain mean,
// which the place of a unit is, by this share of the spread of a mean of so many fibres (the same units).
constexpr double uneven_share = 0.4;

using Places = Eigen::Matrix<double, n_places, 1>;

Places places_of(const MuapModel& model, const UnitParameters& unit, const SurfaceLocator& skin) {
  const TerritoryPlace place = model.place(unit);
  Places result;
  result << place.centre, skin.nearest(place.centre).distance, place.zone_along, place.zone_along - place.proximal,
      place.zone_along + place.distal;
  return result;
}

}  // namespace

UnitProperties describe_unit(const MuapModel& model, const UnitFit& fit, const SurfaceLocator& skin) {
  const Places at = places_of(model, fit.unit, skin);
  Eigen::Matrix<double, n_places, n_unit_parameters> slope;
  for (int p = 0; p < n_unit_parameters; ++p) {
    const double step = 0.05 * unit_parameter_kinds()[static_cast<std::size_t>(p)].scale;
    UnitParameters above = fit.unit, below = fit.unit;
    above.values[p] += step;
    below.values[p] -= step;
    slope.col(p) = (places_of(model, above, skin) - places_of(model, below, skin)) / (2 * step);
  }
  Eigen::Matrix<double, n_places, n_places> covariance = slope * fit.covariance * slope.transpose();
  const double n_fibres = std::max(1.0, std::exp(fit.unit[log_size]) / MuscleFibre().size());
  const double uneven = uneven_share * uneven_share / n_fibres;
  UnitMatrix weighting = UnitMatrix::Zero();
  weighting(across_1, across_1) = weighting(across_2, across_2) = uneven * std::pow(fit.unit[territory_radius] / 2, 2);
  weighting(innervation_zone, innervation_zone) = uneven * std::pow(fit.unit[junction_scatter], 2);
  covariance += slope * weighting * slope.transpose();
  covariance.diagonal().head<3>().array() += path_error * path_error;
  covariance(5, 5) += end_error * end_error;
  covariance(6, 6) += end_error * end_error;
  const auto place = [&](int i) { return Measured{at[i], std::sqrt(std::max(covariance(i, i), 0.0))}; };
  const auto parameter = [&](UnitParameter p) {
    return Measured{fit.unit[p], std::sqrt(std::max(fit.covariance(p, p), 0.0))};
  };
  UnitProperties result;
  result.muscle = model.muscles()[static_cast<std::size_t>(fit.unit.muscle)];
  result.x = place(0);
  result.y = place(1);
  result.z = place(2);
  result.depth = place(3);
  result.innervation_zone = place(4);
  result.proximal_end = place(5);
  result.distal_end = place(6);
  result.territory_radius = parameter(territory_radius);
  result.territory_radius.deviation = std::hypot(result.territory_radius.deviation, radius_error);
  result.velocity = parameter(velocity);
  const double size = std::exp(fit.unit[log_size]);
  result.size = {size, size * parameter(log_size).deviation};
  return result;
}

}  // namespace bmiss
