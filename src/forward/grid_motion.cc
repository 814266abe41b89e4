#include "forward/grid_motion.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>

#include "base/errors.h"

namespace bmiss {
namespace {

// Of where a grid was laid against where it lay: millimetres by palpation, degrees by eye.
constexpr double shift_uncertainty = 3e-3, largest_shift = 20e-3, rotation_uncertainty = 0.1, largest_rotation = 0.6;
// Normals farther apart than this (about 120 degrees): the grid closes around the limb and cannot turn.
constexpr double widest = -0.5;

Eigen::Vector3d tangent_of(const Eigen::Vector3d& axis, const Eigen::Vector3d& normal) {
  return (axis - axis.dot(normal) * normal).normalized();
}

// From one electrode to another along the skin, in the frame (along, around) half-way: the chord, with its part across
// the line about which the skin bends stretched to the arc.
Eigen::Vector2d unrolled(const Electrode& from, const Electrode& to, const Eigen::Vector3d& axis) {
  const Eigen::Vector3d chord = to.position - from.position, middle = (from.normal + to.normal).normalized();
  const Eigen::Vector3d along = tangent_of(axis, middle), around = middle.cross(along);
  Eigen::Vector2d way(chord.dot(along), chord.dot(around));
  const Eigen::Vector3d turn = from.normal.cross(to.normal);
  const double angle = std::atan2(turn.norm(), from.normal.dot(to.normal));
  if (angle < 1e-6) return way;
  const Eigen::Vector3d bent = turn.normalized().cross(middle);
  const Eigen::Vector2d direction = Eigen::Vector2d(bent.dot(along), bent.dot(around)).normalized();
  return way + (0.5 * angle / std::sin(0.5 * angle) - 1) * direction.dot(way) * direction;
}

}  // namespace

GridMotions::GridMotions(const ElectrodeArray& laid, const Eigen::Vector3d& axis) : laid_(laid) {
  std::vector<std::string> names;  // in the order of the array
  std::map<std::string, Grid> by_name;
  for (std::size_t e = 0; e < laid.electrodes.size(); ++e) {
    const Electrode& electrode = laid.electrodes[e];
    if (electrode.is_inside()) continue;
    Grid& grid = by_name[electrode.group];
    if (grid.electrodes.empty()) names.push_back(electrode.group);
    grid.electrodes.push_back(e);
  }
  for (const auto& name : names) {
    Grid& grid = by_name.at(name);
    unroll(grid, axis);
    add_parameters(grid, name.empty() ? "electrodes" : name);
    grids_.push_back(std::move(grid));
  }
}

void GridMotions::unroll(Grid& grid, const Eigen::Vector3d& axis) const {
  const auto n = static_cast<Eigen::Index>(grid.electrodes.size());
  const auto electrode = [&](Eigen::Index i) -> const Electrode& {
    return laid_.electrodes[grid.electrodes[static_cast<std::size_t>(i)]];
  };
  Eigen::Vector3d centroid = Eigen::Vector3d::Zero();
  for (Eigen::Index i = 0; i < n; ++i) centroid += electrode(i).position / static_cast<double>(n);
  Eigen::Index base = 0;
  for (Eigen::Index i = 1; i < n; ++i)
    if ((electrode(i).position - centroid).norm() < (electrode(base).position - centroid).norm()) base = i;
  grid.places.resize(2, n);
  grid.along.resize(3, n);
  grid.around.resize(3, n);
  grid.turns = n > 1;
  for (Eigen::Index i = 0; i < n; ++i) {
    grid.along.col(i) = tangent_of(axis, electrode(i).normal);
    grid.around.col(i) = electrode(i).normal.cross(grid.along.col(i));
    grid.places.col(i) = unrolled(electrode(base), electrode(i), axis);
    if (electrode(base).normal.dot(electrode(i).normal) < widest) grid.turns = false;
  }
  grid.places.colwise() -= grid.places.rowwise().mean().eval();
}

void GridMotions::add_parameters(Grid& grid, const std::string& name) {
  grid.first_parameter = parameters_.size();
  for (const char* direction : {"along", "around"})
    parameters_.push_back(
        {name + " shift " + direction + " limb", "m", 0, -largest_shift, largest_shift, shift_uncertainty});
  if (grid.turns)
    parameters_.push_back({name + " rotation", "rad", 0, -largest_rotation, largest_rotation, rotation_uncertainty});
}

const GridMotions::Grid& GridMotions::grid_of(std::size_t parameter) const {
  BMISS_ASSERT(parameter < parameters_.size());
  const auto after =
      std::find_if(grids_.begin(), grids_.end(), [&](const Grid& grid) { return grid.first_parameter > parameter; });
  return *std::prev(after);
}

const std::vector<std::size_t>& GridMotions::electrodes_of(std::size_t parameter) const {
  return grid_of(parameter).electrodes;
}

double GridMotions::reach(std::size_t parameter) const {
  const Grid& grid = grid_of(parameter);
  return parameter < grid.first_parameter + 2 ? 1 : grid.places.colwise().norm().maxCoeff();
}

ElectrodeArray GridMotions::moved(const Eigen::VectorXd& values, const SkinWalk& walk) const {
  BMISS_ASSERT(static_cast<std::size_t>(values.size()) == parameters_.size());
  ElectrodeArray result = laid_;
  for (const Grid& grid : grids_) {
    const auto first = static_cast<Eigen::Index>(grid.first_parameter);
    const double rotation = grid.turns ? values[first + 2] : 0;
    if (values[first] == 0 && values[first + 1] == 0 && rotation == 0) continue;
    const Eigen::Matrix2d turn = Eigen::Rotation2Dd(rotation).toRotationMatrix();
    for (std::size_t i = 0; i < grid.electrodes.size(); ++i) {
      const auto column = static_cast<Eigen::Index>(i);
      const Eigen::Vector2d place = grid.places.col(column), shift = values.segment<2>(first) + turn * place - place;
      Electrode& electrode = result.electrodes[grid.electrodes[i]];
      electrode = walk(electrode, shift[0] * grid.along.col(column) + shift[1] * grid.around.col(column), rotation);
    }
  }
  return result;
}

}  // namespace bmiss
