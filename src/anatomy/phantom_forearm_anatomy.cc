#include "anatomy/phantom_forearm_anatomy.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double proximal_cut = 30, distal_cut = 230;  // [mm] below the elbow
const double pi = std::acos(-1.0);

// Septa, vessels, tendons and loose connective tissue inside the fascia [mm^2]: a few per cent of the proximal half,
// most of the space above the wrist, whose girth without fat and skin becomes that of BodyParts3D.
double connective_area(double s) {
  static const SmoothCurve area({230, 230, 230, 235, 260, 360, 490, 620, 740});
  return area(s);
}

// Mean radii of the bones [mm]. At mid-forearm the sections have 98 and 82 mm^2 (Hsu et al. 1993, J. Biomech. 26,
// 1307); towards the ends after BodyParts3D.
double radius_size(double s) {
  static const SmoothCurve size({8.5, 6.6, 5.6, 6.2, 8.5});
  return size(s);
}
double ulna_size(double s) {
  static const SmoothCurve size({8.5, 6.6, 5.1, 5.1, 5.3});
  return size(s);
}

}  // namespace

double mm_below_elbow(double s) {
  return proximal_cut + s * (distal_cut - proximal_cut);
}

double forearm_length_mm() {
  return distal_cut - proximal_cut;
}

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

// As wide as the muscles need; waves of the convex hull of muscles and bones in sections of BodyParts3D (see the table
// of muscles).
FasciaOutline::FasciaOutline(double s) {
  static const SmoothCurve cosine[3] = {SmoothCurve({.185, .15, .08, .06, .12}),
                                        SmoothCurve({-.04, -.04, -.03, 0, .02}),
                                        SmoothCurve({.015, .017, .04, .03, .02})};
  static const SmoothCurve sine[3] = {SmoothCurve({-.02, -.09, -.12, -.10, -.08}),
                                      SmoothCurve({.08, .035, -.03, -.045, -.04}), SmoothCurve({0, .03, .02, 0, 0})};
  double muscle = 0, waves = 0;
  for (const auto& m : forearm_muscles()) muscle += m.area(s);
  for (int i = 0; i < 3; ++i) {
    cosine_[i] = cosine[i](s);
    sine_[i] = sine[i](s);
    waves += 0.5 * (cosine_[i] * cosine_[i] + sine_[i] * sine_[i]);
  }
  const double bone = pi * (std::pow(radius_size(s), 2) + std::pow(ulna_size(s), 2));
  mean_radius_ = std::sqrt((muscle + connective_area(s) + bone) / pi);
  radius_ = mean_radius_ / std::sqrt(1 + waves);
}

double FasciaOutline::radius_at(double angle) const {
  double wave = 0;
  for (int i = 0; i < 3; ++i) wave += cosine_[i] * std::cos((i + 2) * angle) + sine_[i] * std::sin((i + 2) * angle);
  return radius_ * (1 + wave);
}

Eigen::Vector2d FasciaOutline::half_size() const {
  Eigen::Vector2d reach = Eigen::Vector2d::Zero();
  for (int i = 0; i < 360; ++i) {
    const double angle = i * pi / 180;
    reach = reach.cwiseMax(radius_at(angle) * Eigen::Vector2d(std::cos(angle), std::sin(angle)).cwiseAbs());
  }
  return reach;
}

double FasciaOutline::distance(const Eigen::Vector2d& p) const {
  const double r = p.norm(), angle = std::atan2(p[1], p[0]);
  if (r < 0.3 * radius_) return r - radius_;  // deep inside, where a direction means little
  double slope = 0;
  for (int i = 0; i < 3; ++i)
    slope += (i + 2) * (sine_[i] * std::cos((i + 2) * angle) - cosine_[i] * std::sin((i + 2) * angle));
  return (r - radius_at(angle)) / std::hypot(1.0, radius_ * slope / r);
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

int BonePair::side(const Eigen::Vector2d& p) const {
  const Eigen::Vector2d along = radius.centre - ulna.centre, d = p - ulna.centre;
  const double t = d.dot(along) / along.squaredNorm();
  if (t < 0 || t > 1) return 0;
  return along[0] * d[1] - along[1] * d[0] > 0 ? 1 : -1;
}

// Centres after the same sections as those of the muscles, in mean radii of the outline.
BonePair bones_at(double s) {
  static const SmoothCurve radius_x({.19, .28, .44, .54, .52}), radius_y({.04, -.09, -.22, -.25, -.18});
  static const SmoothCurve ulna_x({-.29, -.25, -.42, -.64, -.68}), ulna_y({-.37, -.30, -.20, -.10, -.06});
  const double r = FasciaOutline(s).mean_radius();
  BonePair pair;
  pair.radius = {{r * radius_x(s), r * radius_y(s)}, radius_size(s), 0};
  pair.ulna = {{r * ulna_x(s), r * ulna_y(s)}, ulna_size(s), 0};
  const Eigen::Vector2d across = pair.radius.centre - pair.ulna.centre;
  pair.ulna.edge_direction = std::atan2(across[1], across[0]);
  pair.radius.edge_direction = std::atan2(-across[1], -across[0]);
  return pair;
}

}  // namespace bmiss
