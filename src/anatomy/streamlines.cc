#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "anatomy/fibres.h"
#include "anatomy/muscle_tets.h"
#include "anatomy/seeds.h"
#include "anatomy/tet_walker.h"
#include "base/errors.h"
#include "base/parameters.h"

namespace bmiss {
namespace {

constexpr double longest_step = 0.4e-3;  // of integration [m]
// A fibre that meets the wall more steeply than this (sine of the angle, against the smoothed wall) ends there.
constexpr double end_sine = 0.5;
constexpr int most_slides = 8;          // along successive wall faces within one step
constexpr std::size_t look_back = 10;   // steps, in which a fibre must come ahead …
constexpr double least_progress = 0.4;  // … by this part of its way
constexpr double off_the_wall = 1e-3;   // part of the way to the middle of the tetrahedron

// Follows the fibres of one piece.
class Tracer {
public:
  Tracer(const MuscleTets& piece, const Eigen::Matrix3Xd& directions) : piece_(piece) {
    at_points_ = Eigen::Matrix3Xd::Zero(3, piece.points.cols());
    wall_normals_ = Eigen::Matrix3Xd::Zero(3, piece.points.cols());
    for (int tet = 0; tet < piece.size(); ++tet) {
      for (const int point : piece.tets[static_cast<std::size_t>(tet)])
        at_points_.col(point) += piece.volumes[tet] * directions.col(tet);
      for (int corner = 0; corner < 4; ++corner)
        if (piece.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(corner)] == MuscleTets::wall)
          for (const int point : piece.face(tet, corner)) wall_normals_.col(point) += piece.face_normal(tet, corner);
    }
    at_points_.colwise().normalize();
    wall_normals_.colwise().normalize();
  }

  // From the start along the fibre (sign 1) or against it (-1) to the end of the muscle. Every segment lies inside.
  std::vector<Eigen::Vector3d> trace(const TetPosition& start, double sign, double longest) const {
    std::vector<Eigen::Vector3d> path{start.x};
    std::vector<std::size_t> step_begins;  // in the path
    TetPosition position = start;
    double length = 0;
    while (length < longest) {
      // Midpoint rule: the direction half a step ahead.
      const Eigen::Vector3d here = sign * direction(position);
      const TetMove half = move_straight(piece_, position, position.x + longest_step / 2 * here);
      const Eigen::Vector3d ahead = half.wall_corner < 0 ? (sign * direction(half.reached)).eval() : here;
      step_begins.push_back(path.size() - 1);
      const bool ended = step(position, longest_step * ahead, path);
      const double gained = length_from(path, step_begins.back());
      length += gained;
      if (ended || gained < 0.05 * longest_step) break;
      if (step_begins.size() < look_back) continue;
      // Trapped in a pocket of the wall the fibre would go to and fro: it ends where that began.
      const std::size_t earlier = step_begins[step_begins.size() - look_back];
      if ((path.back() - path[earlier]).norm() > least_progress * length_from(path, earlier)) continue;
      path.resize(earlier + 1);
      break;
    }
    return path;
  }

private:
  static double length_from(const std::vector<Eigen::Vector3d>& path, std::size_t first) {
    double length = 0;
    for (std::size_t i = first + 1; i < path.size(); ++i) length += (path[i] - path[i - 1]).norm();
    return length;
  }
  Eigen::Vector3d interpolate(const Eigen::Matrix3Xd& values, const TetPosition& position) const {
    const Eigen::Vector4d l = piece_.barycentric(position.tet, position.x);
    const auto& t = piece_.tets[static_cast<std::size_t>(position.tet)];
    return l[0] * values.col(t[0]) + l[1] * values.col(t[1]) + l[2] * values.col(t[2]) + l[3] * values.col(t[3]);
  }
  Eigen::Vector3d direction(const TetPosition& position) const {
    return interpolate(at_points_, position).normalized();
  }

  // Is this face where the muscle ends, for a fibre in this direction?
  bool is_end(const TetPosition& position, int corner, const Eigen::Vector3d& along) const {
    if (piece_.neighbours[static_cast<std::size_t>(position.tet)][static_cast<std::size_t>(corner)] != MuscleTets::wall)
      return true;
    Eigen::Vector3d smooth = Eigen::Vector3d::Zero();
    for (const int point : piece_.face(position.tet, corner)) smooth += wall_normals_.col(point);
    return smooth.normalized().dot(along) > end_sine;
  }

  // One displacement, sliding along walls; appends the corners of its way. True at the end of the muscle.
  bool step(TetPosition& position, Eigen::Vector3d displacement, std::vector<Eigen::Vector3d>& path) const {
    const Eigen::Vector3d along = displacement.normalized();
    Eigen::Vector3d last_wall = Eigen::Vector3d::Zero();
    for (int slide = 0; slide < most_slides; ++slide) {
      const Eigen::Vector3d from = position.x;
      const TetMove move = move_straight(piece_, position, from + displacement);
      position = move.reached;
      if ((position.x - from).norm() > 1e-9) path.push_back(position.x);
      if (move.wall_corner < 0) return false;
      if (is_end(position, move.wall_corner, along)) return true;
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

  const MuscleTets& piece_;
  Eigen::Matrix3Xd at_points_, wall_normals_;  // [3 x n_points]
};

// The polyline at equal steps of arc length, as near to `step` as its length allows.
FibrePath resample(const std::vector<Eigen::Vector3d>& line, double step) {
  std::vector<double> length(line.size(), 0.0);
  for (std::size_t i = 1; i < line.size(); ++i) length[i] = length[i - 1] + (line[i] - line[i - 1]).norm();
  const long n = std::max(1L, std::lround(length.back() / step));
  FibrePath path;
  path.step = length.back() / static_cast<double>(n);
  path.points.resize(3, n + 1);
  std::size_t segment = 1;
  for (long i = 0; i <= n; ++i) {
    const double s = std::min(path.step * static_cast<double>(i), length.back());
    while (segment + 1 < line.size() && length[segment] < s) ++segment;
    const double whole = length[segment] - length[segment - 1];
    const double part = whole > 0 ? std::clamp((s - length[segment - 1]) / whole, 0.0, 1.0) : 0.0;
    path.points.col(i) = line[segment - 1] + part * (line[segment] - line[segment - 1]);
  }
  return path;
}

void require_directions(const TetMesh& mesh, const FibreDirections& directions, const MuscleTets& muscle, int label) {
  const auto found = mesh.tissue_names.find(label);
  const std::string tissue = (found == mesh.tissue_names.end() ? "tissue" : "tissue '" + found->second + "'") +
                             " (label " + std::to_string(label) + ")";
  if (muscle.size() == 0) throw InputError(tissue + " has no tetrahedra in the mesh, so no fibres can be traced in it");
  for (const std::size_t tet : muscle.source)
    if (std::abs(directions.col(static_cast<Eigen::Index>(tet)).norm() - 1) > 1e-6)
      throw InputError(tissue + " has no fibre direction in tetrahedron " + std::to_string(tet) +
                       "; only tissues of kind 'muscle' have fibres");
}

}  // namespace

void StreamlineOptions::declare_parameters(Parameters& parameters) {
  const Parameters::Section section(parameters, "Fibres");
  parameters.declare_real("Seeds per area", 1.0, "1/mm2", {1e-3, 1000},
                          "fibre paths per area of the muscle's thickest cross-section");
  parameters.declare_real("Step", 0.5, "mm", {0.05, 5}, "between the points of a fibre path");
  parameters.declare_real("Shortest fibre", 20, "mm", {1, 1000}, "shorter paths are dropped");
}

StreamlineOptions StreamlineOptions::parse_parameters(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Fibres");
  StreamlineOptions options;
  options.seeds_per_area = parameters.real("Seeds per area");
  options.step = parameters.real("Step");
  options.shortest = parameters.real("Shortest fibre");
  return options;
}

std::vector<FibrePath> trace_fibres(const TetMesh& mesh, const FibreDirections& directions, int label,
                                    const StreamlineOptions& options, unsigned seed) {
  BMISS_ASSERT(directions.cols() == static_cast<Eigen::Index>(mesh.n_tets()));
  BMISS_ASSERT(options.seeds_per_area > 0 && options.step > 0);
  const MuscleTets muscle = muscle_tets(mesh, label);
  require_directions(mesh, directions, muscle, label);
  std::vector<FibrePath> paths;
  for (int number = 0; number < muscle.n_pieces; ++number) {
    const MuscleTets piece = muscle.piece(number);
    const Eigen::Vector3d size = piece.points.rowwise().maxCoeff() - piece.points.rowwise().minCoeff();
    if (size.norm() < options.shortest) continue;
    Eigen::Matrix3Xd own(3, piece.size());
    for (int tet = 0; tet < piece.size(); ++tet)
      own.col(tet) = directions.col(static_cast<Eigen::Index>(piece.source[static_cast<std::size_t>(tet)]));
    const Tracer tracer(piece, own);
    // No fibre winds: three times the piece's diagonal stops circling in a damaged field.
    const double longest = 3 * size.norm();
    for (const TetPosition& start : seeds_on(piece, thickest_section(piece, own), options.seeds_per_area,
                                             seed + 7919u * static_cast<unsigned>(number))) {
      std::vector<Eigen::Vector3d> line = tracer.trace(start, -1, longest);
      std::reverse(line.begin(), line.end());
      const auto onward = tracer.trace(start, 1, longest);
      line.insert(line.end(), onward.begin() + 1, onward.end());
      FibrePath path = resample(line, options.step);
      if (path.length() >= options.shortest && line.size() > 1) paths.push_back(std::move(path));
    }
  }
  return paths;
}

}  // namespace bmiss
