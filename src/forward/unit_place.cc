#include "forward/unit_place.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

Eigen::Vector3d junction_of(const MuscleFibre& fibre) {
  const double at = std::clamp(fibre.junction / fibre.step, 0.0, static_cast<double>(fibre.path.cols() - 1));
  const auto k = std::min(static_cast<Eigen::Index>(at), fibre.path.cols() - 2);
  const double part = at - static_cast<double>(k);
  return (1 - part) * fibre.path.col(k) + part * fibre.path.col(k + 1);
}

}  // namespace

Eigen::Vector3d MuscleFrame::crossing(const Eigen::Matrix3Xd& path) const {
  BMISS_ASSERT(path.cols() > 1);
  const Eigen::VectorXd height = (path.colwise() - origin).transpose() * along;
  for (Eigen::Index k = 0; k + 1 < path.cols(); ++k)
    if ((height[k] <= 0) != (height[k + 1] <= 0)) {
      const double part = height[k] / (height[k] - height[k + 1]);
      return (1 - part) * path.col(k) + part * path.col(k + 1);
    }
  return std::abs(height[0]) < std::abs(height[path.cols() - 1]) ? path.col(0) : path.col(path.cols() - 1);
}

MuscleFrame muscle_frame(const std::vector<Electrode>& electrodes, const Eigen::Vector3d& line_of_action) {
  BMISS_ASSERT(!electrodes.empty() && line_of_action.norm() > 0);
  MuscleFrame frame;
  for (const Electrode& electrode : electrodes)
    frame.origin += electrode.position / static_cast<double>(electrodes.size());
  frame.along = line_of_action.normalized();
  return frame;
}

UnitPlace place_of(const MotorUnit& unit, const MuscleFrame& frame, const SurfaceLocator& skin) {
  if (unit.fibres.empty())
    throw InputError("motor unit " + std::to_string(unit.id) + " has no fibres, so it has no place");
  UnitPlace place;
  const double share = 1 / static_cast<double>(unit.fibres.size());
  for (const MuscleFibre& fibre : unit.fibres) {
    place.position += share * frame.crossing(fibre.path);
    place.innervation_zone += share * frame.coordinate(junction_of(fibre));
    const double first = frame.coordinate(fibre.path.leftCols<1>()), last = frame.coordinate(fibre.path.rightCols<1>());
    place.proximal_end += share * std::min(first, last);
    place.distal_end += share * std::max(first, last);
    place.velocity += share * fibre.velocity;
    place.size += unit.weight_per_fibre * fibre.size();
  }
  place.depth = skin.nearest(place.position).distance;
  return place;
}

}  // namespace bmiss
