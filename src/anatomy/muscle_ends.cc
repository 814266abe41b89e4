#include "anatomy/muscle_ends.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "anatomy/harmonic_field.h"

namespace bmiss {
namespace {

constexpr int n_sections = 40;
constexpr double shortest_end = 3e-3, end_fraction = 0.05;  // m, of the length
// Below this ratio of the two largest second moments a shape has no long direction of its own.
constexpr double least_elongation = 1.3;

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
    if (s > 1) continue;
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

MuscleEnd cut_end(const MuscleTets& piece, int code) {
  MuscleEnd end;
  std::vector<char> taken(piece.source_points.size(), 0);
  Eigen::Vector3d normal = Eigen::Vector3d::Zero();
  for (int tet = 0; tet < piece.size(); ++tet)
    for (int corner = 0; corner < 4; ++corner) {
      if (piece.neighbours[static_cast<std::size_t>(tet)][static_cast<std::size_t>(corner)] != code) continue;
      const Eigen::Vector3d face_normal = piece.face_normal(tet, corner);
      normal += face_normal;
      end.area += face_normal.norm();
      for (const int point : piece.face(tet, corner)) {
        end.centre += face_normal.norm() / 3 * piece.points.col(point);
        if (taken[static_cast<std::size_t>(point)]++ == 0) end.points.push_back(point);
      }
    }
  // A muscle that only grazes the cut ends inside the limb.
  if (end.area < 0.05 * piece.volumes.sum() / extent(piece)) return {};
  end.is_cut = true;
  end.centre /= end.area;
  end.slope = slope_at_cut(piece, end.centre, normal.normalized(), end.area);
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
  if (ends.proximal.is_cut || ends.distal.is_cut) {
    // -Laplace u = 1 with u = 0 on the cut grows away from it like s (2 L - s).
    std::vector<char> fixed(piece.source_points.size(), 0);
    for (const int point : (ends.proximal.is_cut ? ends.proximal : ends.distal).points)
      fixed[static_cast<std::size_t>(point)] = 1;
    Eigen::VectorXd u = DirichletProblem(stiffness, fixed).solve(Eigen::VectorXd::Zero(volumes.size()), volumes);
    u = 1 - (1 - (u.array() / u.maxCoeff()).max(0).min(1)).sqrt();
    if (!ends.proximal.is_cut) u = 1 - u.array();
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

}  // namespace

MuscleEnds find_ends(const MuscleTets& piece, const Eigen::SparseMatrix<double>& stiffness,
                     const Eigen::Vector3d& limb_axis) {
  MuscleEnds ends;
  if (piece.size() < 12) return ends;
  ends.proximal = cut_end(piece, MuscleTets::proximal_cut);
  ends.distal = cut_end(piece, MuscleTets::distal_cut);
  if (!ends.proximal.is_cut || !ends.distal.is_cut) {
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
      if (!ends.proximal.is_cut && s[i] <= first + slab) ends.proximal.points.push_back(static_cast<int>(i));
      if (!ends.distal.is_cut && s[i] >= last - slab) ends.distal.points.push_back(static_cast<int>(i));
    }
  }
  std::vector<int> shared, a = ends.proximal.points, b = ends.distal.points;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
  ends.found = a.size() >= 3 && b.size() >= 3 && shared.empty();
  return ends;
}

}  // namespace bmiss
