#include "anatomy/muscle_ends.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>

#include "anatomy/electrodes.h"
#include "anatomy/harmonic_field.h"
#include "anatomy/seeds.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr int n_sections = 40;
constexpr double shortest_end = 3e-3, end_fraction = 0.05;  // m, of the length
// Below this ratio of the two largest second moments a shape has no long direction of its own.
constexpr double least_elongation = 1.3;
// Cosine between a side cut's normal and the muscle's long axis from which on the muscle ends there.
constexpr double steepest_along_cut = 0.5;
constexpr double most_beyond = 0.7;  // of a muscle behind a plane where it is to end

double extent(const MuscleTets& piece) {
  return (piece.points.rowwise().maxCoeff() - piece.points.rowwise().minCoeff()).norm();
}

// Centroid line near the cut as a parabola of depth, fitted by volume-weighted least squares; its slope at depth 0 is
// the direction in which fibres go on beyond the cut.
Eigen::Vector3d slope_at_cut(const MuscleTets& piece, const Eigen::Vector3d& centre, const Eigen::Vector3d& normal,
                             double area) {
  const double depth = std::min(std::max(std::sqrt(area), 5e-3), 0.5 * extent(piece));
  Eigen::Matrix3d moments = Eigen::Matrix3d::Zero();
  Eigen::Matrix3d sideways = Eigen::Matrix3d::Zero();  // moment x direction
  int used = 0;
  for (int tet = 0; tet < piece.size(); ++tet) {
    const Eigen::Vector3d x = piece.centroid(tet) - centre;
    const double s = -x.dot(normal) / depth;
    if (s < 0 || s > 1) continue;
    ++used;
    const Eigen::Vector3d powers(1, s, s * s);
    moments += piece.volumes[tet] * powers * powers.transpose();
    sideways += piece.volumes[tet] * powers * (x - x.dot(normal) * normal).transpose();
  }
  if (used < 12) return Eigen::Vector3d::Zero();
  const Eigen::FullPivLU<Eigen::Matrix3d> factor(moments / moments(0, 0));
  if (factor.rcond() < 1e-5) return Eigen::Vector3d::Zero();
  const Eigen::Matrix3d fit = factor.solve(sideways / moments(0, 0));
  Eigen::Vector3d slope = fit.row(1).transpose() / depth;
  // Steeper than 50 degrees is not a fibre that crosses the cut but a muscle that lies along it.
  const double steepest = std::tan(50 * M_PI / 180);
  if (slope.norm() > steepest) slope *= steepest / slope.norm();
  return slope;
}

// A cut through the piece with this outward area vector; `outward` is -1 at the proximal end, 1 at the distal one.
void finish_cut(const MuscleTets& piece, const Eigen::Vector3d& normal, double outward, MuscleEnd& end) {
  end.is_cut = true;
  const Eigen::Vector3d out = normal.normalized();
  end.onward = outward * (out - slope_at_cut(piece, end.centre, out, end.area));
}

struct Cut {
  MuscleEnd end;
  Eigen::Vector3d normal = Eigen::Vector3d::Zero();  // outward, as long as the area [m^2]
};

// All faces with this code whose normals look towards `direction` (zero: anywhere).
Cut cut_through(const MuscleTets& piece, int code, const Eigen::Vector3d& direction) {
  Cut cut;
  std::vector<char> taken(piece.source_points.size(), 0);
  for (int tet = 0; tet < piece.size(); ++tet)
    for (int corner = 0; corner < 4; ++corner) {
      if (piece.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(corner)] != code) continue;
      const Eigen::Vector3d face_normal = piece.face_normal(tet, corner);
      if (face_normal.dot(direction) < 0.9 * direction.norm() * face_normal.norm()) continue;
      cut.normal += face_normal;
      cut.end.area += face_normal.norm();
      for (const int point : piece.face(tet, corner)) {
        cut.end.centre += face_normal.norm() / 3 * piece.points.col(point);
        if (taken[static_cast<std::size_t>(point)]++ == 0) cut.end.points.push_back(point);
      }
    }
  // A muscle that only grazes the cut ends inside the limb.
  if (cut.end.area < 0.05 * piece.volumes.sum() / extent(piece)) return {};
  cut.end.centre /= cut.end.area;
  return cut;
}

MuscleEnd cut_end(const MuscleTets& piece, int code, double outward) {
  Cut cut = cut_through(piece, code, Eigen::Vector3d::Zero());
  if (!cut.end.points.empty()) finish_cut(piece, cut.normal, outward, cut.end);
  return cut.end;
}

MuscleEnd attached_end(const MuscleTets& piece, int code) {
  MuscleEnd end;
  std::vector<char> taken(piece.source_points.size(), 0);
  for (int tet = 0; tet < piece.size(); ++tet)
    for (int corner = 0; corner < 4; ++corner)
      if (piece.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(corner)] == code)
        for (const int point : piece.face(tet, corner))
          if (taken[static_cast<std::size_t>(point)]++ == 0) end.points.push_back(point);
  return end;
}

MuscleEnd plane_end(const MuscleTets& piece, const AttachmentPlane& plane, double outward) {
  MuscleEnd end;
  for (Eigen::Index i = 0; i < piece.points.cols(); ++i)
    if (plane.height(piece.points.col(i)) >= 0) end.points.push_back(static_cast<int>(i));
  if (end.points.empty() || end.points.size() == static_cast<std::size_t>(piece.points.cols())) return {};
  const CrossSection section = section_at(piece, plane.point, plane.normal);
  if (!(section.area > 0)) return {};
  end.area = section.area;
  end.centre = section.centre;
  finish_cut(piece, plane.normal, outward, end);
  return end;
}

struct Shape {
  Eigen::Vector3d longest;  // direction of the largest second moment
  double elongation;        // largest over second largest
};

Shape shape_of(const MuscleTets& piece) {
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  for (int tet = 0; tet < piece.size(); ++tet) mean += piece.volumes[tet] * piece.centroid(tet);
  mean /= piece.volumes.sum();
  Eigen::Matrix3d moments = Eigen::Matrix3d::Zero();
  for (int tet = 0; tet < piece.size(); ++tet) {
    const Eigen::Vector3d x = piece.centroid(tet) - mean;
    moments += piece.volumes[tet] * x * x.transpose();
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> modes(moments);
  return {modes.eigenvectors().col(2), modes.eigenvalues()[2] / std::max(modes.eigenvalues()[1], 1e-300)};
}

// A coordinate in [0, 1] that grows from the proximal to the distal end, about evenly; only its level sets matter.
Eigen::VectorXd lengthwise_coordinate(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                                      const Eigen::Vector3d& limb_axis, const MuscleEnds& ends, bool& along_limb_axis) {
  const Eigen::VectorXd volumes = lumped_volumes(piece);
  const bool proximal_known = !ends.proximal.points.empty();
  if (proximal_known || !ends.distal.points.empty()) {
    // -Laplace u = 1 with u = 0 on the known end grows away from it like s (2 L - s).
    std::vector<char> fixed(piece.source_points.size(), 0);
    for (const int point : (proximal_known ? ends.proximal : ends.distal).points)
      fixed[static_cast<std::size_t>(point)] = 1;
    Eigen::VectorXd u = DirichletProblem(stiffness, fixed).solve(Eigen::VectorXd::Zero(volumes.size()), volumes);
    u = 1 - (1 - (u.array() / u.maxCoeff()).max(0).min(1)).sqrt();
    if (!proximal_known) u = 1 - u.array();
    return u;
  }
  const Shape shape = shape_of(piece);
  along_limb_axis = shape.elongation < least_elongation;
  Eigen::VectorXd guess = piece.points.transpose() * (along_limb_axis ? limb_axis : shape.longest);
  if (along_limb_axis) return (guess.array() - guess.minCoeff()) / (guess.maxCoeff() - guess.minCoeff());
  // The slowest mode falls like cos(pi s / L).
  Eigen::VectorXd mode = slowest_mode(stiffness, volumes, guess);
  const Eigen::Vector3d toward_maximum = piece.points * volumes.cwiseProduct(mode);  // mean of the mode is zero
  if (toward_maximum.dot(limb_axis) > 0) mode = -mode;
  const double low = mode.minCoeff(), high = mode.maxCoeff();
  return ((2 * (mode.array() - low) / (high - low) - 1).max(-1).min(1)).acos() / M_PI;
}

// Length along the centroid line, for each point: the line through the centroids of slices of equal coordinate.
Eigen::VectorXd length_along_centroids(const MuscleTets& piece, const Eigen::VectorXd& coordinate) {
  const int slices = std::clamp(piece.size() / 60, 2, n_sections);
  Eigen::Matrix3Xd centres = Eigen::Matrix3Xd::Zero(3, slices);
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(slices);
  const auto slice_of = [&](double value) { return std::clamp(static_cast<int>(value * slices), 0, slices - 1); };
  for (int tet = 0; tet < piece.size(); ++tet) {
    double mean = 0;
    for (const int point : piece.tets[static_cast<std::size_t>(tet)]) mean += coordinate[point] / 4;
    centres.col(slice_of(mean)) += piece.volumes[tet] * piece.centroid(tet);
    weights[slice_of(mean)] += piece.volumes[tet];
  }
  std::vector<Eigen::Vector3d> line;
  std::vector<double> length;
  std::vector<int> node(static_cast<std::size_t>(slices), 0);  // of the line, for each slice
  for (int i = 0; i < slices; ++i) {
    if (weights[i] > 0) {
      const Eigen::Vector3d centre = centres.col(i) / weights[i];
      length.push_back(line.empty() ? 0 : length.back() + (centre - line.back()).norm());
      line.push_back(centre);
    }
    node[static_cast<std::size_t>(i)] = std::max(0, static_cast<int>(line.size()) - 1);
  }
  Eigen::VectorXd result(coordinate.size());
  for (Eigen::Index i = 0; i < coordinate.size(); ++i) {
    const auto k = static_cast<std::size_t>(node[static_cast<std::size_t>(slice_of(coordinate[i]))]);
    const std::size_t before = k > 0 ? k - 1 : 0, after = std::min(k + 1, line.size() - 1);
    const Eigen::Vector3d tangent = (line[after] - line[before]).normalized();
    result[i] = length[k] + tangent.dot(piece.points.col(i) - line[k]);
  }
  return result;
}

MuscleEnd given_or_cut_end(const MuscleTets& piece, const Attachment& attachment, int code, int cut_code,
                           double outward) {
  MuscleEnd end;
  if (!attachment.labels.empty()) end = attached_end(piece, code);
  if (end.points.empty() && attachment.plane) end = plane_end(piece, *attachment.plane, outward);
  if (end.points.empty()) end = cut_end(piece, cut_code, outward);
  return end;
}

// Faces of the image other than its two ends: where the muscle runs through one rather than along it, it has an end.
void take_side_cuts(const MuscleTets& piece, const Eigen::Vector3d& limb_axis, MuscleEnds& ends) {
  if (!ends.proximal.points.empty() && !ends.distal.points.empty()) return;
  Eigen::Vector3d along = shape_of(piece).longest;
  if (along.dot(limb_axis) < 0) along = -along;
  for (const double outward : {-1.0, 1.0}) {
    MuscleEnd& end = outward < 0 ? ends.proximal : ends.distal;
    if (!end.points.empty()) continue;
    Eigen::Vector3d facing = Eigen::Vector3d::Zero();  // of the face that the muscle crosses most steeply
    for (int tet = 0; tet < piece.size(); ++tet)
      for (int corner = 0; corner < 4; ++corner) {
        if (piece.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(corner)] != MuscleTets::side_cut)
          continue;
        const Eigen::Vector3d normal = piece.face_normal(tet, corner).normalized();
        if (outward * normal.dot(along) > std::max(steepest_along_cut, outward * facing.dot(along))) facing = normal;
      }
    if (facing.norm() == 0) continue;
    Cut cut = cut_through(piece, MuscleTets::side_cut, facing);
    if (cut.end.points.empty()) continue;
    finish_cut(piece, cut.normal, outward, cut.end);
    end = std::move(cut.end);
  }
}

void take_free_ends(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                    const Eigen::Vector3d& limb_axis, MuscleEnds& ends) {
  const bool proximal_is_free = ends.proximal.points.empty(), distal_is_free = ends.distal.points.empty();
  if (!proximal_is_free && !distal_is_free) return;
  const Eigen::VectorXd s =
      length_along_centroids(piece, lengthwise_coordinate(piece, stiffness, limb_axis, ends, ends.along_limb_axis));
  const double first = s.minCoeff(), last = s.maxCoeff();
  const double slab = std::min(std::max(shortest_end, end_fraction * (last - first)), (last - first) / 4);
  std::vector<char> on_wall(piece.source_points.size(), 0);
  for (int tet = 0; tet < piece.size(); ++tet)
    for (int corner = 0; corner < 4; ++corner)
      if (piece.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(corner)] < 0)
        for (const int point : piece.face(tet, corner)) on_wall[static_cast<std::size_t>(point)] = 1;
  for (Eigen::Index i = 0; i < s.size(); ++i) {
    if (on_wall[static_cast<std::size_t>(i)] == 0) continue;
    if (proximal_is_free && s[i] <= first + slab) ends.proximal.points.push_back(static_cast<int>(i));
    if (distal_is_free && s[i] >= last - slab) ends.distal.points.push_back(static_cast<int>(i));
  }
}

// An end needs points of its own. Where a muscle is attached to a bone all the way to its other end, that end keeps the
// points that both have.
void judge(MuscleEnds& ends, const FibreMuscle& asked) {
  std::vector<int> shared, rest, &a = ends.proximal.points, &b = ends.distal.points;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
  const bool origin_is_wall = !asked.origin.labels.empty(), insertion_is_wall = !asked.insertion.labels.empty();
  if (!shared.empty() && origin_is_wall != insertion_is_wall) {
    std::vector<int>& wall = origin_is_wall ? a : b;
    std::set_difference(wall.begin(), wall.end(), shared.begin(), shared.end(), std::back_inserter(rest));
    wall = rest;
    shared.clear();
  }
  ends.found = a.size() >= 3 && b.size() >= 3 && shared.empty();
}

std::string tissue_text(const TetMesh& mesh, int label) {
  const auto found = mesh.tissue_names.find(label);
  return found == mesh.tissue_names.end() ? "label " + std::to_string(label)
                                          : "'" + found->second + "' (label " + std::to_string(label) + ")";
}

// Names of the tissues behind the muscle's walls, those with the largest common surface first.
std::string touching_tissues(const MuscleTets& muscle, const TetMesh& mesh) {
  std::map<int, int> faces;  // label -> shared points, a measure good enough for an order
  std::vector<char> own(mesh.n_points(), 0);
  for (const int point : muscle.source_points) own[static_cast<std::size_t>(point)] = 1;
  const int label = mesh.tet_labels[muscle.source.front()];
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    if (mesh.tet_labels[tet] == label) continue;
    int shared = 0;
    for (const int point : mesh.tets[tet]) shared += own[static_cast<std::size_t>(point)];
    if (shared == 3) ++faces[mesh.tet_labels[tet]];
  }
  std::vector<std::pair<int, int>> order;
  for (const auto& [other, count] : faces) order.emplace_back(-count, other);
  std::sort(order.begin(), order.end());
  std::string text;
  for (const auto& [count, other] : order) text += (text.empty() ? "" : ", ") + tissue_text(mesh, other);
  return text.empty() ? "nothing" : text;
}

double volume_beyond(const MuscleTets& muscle, const AttachmentPlane& plane) {
  double sum = 0;
  for (int tet = 0; tet < muscle.size(); ++tet)
    if (plane.height(muscle.centroid(tet)) > 0) sum += muscle.volumes[tet];
  return sum;
}

}  // namespace

MuscleEnds find_ends(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                     const Eigen::Vector3d& limb_axis, const FibreMuscle& asked) {
  MuscleEnds ends;
  if (piece.size() < 12) return ends;
  ends.proximal = given_or_cut_end(piece, asked.origin, MuscleTets::origin, MuscleTets::proximal_cut, -1);
  ends.distal = given_or_cut_end(piece, asked.insertion, MuscleTets::insertion, MuscleTets::distal_cut, 1);
  take_side_cuts(piece, limb_axis, ends);
  take_free_ends(piece, stiffness, limb_axis, ends);
  judge(ends, asked);
  return ends;
}

void require_attachments(const MuscleTets& muscle, const FibreMuscle& asked, const TetMesh& mesh) {
  for (const bool at_origin : {true, false}) {
    const Attachment& end = at_origin ? asked.origin : asked.insertion;
    const std::string name = at_origin ? "origin" : "insertion";
    if (!end.labels.empty()) {
      const int code = at_origin ? MuscleTets::origin : MuscleTets::insertion;
      bool touches = false;
      for (const auto& row : muscle.neighbours)
        touches = touches || std::find(row.begin(), row.end(), code) != row.end();
      if (!touches)
        throw InputError("muscle '" + asked.name + "' shares no surface with its " + name + " " +
                         tissue_text(mesh, end.labels.front()) + "; it touches " + touching_tissues(muscle, mesh));
    }
    if (!end.plane) continue;
    Eigen::VectorXd heights(muscle.points.cols());
    for (Eigen::Index i = 0; i < heights.size(); ++i) heights[i] = end.plane->height(muscle.points.col(i)) * 1e3;
    if (heights.minCoeff() >= 0 || heights.maxCoeff() <= 0)
      throw InputError("the " + name + " plane of muscle '" + asked.name + "' does not cut it: the muscle lies " +
                       format("%.1f", heights.minCoeff()) + " to " + format("%.1f", heights.maxCoeff()) +
                       " mm beyond the plane; the normal points to the part beyond the " + name);
    const double beyond = volume_beyond(muscle, *end.plane) / muscle.volumes.sum();
    if (beyond > most_beyond)
      throw InputError(format("%.0f", 100 * beyond) + " % of muscle '" + asked.name + "' lie beyond its " + name +
                       " plane; turn the normal round if it should point to the smaller part, or move the plane");
  }
}

Eigen::Vector3d line_of_action(const TetMesh& mesh, int label) {
  const MuscleTets muscle = muscle_tets(mesh, label, LimbPart::limb);
  const Eigen::Vector3d axis = bmiss::limb_axis(mesh);
  const Shape shape = shape_of(muscle);
  if (shape.elongation < least_elongation) return axis;
  return shape.longest.dot(axis) < 0 ? (-shape.longest).eval() : shape.longest;
}

}  // namespace bmiss
