#include "anatomy/fibre_tracer.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

namespace bmiss {
namespace {

constexpr double longest_step = 0.4e-3;  // of integration [m]
constexpr int most_slides = 8;           // along successive wall faces within one step
constexpr std::size_t look_back = 10;    // steps, in which a fibre must come ahead …
constexpr double least_progress = 0.4;   // … by this part of its way
constexpr double off_the_wall = 1e-3;    // part of the way to the middle of the tetrahedron

double length_from(const FibreWay& way, std::size_t first) {
  double length = 0;
  for (std::size_t i = first + 1; i < way.positions.size(); ++i)
    length += (way.positions[i].x - way.positions[i - 1].x).norm();
  return length;
}

bool is_wall(int code) {
  return code == MuscleTets::wall || code == MuscleTets::side_cut;
}

}  // namespace

FibreTracer::FibreTracer(const MuscleTets& piece, const Eigen::Matrix3Xd& directions, const FibreMuscle& asked,
                         double wall_angle)
    : piece_(piece), asked_(asked), end_sine_(std::sin(wall_angle)) {
  at_points_ = Eigen::Matrix3Xd::Zero(3, piece.points.cols());
  wall_normals_ = Eigen::Matrix3Xd::Zero(3, piece.points.cols());
  for (int tet = 0; tet < piece.size(); ++tet) {
    for (const int point : piece.tets[static_cast<std::size_t>(tet)])
      at_points_.col(point) += piece.volumes[tet] * directions.col(tet);
    for (int corner = 0; corner < 4; ++corner)
      if (is_wall(piece.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(corner)]))
        for (const int point : piece.face(tet, corner)) wall_normals_.col(point) += piece.face_normal(tet, corner);
  }
  at_points_.colwise().normalize();
  wall_normals_.colwise().normalize();
}

FibreWay FibreTracer::trace(const TetPosition& start, double sign, double longest) const {
  FibreWay way;
  way.positions.push_back(start);
  std::vector<std::size_t> step_begins;  // in the positions
  TetPosition position = start;
  double length = 0;
  while (length < longest) {
    // Midpoint rule: the direction half a step ahead.
    const Eigen::Vector3d here = sign * direction(position);
    const TetMove half = move_straight(piece_, position, position.x + longest_step / 2 * here);
    const Eigen::Vector3d ahead = half.wall_corner < 0 ? (sign * direction(half.reached)).eval() : here;
    const std::size_t begin = way.positions.size() - 1;
    step_begins.push_back(begin);
    const bool ended = step(position, longest_step * ahead, way);
    if (cut_at_planes(begin, way) || ended) return way;
    const double gained = length_from(way, begin);
    length += gained;
    way.end = MuscleTets::wall;
    if (gained < 0.05 * longest_step) return way;
    if (step_begins.size() < look_back) continue;
    // Trapped in a pocket of the wall the fibre would go to and fro: it ends where that began.
    const std::size_t earlier = step_begins[step_begins.size() - look_back];
    if ((way.positions.back().x - way.positions[earlier].x).norm() > least_progress * length_from(way, earlier))
      continue;
    way.positions.resize(earlier + 1);
    return way;
  }
  way.end = FibreWay::unended;
  return way;
}

Eigen::Vector3d FibreTracer::direction(const TetPosition& position) const {
  const Eigen::Vector4d l = piece_.barycentric(position.tet, position.x);
  const auto& t = piece_.tets[static_cast<std::size_t>(position.tet)];
  return (l[0] * at_points_.col(t[0]) + l[1] * at_points_.col(t[1]) + l[2] * at_points_.col(t[2]) +
          l[3] * at_points_.col(t[3]))
      .normalized();
}

// Is this face where the muscle ends, for a fibre in this direction?
bool FibreTracer::is_end(const TetPosition& position, int corner, const Eigen::Vector3d& along) const {
  if (!is_wall(piece_.neighbours[static_cast<std::size_t>(position.tet)][static_cast<std::size_t>(corner)]))
    return true;
  Eigen::Vector3d smooth = Eigen::Vector3d::Zero();
  for (const int point : piece_.face(position.tet, corner)) smooth += wall_normals_.col(point);
  return smooth.normalized().dot(along) > end_sine_;
}

// One displacement, sliding along walls; appends the corners of its way. True at the end of the muscle.
bool FibreTracer::step(TetPosition& position, Eigen::Vector3d displacement, FibreWay& way) const {
  const Eigen::Vector3d along = displacement.normalized();
  Eigen::Vector3d last_wall = Eigen::Vector3d::Zero();
  for (int slide = 0; slide < most_slides; ++slide) {
    const Eigen::Vector3d from = position.x;
    const TetMove move = move_straight(piece_, position, from + displacement);
    position = move.reached;
    if ((position.x - from).norm() > 1e-9) way.positions.push_back(position);
    if (move.wall_corner < 0) return false;
    if (is_end(position, move.wall_corner, along)) {
      way.end = piece_.neighbours[static_cast<std::size_t>(position.tet)][static_cast<std::size_t>(move.wall_corner)];
      return true;
    }
    displacement -= position.x - from;
    // A hair off the wall, so that the way on does not start on an edge between tetrahedra.
    position.x += off_the_wall * (piece_.centroid(position.tet) - position.x);
    const Eigen::Vector3d wall = piece_.face_normal(position.tet, move.wall_corner).normalized();
    displacement -= std::max(0.0, displacement.dot(wall)) * wall;
    // In a groove between two walls only the way along the groove is left.
    if (slide > 0 && displacement.dot(last_wall) > 0) {
      const Eigen::Vector3d groove = wall.cross(last_wall).normalized();
      displacement = displacement.dot(groove) * groove;
    }
    last_wall = wall;
    if (displacement.norm() < 1e-3 * longest_step) return false;
  }
  return false;
}

// Ends the way at the first plane that it crosses from position `first` on.
bool FibreTracer::cut_at_planes(std::size_t first, FibreWay& way) const {
  for (const auto& [attachment, code] :
       {std::pair{&asked_.origin, MuscleTets::origin}, std::pair{&asked_.insertion, MuscleTets::insertion}}) {
    if (!attachment->plane) continue;
    for (std::size_t i = first + 1; i < way.positions.size(); ++i) {
      const double before = attachment->plane->height(way.positions[i - 1].x),
                   after = attachment->plane->height(way.positions[i].x);
      if (after < 0) continue;
      const double part = before < 0 ? before / (before - after) : 0;
      const Eigen::Vector3d onward = way.positions[i].x - way.positions[i - 1].x;
      way.positions.resize(i);
      if (part > 1e-6)
        way.positions.push_back(
            move_straight(piece_, way.positions.back(), way.positions.back().x + part * onward).reached);
      way.end = code;
      return true;
    }
  }
  return false;
}

}  // namespace bmiss
