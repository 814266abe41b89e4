#include "anatomy/tet_polish.h"

#include <Eigen/Eigenvalues>
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "anatomy/size_field.h"
#include "anatomy/tet_shape.h"

namespace bmiss {

namespace {

constexpr double share_across = 0.25;  // of the reach: interfaces keep their shape while their vertices slide

// Directions across the facets at each point, where they agree; else zero.
std::vector<Eigen::Vector3d> smooth_normals(const Eigen::Matrix3Xd& points,
                                            const std::vector<std::array<int, 3>>& facets) {
  constexpr double agreement = 0.85;  // of the sum of squared cosines to the best direction
  std::vector<Eigen::Matrix3d> moments(static_cast<std::size_t>(points.cols()), Eigen::Matrix3d::Zero());
  for (const auto& [a, b, c] : facets) {
    const Eigen::Vector3d normal = (points.col(b) - points.col(a)).cross(points.col(c) - points.col(a)).normalized();
    for (const int v : {a, b, c}) moments[static_cast<std::size_t>(v)] += normal * normal.transpose();
  }
  std::vector<Eigen::Vector3d> normals(moments.size(), Eigen::Vector3d::Zero());
  Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> axes;
  for (std::size_t v = 0; v < moments.size(); ++v) {
    if (moments[v].trace() == 0) continue;
    axes.computeDirect(moments[v]);
    if (axes.eigenvalues()[2] > agreement * moments[v].trace()) normals[v] = axes.eigenvectors().col(2);
  }
  return normals;
}

// Projector onto the directions perpendicular to all (unit) normals.
Eigen::Matrix3d free_directions(const std::vector<Eigen::Vector3d>& normals) {
  Eigen::Matrix3d projector = Eigen::Matrix3d::Identity();
  for (const Eigen::Vector3d& normal : normals) {
    const Eigen::Vector3d rest = projector * normal;  // what the planes before did not forbid
    if (rest.norm() < 0.05) continue;
    const Eigen::Vector3d axis = rest.normalized();
    projector -= axis * axis.transpose();
  }
  return projector;
}

class Polisher {
public:
  Polisher(Eigen::Matrix3Xd& points, const std::vector<std::array<int, 4>>& tets, const VertexFreedom& freedom)
      : points_(points), tets_(tets), freedom_(freedom), home_(points) {
    first_.assign(static_cast<std::size_t>(points.cols()) + 1, 0);
    for (const auto& tet : tets)
      for (const int v : tet) ++first_[static_cast<std::size_t>(v) + 1];
    for (std::size_t v = 1; v < first_.size(); ++v) first_[v] += first_[v - 1];
    star_.resize(4 * tets.size());
    auto fill = first_;
    for (std::size_t t = 0; t < tets.size(); ++t)
      for (const int v : tets[t]) star_[fill[static_cast<std::size_t>(v)]++] = static_cast<int>(t);
  }

  double shape(int t) const {
    Eigen::Vector3d corners[4];
    for (std::size_t k = 0; k < 4; ++k) corners[k] = points_.col(tets_[static_cast<std::size_t>(t)][k]);
    return smallest_dihedral_sine(corners);
  }

  std::vector<std::pair<double, int>> bad_tets(double sine) const {
    std::vector<std::pair<double, int>> bad;
    for (std::size_t t = 0; t < tets_.size(); ++t) {
      const double q = shape(static_cast<int>(t));
      if (q < sine) bad.emplace_back(q, static_cast<int>(t));
    }
    std::sort(bad.begin(), bad.end());
    return bad;
  }

  // Tries random places around the vertex; keeps those that improve the worst tet around it. Returns accepted moves.
  int search(int v, double good_enough) {
    const auto sv = static_cast<std::size_t>(v);
    const int projector = freedom_.projector[sv];
    if (freedom_.reach[sv] <= 0) return 0;
    double worst = worst_around(v, -std::numeric_limits<double>::infinity());
    double step = 0.3 * mean_spoke(v);
    int accepted = 0;
    constexpr int trials = 40;
    for (int trial = 0; trial < trials && worst < good_enough; ++trial) {
      Eigen::Vector3d direction(random(), random(), random());
      if (projector >= 0) direction = freedom_.projectors[static_cast<std::size_t>(projector)] * direction;
      const Eigen::Vector3d old = points_.col(v);
      Eigen::Vector3d offset = old + step * direction - home_.col(v);
      const double across = offset.dot(freedom_.normals[sv]), most_across = share_across * freedom_.reach[sv];
      if (std::abs(across) > most_across)
        offset -= (across - std::copysign(most_across, across)) * freedom_.normals[sv];
      if (offset.norm() > freedom_.reach[sv]) offset *= freedom_.reach[sv] / offset.norm();
      points_.col(v) = home_.col(v) + offset;
      const double now = worst_around(v, worst);
      if (now > worst) {
        worst = now;
        step *= 1.3;
        ++accepted;
      } else {
        points_.col(v) = old;
        step *= 0.9;
      }
    }
    return accepted;
  }

private:
  // Smallest shape around `v`; stops early once it is not above `floor`.
  double worst_around(int v, double floor) const {
    double worst = 1;
    for (std::size_t i = first_[static_cast<std::size_t>(v)]; i < first_[static_cast<std::size_t>(v) + 1]; ++i) {
      worst = std::min(worst, shape(star_[i]));
      if (worst <= floor) break;
    }
    return worst;
  }

  double mean_spoke(int v) const {
    double sum = 0;
    const std::size_t begin = first_[static_cast<std::size_t>(v)], end = first_[static_cast<std::size_t>(v) + 1];
    for (std::size_t i = begin; i < end; ++i)
      for (const int other : tets_[static_cast<std::size_t>(star_[i])])
        sum += (points_.col(other) - points_.col(v)).norm();
    return sum / (3.0 * static_cast<double>(end - begin));
  }

  // Uniform in [-1, 1); our own mapping, because the standard's distributions differ between libraries.
  double random() { return static_cast<double>(generator_() >> 11) * 0x1p-52 - 1; }

  Eigen::Matrix3Xd& points_;
  const std::vector<std::array<int, 4>>& tets_;
  const VertexFreedom& freedom_;
  Eigen::Matrix3Xd home_;
  std::vector<std::size_t> first_;  // star of v: star_[first_[v] .. first_[v + 1])
  std::vector<int> star_;
  std::mt19937_64 generator_{20240607};
};

}  // namespace

VertexFreedom vertex_freedom(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 4>>& tets,
                             const std::vector<int>& tet_regions, const std::vector<std::array<int, 3>>& triangles,
                             const std::vector<bool>& flat, double fraction) {
  VertexFreedom freedom;
  const auto n = static_cast<std::size_t>(points.cols());
  freedom.reach.assign(n, std::numeric_limits<double>::infinity());
  freedom.projector.assign(n, -1);
  const auto facets = sorted_facets(tets);
  std::vector<std::array<int, 3>> interfaces;
  for (std::size_t i = 0; i < facets.size();) {
    const bool shared = i + 1 < facets.size() && facets[i + 1].key == facets[i].key;
    if (!shared || tet_regions[static_cast<std::size_t>(facets[i].tet)] !=
                       tet_regions[static_cast<std::size_t>(facets[i + 1].tet)])
      interfaces.push_back(facets[i].key);
    i += shared ? 2 : 1;
  }
  const Eigen::VectorXd edge = mean_edge_lengths(points, interfaces);
  for (std::size_t v = 0; v < n; ++v)
    if (edge[static_cast<Eigen::Index>(v)] > 0) freedom.reach[v] = fraction * edge[static_cast<Eigen::Index>(v)];

  freedom.normals = smooth_normals(points, interfaces);

  std::vector<std::vector<Eigen::Vector3d>> normals(n);
  for (std::size_t t = 0; t < triangles.size(); ++t) {
    if (!flat[t]) continue;
    const auto& [a, b, c] = triangles[t];
    const Eigen::Vector3d normal = (points.col(b) - points.col(a)).cross(points.col(c) - points.col(a)).normalized();
    for (const int v : triangles[t]) {
      auto& known = normals[static_cast<std::size_t>(v)];
      const bool is_new = std::none_of(known.begin(), known.end(),
                                       [&](const Eigen::Vector3d& m) { return m.cross(normal).norm() < 1e-3; });
      if (is_new) known.push_back(normal);
    }
  }
  for (std::size_t v = 0; v < n; ++v) {
    if (normals[v].empty()) continue;
    freedom.projector[v] = static_cast<int>(freedom.projectors.size());
    freedom.projectors.push_back(free_directions(normals[v]));
  }
  return freedom;
}

PolishResult polish_tets(Eigen::Matrix3Xd& points, const std::vector<std::array<int, 4>>& tets,
                         const VertexFreedom& freedom, double target_dihedral) {
  Polisher polisher(points, tets, freedom);
  const double sine = std::sin(target_dihedral);
  PolishResult result;
  auto bad = polisher.bad_tets(sine);
  result.bad_before = bad.size();
  constexpr int most_passes = 25;
  for (int pass = 0; pass < most_passes && !bad.empty(); ++pass) {
    for (const auto& [q, t] : bad)
      for (const int v : tets[static_cast<std::size_t>(t)]) {
        if (polisher.shape(t) >= sine) break;
        // A little above the target, so that neighbours are not left right at it.
        result.moved += static_cast<std::size_t>(polisher.search(v, 1.1 * sine));
      }
    bad = polisher.bad_tets(sine);
  }
  result.bad_after = bad.size();
  return result;
}

}  // namespace bmiss
