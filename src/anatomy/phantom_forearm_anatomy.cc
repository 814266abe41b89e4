#include "anatomy/phantom_forearm_anatomy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr int n_stations = 41;

Eigen::Vector2d muscle_centre(const ForearmMuscle& muscle, double s) {
  return fascia_half_axes(s).cwiseProduct(Eigen::Vector2d(muscle.x(s), muscle.y(s)));
}

// Points of a regular grid where muscle can be.
Eigen::Matrix2Xd muscle_space(double s, double step) {
  const Eigen::Vector2d axes = fascia_half_axes(s);
  const BonePair bones = bones_at(s);
  std::vector<Eigen::Vector2d> points;
  for (double x = -axes[0]; x <= axes[0]; x += step)
    for (double y = -axes[1]; y <= axes[1]; y += step) {
      const Eigen::Vector2d p(x, y);
      if (p.cwiseQuotient(axes).squaredNorm() < 1 && bones.radius.distance(p) > 0 && bones.ulna.distance(p) > 0)
        points.push_back(p);
    }
  Eigen::Matrix2Xd result(2, static_cast<Eigen::Index>(points.size()));
  for (std::size_t i = 0; i < points.size(); ++i) result.col(static_cast<Eigen::Index>(i)) = points[i];
  return result;
}

// Moves the weights until every cell has its area (partial semi-discrete transport: a cell with too little area grows).
// The area of a free cell is pi times its weight, that of a packed one changes half as fast: the step below is stable
// for both.
void balance(MuscleSection& section, const Eigen::VectorXd& areas, const Eigen::Matrix2Xd& points, double area_of_point,
             int sweeps) {
  const double pi = std::acos(-1.0);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    Eigen::VectorXd found = Eigen::VectorXd::Zero(areas.size());
    for (Eigen::Index i = 0; i < points.cols(); ++i) {
      Eigen::Index best = 0;
      const double distance =
          ((section.centres.colwise() - points.col(i)).colwise().squaredNorm().transpose() - section.weights)
              .minCoeff(&best);
      if (distance < 0) found[best] += area_of_point;
    }
    section.weights += (areas - found) / pi;
  }
}

}  // namespace

SmoothCurve::SmoothCurve(std::vector<double> values) : values_(std::move(values)), slopes_(values_.size(), 0.0) {
  BMISS_ASSERT(values_.size() >= 2);
  const std::size_t last = values_.size() - 1;
  slopes_[0] = values_[1] - values_[0];
  slopes_[last] = values_[last] - values_[last - 1];
  for (std::size_t i = 1; i < last; ++i) {
    const double before = values_[i] - values_[i - 1], after = values_[i + 1] - values_[i];
    slopes_[i] = before * after > 0 ? 2 * before * after / (before + after) : 0;
  }
}

double SmoothCurve::operator()(double s) const {
  const double place = std::clamp(s, 0.0, 1.0) * static_cast<double>(values_.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(place), values_.size() - 2);
  const double t = place - static_cast<double>(i), u = 1 - t;
  return values_[i] * u * u * (1 + 2 * t) + values_[i + 1] * t * t * (1 + 2 * u) + slopes_[i] * t * u * u -
         slopes_[i + 1] * t * t * u;
}

Eigen::Vector2d fascia_half_axes(double s) {
  static const SmoothCurve lateral({40, 41, 38, 33, 26}), anterior({34, 34, 29, 23, 18});
  return {lateral(s), anterior(s)};
}

double BoneSection::distance(const Eigen::Vector2d& p) const {
  const Eigen::Vector2d d = p - centre;
  const double angle = std::atan2(d[1], d[0]) - edge_direction;
  return d.norm() - radius * (1 + 0.10 * std::cos(angle) + 0.07 * std::cos(3 * angle));
}

double BonePair::membrane_distance(const Eigen::Vector2d& p) const {
  const Eigen::Vector2d along = radius.centre - ulna.centre;
  const double t = std::clamp((p - ulna.centre).dot(along) / along.squaredNorm(), 0.0, 1.0);
  return (p - ulna.centre - t * along).norm();
}

BonePair bones_at(double s) {
  static const SmoothCurve radius_x({9, 13, 15, 14, 10}), radius_y({-4, -5, -5, -4, -2}),
      radius_size({7.5, 7, 7, 8, 9.5});
  static const SmoothCurve ulna_x({-11, -14, -15, -15, -14}), ulna_y({-17, -16, -13, -9, -6}),
      ulna_size({9.5, 8, 7, 6.5, 6});
  BonePair pair;
  pair.radius = {{radius_x(s), radius_y(s)}, radius_size(s), 0};
  pair.ulna = {{ulna_x(s), ulna_y(s)}, ulna_size(s), 0};
  const Eigen::Vector2d across = pair.radius.centre - pair.ulna.centre;
  pair.ulna.edge_direction = std::atan2(across[1], across[0]);
  pair.radius.edge_direction = std::atan2(-across[1], -across[0]);
  return pair;
}

// Centre lines and areas are drawn by hand after the usual order of the muscles in sectional anatomy: plausible, not
// measured. Measured volumes per muscle: Holzbaur et al. 2007, J. Biomech. 40, 742.
const std::vector<ForearmMuscle>& forearm_muscles() {
  using C = Compartment;
  using Curve = SmoothCurve;
  static const std::vector<ForearmMuscle> muscles = {
      {11, "brachioradialis", C::radial, Curve({.72, .75, .78, .82, .85}), Curve({.40, .38, .30, .20, .10}),
       Curve({430, 420, 230, 40, 0})},
      {12, "extensor_carpi_radialis_longus", C::radial, Curve({.85, .88, .88, .85, .80}),
       Curve({-.08, -.12, -.18, -.25, -.3}), Curve({260, 230, 110, 15, 0})},
      {13, "extensor_carpi_radialis_brevis", C::radial, Curve({.65, .68, .70, .72, .7}),
       Curve({-.45, -.50, -.52, -.50, -.5}), Curve({120, 210, 190, 60, 0})},
      {14, "extensor_digitorum", C::extensor, Curve({.28, .30, .30, .25, .20}), Curve({-.78, -.80, -.82, -.80, -.75}),
       Curve({170, 240, 220, 130, 40})},
      {15, "extensor_digiti_minimi", C::extensor, Curve({.02, .0, -.04, -.10, -.15}),
       Curve({-.85, -.86, -.87, -.85, -.8}), Curve({25, 50, 60, 45, 20})},
      {16, "extensor_carpi_ulnaris", C::extensor, Curve({-.20, -.25, -.33, -.42, -.50}),
       Curve({-.88, -.88, -.87, -.85, -.80}), Curve({90, 130, 150, 110, 50})},
      {17, "supinator", C::extensor, Curve({.35, .42, .48, .5, .5}), Curve({-.35, -.40, -.46, -.5, -.5}),
       Curve({300, 150, 0, 0, 0})},
      {18, "abductor_pollicis_longus", C::extensor, Curve({.05, .10, .22, .42, .60}),
       Curve({-.45, -.48, -.52, -.62, -.65}), Curve({0, 100, 200, 140, 30})},
      {19, "extensor_pollicis_longus", C::extensor, Curve({-.10, -.10, -.08, -.02, .05}),
       Curve({-.5, -.5, -.55, -.55, -.55}), Curve({0, 20, 80, 110, 30})},
      {20, "pronator_teres", C::flexor, Curve({.25, .40, .60, .65, .65}), Curve({.32, .22, .08, .05, .05}),
       Curve({330, 260, 60, 0, 0})},
      {21, "flexor_carpi_radialis", C::flexor, Curve({-.10, .10, .25, .35, .42}), Curve({.72, .74, .72, .70, .68}),
       Curve({160, 200, 160, 60, 0})},
      {22, "palmaris_longus", C::flexor, Curve({-.38, -.25, -.12, -.05, .0}), Curve({.82, .86, .88, .88, .88}),
       Curve({100, 120, 40, 0, 0})},
      {23, "flexor_digitorum_superficialis", C::flexor, Curve({-.38, -.30, -.20, -.14, -.10}),
       Curve({.42, .45, .50, .52, .52}), Curve({380, 430, 330, 200, 110})},
      {24, "flexor_carpi_ulnaris", C::flexor, Curve({-.80, -.82, -.82, -.80, -.75}), Curve({.12, .16, .20, .26, .30}),
       Curve({360, 330, 250, 140, 60})},
      {25, "flexor_digitorum_profundus", C::flexor, Curve({-.55, -.45, -.32, -.22, -.15}),
       Curve({-.18, -.08, .02, .06, .10}), Curve({250, 450, 500, 350, 180})},
      {26, "flexor_pollicis_longus", C::flexor, Curve({.20, .25, .30, .34, .35}), Curve({.05, .12, .22, .25, .25}),
       Curve({0, 60, 120, 120, 60})}};
  return muscles;
}

double muscle_fraction(double s) {
  static const SmoothCurve fraction({.96, .96, .95, .86, .60});
  return fraction(s);
}

int MuscleSection::muscle_at(const Eigen::Vector2d& p, double septum) const {
  const auto& muscles = forearm_muscles();
  const auto power = [&](Eigen::Index m) { return (centres.col(m) - p).squaredNorm() - weights[m]; };
  Eigen::Index best = -1;
  double lowest = 0;
  for (Eigen::Index m = 0; m < weights.size(); ++m) {
    const double value = power(m);
    if (value < lowest) lowest = value, best = m;
  }
  if (best < 0) return -1;
  const auto compartment = muscles[static_cast<std::size_t>(best)].compartment;
  for (Eigen::Index other = 0; other < weights.size(); ++other) {
    if (muscles[static_cast<std::size_t>(other)].compartment == compartment) continue;
    // Distance to the plane between two power cells.
    const double apart = (centres.col(other) - centres.col(best)).norm();
    if (power(other) - lowest < septum * apart) return -1;
  }
  return static_cast<int>(best);
}

MuscleLayout::MuscleLayout() {
  constexpr double step = 0.8;  // [mm]
  const auto& muscles = forearm_muscles();
  const auto n = static_cast<Eigen::Index>(muscles.size());
  MuscleSection section;
  section.centres.resize(2, n);
  section.weights = Eigen::VectorXd::Zero(n);
  for (int station = 0; station < n_stations; ++station) {
    const double s = static_cast<double>(station) / (n_stations - 1);
    Eigen::VectorXd areas(n);
    for (Eigen::Index m = 0; m < n; ++m) {
      const auto& muscle = muscles[static_cast<std::size_t>(m)];
      areas[m] = muscle.area(s);
      section.centres.col(m) = muscle_centre(muscle, s);
      if (station == 0) section.weights[m] = areas[m] / std::acos(-1.0);
    }
    const Eigen::Matrix2Xd points = muscle_space(s, step);
    const double point_area = step * step;
    areas *= muscle_fraction(s) * static_cast<double>(points.cols()) * point_area / areas.sum();
    balance(section, areas, points, point_area, station == 0 ? 300 : 60);
    weights_.push_back(section.weights);
  }
}

MuscleSection MuscleLayout::at(double s) const {
  const auto& muscles = forearm_muscles();
  MuscleSection section;
  section.centres.resize(2, static_cast<Eigen::Index>(muscles.size()));
  for (std::size_t m = 0; m < muscles.size(); ++m)
    section.centres.col(static_cast<Eigen::Index>(m)) = muscle_centre(muscles[m], s);
  const double place = std::clamp(s, 0.0, 1.0) * (n_stations - 1);
  const auto i = std::min(static_cast<std::size_t>(place), weights_.size() - 2);
  const double t = place - static_cast<double>(i);
  section.weights = (1 - t) * weights_[i] + t * weights_[i + 1];
  return section;
}

}  // namespace bmiss
