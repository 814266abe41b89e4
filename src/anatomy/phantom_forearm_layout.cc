#include <algorithm>
#include <cmath>
#include <limits>

#include "anatomy/phantom_forearm_anatomy.h"

namespace bmiss {
namespace {

constexpr int n_stations = 41;
constexpr double smallest_section = 8;  // [mm^2]; the tips beyond are too thin to be meshed
constexpr double infinity = std::numeric_limits<double>::infinity();
const double pi = std::acos(-1.0);

// Everything of a section but the weights.
MuscleSection section_without_weights(double s) {
  const auto& muscles = forearm_muscles();
  const auto n = static_cast<Eigen::Index>(muscles.size());
  const double r = FasciaOutline(s).mean_radius();
  MuscleSection section;
  section.bones = bones_at(s);
  section.outline = FasciaOutline(s);
  section.centres.resize(2, n);
  section.metrics.resize(3, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto& m = muscles[static_cast<std::size_t>(i)];
    section.centres.col(i) = r * Eigen::Vector2d(m.x(s), m.y(s));
    const double angle = m.orientation(s) * pi / 180, c = std::cos(angle), q = std::sin(angle);
    const double along = 1 / m.flatness, across = m.flatness;
    section.metrics.col(i) << along * c * c + across * q * q, (along - across) * c * q, along * q * q + across * c * c;
  }
  return section;
}

// Points of a regular grid where muscle can be.
std::vector<Eigen::Vector2d> muscle_space(double s, double step) {
  const FasciaOutline outline(s);
  const BonePair bones = bones_at(s);
  std::vector<Eigen::Vector2d> points;
  const Eigen::Vector2d reach = outline.half_size();
  for (double x = -reach[0]; x <= reach[0]; x += step)
    for (double y = -reach[1]; y <= reach[1]; y += step) {
      const Eigen::Vector2d p(x, y);
      if (outline.distance(p) < 0 && bones.radius.distance(p) > 0 && bones.ulna.distance(p) > 0 &&
          bones.membrane_distance(p) > MuscleLayout::membrane_thickness / 2)
        points.push_back(p);
    }
  return points;
}

// Moves the weights until every cell has its area (partial semi-discrete transport: a cell with too little area grows).
// The area of a free cell is pi times its weight, that of a packed one changes half as fast: the step below is stable
// for both.
void balance(MuscleSection& section, const Eigen::VectorXd& areas, const std::vector<Eigen::Vector2d>& points,
             double area_of_point, int sweeps) {
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    Eigen::VectorXd found = Eigen::VectorXd::Zero(areas.size());
    for (const auto& p : points) {
      const int muscle = section.muscle_at(p, MuscleLayout::septum_thickness);
      if (muscle >= 0) found[muscle] += area_of_point;
    }
    section.weights += (areas - found) / pi;
  }
}

bool may_lie_at(Compartment compartment, int side) {
  return !(compartment == Compartment::flexor && side < 0) && !(compartment == Compartment::extensor && side > 0);
}

}  // namespace

int MuscleSection::muscle_at(const Eigen::Vector2d& p, double septum) const {
  const int cell = cell_at(p, septum);
  if (cell >= 0) return cell;
  const double depth = -outline.distance(p), further = MuscleLayout::septum_thickness - depth;
  return depth < 0 || further < 0 ? -1 : cell_at(p - further * p.normalized(), septum);
}

int MuscleSection::cell_at(const Eigen::Vector2d& p, double septum) const {
  const auto& muscles = forearm_muscles();
  const int side = bones.side(p);
  const auto power = [&](Eigen::Index m) {
    if (!may_lie_at(muscles[static_cast<std::size_t>(m)].compartment, side)) return infinity;
    const Eigen::Vector2d d = p - centres.col(m);
    return metrics(0, m) * d[0] * d[0] + 2 * metrics(1, m) * d[0] * d[1] + metrics(2, m) * d[1] * d[1] - weights[m];
  };
  Eigen::Index best = -1;
  double lowest = 0;
  for (Eigen::Index m = 0; m < weights.size(); ++m) {
    const double value = power(m);
    if (value < lowest) lowest = value, best = m;
  }
  if (best < 0) return -1;
  const auto half_gradient = [&](Eigen::Index m) {
    const Eigen::Vector2d d = p - centres.col(m);
    return Eigen::Vector2d(metrics(0, m) * d[0] + metrics(1, m) * d[1], metrics(1, m) * d[0] + metrics(2, m) * d[1]);
  };
  const auto compartment = muscles[static_cast<std::size_t>(best)].compartment;
  const Eigen::Vector2d own = half_gradient(best);
  for (Eigen::Index other = 0; other < weights.size(); ++other) {
    if (muscles[static_cast<std::size_t>(other)].compartment == compartment) continue;
    const double apart = power(other) - lowest;
    // About the distance to the arc between the two cells.
    if (apart < infinity && apart < septum * (half_gradient(other) - own).norm()) return -1;
  }
  return static_cast<int>(best);
}

const MuscleLayout& MuscleLayout::adult() {
  static const MuscleLayout layout;
  return layout;
}

MuscleLayout::MuscleLayout() {
  constexpr double step = 0.9;  // [mm]
  const auto& muscles = forearm_muscles();
  const auto n = static_cast<Eigen::Index>(muscles.size());
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(n);
  for (int station = 0; station < n_stations; ++station) {
    const double s = static_cast<double>(station) / (n_stations - 1);
    Eigen::VectorXd areas(n);
    for (Eigen::Index m = 0; m < n; ++m) areas[m] = muscles[static_cast<std::size_t>(m)].area(s);
    MuscleSection section = section_without_weights(s);
    section.weights = station == 0 ? Eigen::VectorXd(areas / pi) : weights;
    balance(section, areas, muscle_space(s, step), step * step, station == 0 ? 300 : 40);
    weights = section.weights;
    weights_.push_back(weights);
  }
}

MuscleSection MuscleLayout::at(double s) const {
  const auto& muscles = forearm_muscles();
  MuscleSection section = section_without_weights(s);
  const double place = std::clamp(s, 0.0, 1.0) * (n_stations - 1);
  const auto i = std::min(static_cast<std::size_t>(place), weights_.size() - 2);
  const double t = place - static_cast<double>(i);
  section.weights = (1 - t) * weights_[i] + t * weights_[i + 1];
  for (std::size_t m = 0; m < muscles.size(); ++m)
    if (muscles[m].area(s) < smallest_section) section.weights[static_cast<Eigen::Index>(m)] = -infinity;
  return section;
}

}  // namespace bmiss
