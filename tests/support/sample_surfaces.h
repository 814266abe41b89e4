// Surface complexes with known geometry, for tests of volume meshing.
#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "anatomy/surface_complex.h"

namespace bmiss::test {

class ComplexBuilder {
public:
  int point(const Eigen::Vector3d& p) {
    points_.push_back(p);
    return static_cast<int>(points_.size()) - 1;
  }
  // `normal_from_inner`: the triangle is turned so that its normal points along it.
  void triangle(int a, int b, int c, int inner, int outer, const Eigen::Vector3d& normal_from_inner) {
    const Eigen::Vector3d n = (at(b) - at(a)).cross(at(c) - at(a));
    if (n.dot(normal_from_inner) < 0) std::swap(b, c);
    if (inner < 0) {
      std::swap(inner, outer);
      std::swap(b, c);
    }
    complex.triangles.push_back({a, b, c});
    complex.triangle_regions.push_back({inner, outer});
  }
  SurfaceComplex finish() {
    complex.points.resize(3, static_cast<Eigen::Index>(points_.size()));
    for (std::size_t i = 0; i < points_.size(); ++i) complex.points.col(static_cast<Eigen::Index>(i)) = points_[i];
    return complex;
  }
  SurfaceComplex complex;

private:
  const Eigen::Vector3d& at(int i) const { return points_[static_cast<std::size_t>(i)]; }
  std::vector<Eigen::Vector3d> points_;
};

// Boundaries of labelled cubes of edge `h`: region(i, j, k) >= 0, or negative outside. Below k = 0 and above the last
// layer lie the cuts.
inline SurfaceComplex blocks(std::array<int, 3> n, double h, const std::function<int(int, int, int)>& region,
                             std::vector<int> region_labels) {
  ComplexBuilder builder;
  builder.complex.region_labels = std::move(region_labels);
  std::map<std::array<int, 3>, int> corners;
  const auto corner = [&](std::array<int, 3> ijk) {
    const auto found = corners.find(ijk);
    if (found != corners.end()) return found->second;
    return corners[ijk] = builder.point(h * Eigen::Vector3d(ijk[0], ijk[1], ijk[2]));
  };
  const auto at = [&](int i, int j, int k) {
    if (i < 0 || j < 0 || i >= n[0] || j >= n[1]) return SurfaceComplex::outside;
    const int inside = region(i, j, std::min(std::max(k, 0), n[2] - 1));
    if (inside < 0) return SurfaceComplex::outside;
    return k < 0 ? SurfaceComplex::cut_low_k : k >= n[2] ? SurfaceComplex::cut_high_k : inside;
  };
  for (int k = -1; k < n[2]; ++k)
    for (int j = -1; j < n[1]; ++j)
      for (int i = -1; i < n[0]; ++i)
        for (std::size_t axis = 0; axis < 3; ++axis) {
          std::array<int, 3> other{i, j, k};
          ++other[axis];
          const int here = at(i, j, k), there = at(other[0], other[1], other[2]);
          if (here == there || (here < 0 && there < 0)) continue;
          const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
          std::array<int, 3> q[4] = {{i, j, k}, {i, j, k}, {i, j, k}, {i, j, k}};
          for (auto& p : q) ++p[axis];
          ++q[1][u], ++q[2][u], ++q[2][v], ++q[3][v];
          const Eigen::Vector3d normal = Eigen::Vector3d::Unit(static_cast<Eigen::Index>(axis));
          const bool flip = (i + j + k) % 2 != 0;
          const int c[4] = {corner(q[0]), corner(q[1]), corner(q[2]), corner(q[3])};
          builder.triangle(c[flip ? 1 : 0], c[flip ? 2 : 1], c[flip ? 3 : 2], here, there, normal);
          builder.triangle(c[flip ? 1 : 0], c[flip ? 3 : 2], c[flip ? 0 : 3], here, there, normal);
        }
  return builder.finish();
}

// Concentric layers around z between the cuts z = 0 and z = length; labels inside out.
inline SurfaceComplex layered_cylinder(const std::vector<double>& radii, const std::vector<int>& labels, double length,
                                       double h) {
  ComplexBuilder builder;
  builder.complex.region_labels = labels;
  const int layers = static_cast<int>(std::lround(length / (0.87 * h)));
  // Rings of points on each section; those at a radius of the list exist on every section, the others on the caps only.
  struct Ring {
    double radius;
    int n, band;  // band: the region inside this ring
    bool is_interface;
  };
  std::vector<Ring> rings;
  double inner = 0;
  for (std::size_t band = 0; band < radii.size(); ++band) {
    const int steps = std::max(1, static_cast<int>(std::lround((radii[band] - inner) / (0.87 * h))));
    for (int s = 1; s <= steps; ++s) {
      const double radius = inner + (radii[band] - inner) * s / steps;
      rings.push_back({radius, std::max(6, static_cast<int>(std::lround(2 * M_PI * radius / h))),
                       static_cast<int>(band), s == steps});
    }
    inner = radii[band];
  }
  std::vector<std::vector<std::vector<int>>> number(static_cast<std::size_t>(layers) + 1);
  const auto turn = [](const Ring& ring, int i, int layer) { return (i + 0.5 * (layer % 2)) / ring.n; };
  for (int layer = 0; layer <= layers; ++layer) {
    const bool cap = layer == 0 || layer == layers;
    auto& section = number[static_cast<std::size_t>(layer)];
    for (const Ring& ring : rings) {
      section.emplace_back();
      if (!cap && !ring.is_interface) continue;
      for (int i = 0; i < ring.n; ++i) {
        const double angle = 2 * M_PI * turn(ring, i, layer);
        section.back().push_back(
            builder.point({ring.radius * std::cos(angle), ring.radius * std::sin(angle), length * layer / layers}));
      }
    }
    if (!cap) continue;
    const int code = layer == 0 ? SurfaceComplex::cut_low_k : SurfaceComplex::cut_high_k;
    const Eigen::Vector3d normal(0, 0, layer == 0 ? -1 : 1);
    const int centre = builder.point({0, 0, length * layer / layers});
    const auto& first = section[0];
    for (std::size_t i = 0; i < first.size(); ++i)
      builder.triangle(centre, first[i], first[(i + 1) % first.size()], 0, code, normal);
    for (std::size_t r = 0; r + 1 < rings.size(); ++r) {
      const Ring &a = rings[r], &b = rings[r + 1];
      int i = 0, j = 0;
      while (i < a.n || j < b.n) {  // zip the two rings together by angle
        const bool step_a = j == b.n || (i < a.n && turn(a, i + 1, layer) <= turn(b, j + 1, layer));
        const int p = section[r][static_cast<std::size_t>(i % a.n)],
                  q = section[r + 1][static_cast<std::size_t>(j % b.n)];
        const int next = step_a ? section[r][static_cast<std::size_t>(++i % a.n)]
                                : section[r + 1][static_cast<std::size_t>(++j % b.n)];
        builder.triangle(p, q, next, b.band, code, normal);
      }
    }
  }
  for (std::size_t r = 0; r < rings.size(); ++r) {
    if (!rings[r].is_interface) continue;
    const int outer = rings[r].band + 1 < static_cast<int>(labels.size()) ? rings[r].band + 1 : SurfaceComplex::outside;
    for (int layer = 0; layer < layers; ++layer) {
      const auto &low = number[static_cast<std::size_t>(layer)][r],
                 &high = number[static_cast<std::size_t>(layer) + 1][r];
      const std::size_t n = low.size(), shift = layer % 2 == 0 ? 0 : 1;
      for (std::size_t i = 0; i < n; ++i) {
        const double angle = 2 * M_PI * (static_cast<double>(i) + 0.5) / static_cast<double>(n);
        const Eigen::Vector3d normal(std::cos(angle), std::sin(angle), 0);
        const std::size_t next = (i + 1) % n;
        // Sections are turned by half a step against each other: triangles are nearly equilateral.
        builder.triangle(low[i], low[next], high[(i + shift) % n], rings[r].band, outer, normal);
        builder.triangle(low[next], high[(i + shift) % n], high[(i + shift + 1) % n], rings[r].band, outer, normal);
      }
    }
  }
  return builder.finish();
}

}  // namespace bmiss::test
