// Tetrahedral meshes and skin surfaces of simple shapes, for tests that need geometry without a mesher.
#pragma once

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss::test {

using Map = std::function<Eigen::Vector3d(const Eigen::Vector3d&)>;
using Labels = std::function<int(const Eigen::Vector3d&)>;  // 0: no tetrahedron there

enum class Ends { cut, closed };  // are the two ends of the shape boundary parts proximal and distal, or skin?

// A lattice of 2*across x 2*across x along cells on [-1, 1]^2 x [0, 1], six tetrahedra each, carried to space by `map`.
// Diagonals run outward from the axis, so that maps onto discs keep good tetrahedra in the corners. Labels are given by
// the centroid in lattice coordinates. Boundary: third coordinate 0 is proximal, 1 distal, all else skin.
inline TetMesh lattice_mesh(int across, int along, const Map& map, Ends ends, const Labels& label) {
  TetMesh mesh;
  const int n = 2 * across;
  const auto index = [&](int i, int j, int k) { return i + (n + 1) * (j + (n + 1) * k); };
  std::vector<Eigen::Vector3d> lattice;
  for (int k = 0; k <= along; ++k)
    for (int j = 0; j <= n; ++j)
      for (int i = 0; i <= n; ++i)
        lattice.emplace_back(static_cast<double>(i) / across - 1, static_cast<double>(j) / across - 1,
                             static_cast<double>(k) / along);
  mesh.points.resize(3, static_cast<Eigen::Index>(lattice.size()));
  for (std::size_t p = 0; p < lattice.size(); ++p) mesh.points.col(static_cast<Eigen::Index>(p)) = map(lattice[p]);

  for (int k = 0; k < along; ++k)
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i) {
        const int si = i >= across ? 1 : -1, sj = j >= across ? 1 : -1;  // mirror images meet on the planes of symmetry
        std::array<int, 3> order{0, 1, 2};
        do {  // Kuhn: one tetrahedron for each order of the three steps
          std::array<int, 3> at{si > 0 ? i : i + 1, sj > 0 ? j : j + 1, k};
          std::array<int, 4> tet{index(at[0], at[1], at[2]), 0, 0, 0};
          for (std::size_t step = 0; step < 3; ++step) {
            at[static_cast<std::size_t>(order[step])] += order[step] == 0 ? si : order[step] == 1 ? sj : 1;
            tet[step + 1] = index(at[0], at[1], at[2]);
          }
          Eigen::Vector3d middle = Eigen::Vector3d::Zero();
          for (const int p : tet) middle += lattice[static_cast<std::size_t>(p)] / 4;
          if (label(middle) == 0) continue;
          const Eigen::Vector3d a = mesh.points.col(tet[1]) - mesh.points.col(tet[0]),
                                b = mesh.points.col(tet[2]) - mesh.points.col(tet[0]),
                                c = mesh.points.col(tet[3]) - mesh.points.col(tet[0]);
          if (a.cross(b).dot(c) < 0) std::swap(tet[2], tet[3]);
          mesh.tets.push_back(tet);
          mesh.tet_labels.push_back(label(middle));
        } while (std::next_permutation(order.begin(), order.end()));
      }

  std::map<std::array<int, 3>, std::array<int, 3>> open;  // sorted -> oriented
  constexpr std::array<std::array<int, 3>, 4> faces{{{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}}};
  for (const auto& tet : mesh.tets)
    for (const auto& face : faces) {
      const std::array<int, 3> oriented{tet[static_cast<std::size_t>(face[0])], tet[static_cast<std::size_t>(face[1])],
                                        tet[static_cast<std::size_t>(face[2])]};
      auto key = oriented;
      std::sort(key.begin(), key.end());
      if (!open.emplace(key, oriented).second) open.erase(key);
    }
  for (const auto& [key, triangle] : open) {
    double low = 1, high = 0;
    for (const int p : triangle) {
      low = std::min(low, lattice[static_cast<std::size_t>(p)][2]);
      high = std::max(high, lattice[static_cast<std::size_t>(p)][2]);
    }
    BoundaryPart part = BoundaryPart::skin;
    if (ends == Ends::cut && high == 0) part = BoundaryPart::proximal;
    if (ends == Ends::cut && low == 1) part = BoundaryPart::distal;
    mesh.triangles.push_back(triangle);
    mesh.triangle_parts.push_back(static_cast<int>(part));
  }
  return mesh;
}

// The square [-1, 1]^2 onto the unit disc: squares around the middle become circles.
inline Eigen::Vector2d onto_disc(double x, double y) {
  const double length = std::hypot(x, y);
  return length > 0 ? Eigen::Vector2d(x, y) * std::max(std::abs(x), std::abs(y)) / length : Eigen::Vector2d(0, 0);
}

// Straight cylinder along z from z = 0 [m], all of one label.
inline TetMesh cylinder_mesh(double radius, double length, int across, int along, Ends ends = Ends::cut,
                             int label = 1) {
  return lattice_mesh(
      across, along,
      [=](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const Eigen::Vector2d p = radius * onto_disc(x[0], x[1]);
        return {p[0], p[1], length * x[2]};
      },
      ends, [=](const Eigen::Vector3d&) { return label; });
}

// A quarter of a torus around the y axis, from (bend, 0, 0) to (0, 0, bend); its fibres are circles.
inline TetMesh quarter_torus_mesh(double bend, double radius, int across, int along, Ends ends = Ends::cut,
                                  int label = 1) {
  return lattice_mesh(
      across, along,
      [=](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        const Eigen::Vector2d p = radius * onto_disc(x[0], x[1]);
        const double angle = M_PI / 2 * x[2];
        return {(bend + p[0]) * std::cos(angle), p[1], (bend + p[0]) * std::sin(angle)};
      },
      ends, [=](const Eigen::Vector3d&) { return label; });
}

// A box with one corner at the origin, all of one label.
inline TetMesh box_mesh(const Eigen::Vector3d& size, int across, int along, Ends ends = Ends::cut, int label = 1) {
  return lattice_mesh(
      across, along,
      [=](const Eigen::Vector3d& x) -> Eigen::Vector3d {
        return {size[0] * (x[0] + 1) / 2, size[1] * (x[1] + 1) / 2, size[2] * x[2]};
      },
      ends, [=](const Eigen::Vector3d&) { return label; });
}

// An open tube: point(theta, s) for theta in [0, 2 pi) and s in [0, 1], normals outward when theta, then s, then
// outward is a right-handed frame.
inline Surface tube_surface(int around, int along, const std::function<Eigen::Vector3d(double, double)>& point) {
  Surface surface;
  surface.points.resize(3, around * (along + 1));
  for (int j = 0; j <= along; ++j)
    for (int i = 0; i < around; ++i)
      surface.points.col(i + around * j) =
          point(2 * M_PI * (i + 0.5 * (j % 2)) / around, static_cast<double>(j) / along);
  for (int j = 0; j < along; ++j)
    for (int i = 0; i < around; ++i) {
      const int next = (i + 1) % around, a = i + around * j, b = next + around * j, c = i + around * (j + 1),
                d = next + around * (j + 1);
      // Rows are shifted by half a step against each other.
      if (j % 2 == 0) {
        surface.triangles.push_back({a, b, c});
        surface.triangles.push_back({b, d, c});
      } else {
        surface.triangles.push_back({a, d, c});
        surface.triangles.push_back({a, b, d});
      }
    }
  return surface;
}

// Circular tube along z, centred at the origin.
inline Surface cylinder_surface(double radius, double length, double edge) {
  return tube_surface(static_cast<int>(2 * M_PI * radius / edge), static_cast<int>(length / edge),
                      [=](double theta, double s) {
                        return Eigen::Vector3d(radius * std::cos(theta), radius * std::sin(theta), length * (s - 0.5));
                      });
}

}  // namespace bmiss::test
