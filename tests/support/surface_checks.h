// What a closed multi-region surface must fulfil, for the tests of contouring and of volume meshing.
#pragma once

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "anatomy/label_map.h"
#include "anatomy/label_volume.h"
#include "anatomy/surface_complex.h"

namespace bmiss::test {

inline LabelMap make_map(const std::array<int, 3>& size, const Eigen::Affine3d& voxel_to_world,
                         const std::function<int(const Eigen::Vector3d&)>& label_of_voxel) {
  LabelMap map;
  map.size = size;
  map.voxel_to_world = voxel_to_world;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i) map.labels.push_back(label_of_voxel(Eigen::Vector3d(i, j, k)));
  return map;
}

// 40 voxels of 1 mm each way, labelled by their distance [voxels] from the middle.
inline LabelVolume concentric_volume(const std::function<int(double)>& label_at) {
  LabelVolume volume;
  volume.size = {40, 40, 40};
  volume.spacing = Eigen::Vector3d::Constant(1e-3);
  for (std::size_t v = 0; v < 64000; ++v) {
    const auto [i, j, k] = volume.place(v);
    volume.labels.push_back(label_at((Eigen::Vector3d(i, j, k) - Eigen::Vector3d::Constant(19.5)).norm()));
  }
  return volume;
}

inline Eigen::Affine3d scaled(double x, double y, double z) {
  return Eigen::Affine3d(Eigen::Scaling(x, y, z));
}

// Directed edges of a region's boundary that are not met by as many of the opposite direction.
inline std::size_t unmatched_edges(const SurfaceComplex& complex, int region) {
  std::map<std::pair<int, int>, int> balance;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    const auto& regions = complex.triangle_regions[t];
    if (regions[0] != region && regions[1] != region) continue;
    const int sign = regions[0] == region ? 1 : -1;
    for (int n = 0; n < 3; ++n) {
      const int a = complex.triangles[t][n], b = complex.triangles[t][(n + 1) % 3];
      balance[{std::min(a, b), std::max(a, b)}] += a < b ? sign : -sign;
    }
  }
  return static_cast<std::size_t>(
      std::count_if(balance.begin(), balance.end(), [](const auto& e) { return e.second != 0; }));
}

// Edges of the body's whole boundary (caps included) with other than two triangles: 0 where the boundary is a
// 2-manifold.
inline std::size_t pinched_outer_edges(const SurfaceComplex& complex) {
  std::map<std::pair<int, int>, int> uses;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    if (complex.triangle_regions[t][1] >= 0) continue;
    for (int n = 0; n < 3; ++n) {
      const int a = complex.triangles[t][n], b = complex.triangles[t][(n + 1) % 3];
      ++uses[{std::min(a, b), std::max(a, b)}];
    }
  }
  return static_cast<std::size_t>(std::count_if(uses.begin(), uses.end(), [](const auto& e) { return e.second != 2; }));
}

inline std::vector<double> region_volumes(const SurfaceComplex& complex) {
  std::vector<double> volume(complex.region_labels.size(), 0.0);
  const Eigen::Vector3d origin = complex.points.rowwise().mean();
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    const auto& [a, b, c] = complex.triangles[t];
    const Eigen::Vector3d pa = complex.points.col(a) - origin, pb = complex.points.col(b) - origin,
                          pc = complex.points.col(c) - origin;
    const double sixth = pa.dot(pb.cross(pc)) / 6;
    volume[complex.triangle_regions[t][0]] += sixth;
    if (complex.triangle_regions[t][1] >= 0) volume[complex.triangle_regions[t][1]] -= sixth;
  }
  return volume;
}

inline std::map<int, double> label_volumes(const SurfaceComplex& complex) {
  std::map<int, double> result;
  const auto volumes = region_volumes(complex);
  for (std::size_t region = 0; region < volumes.size(); ++region)
    result[complex.region_labels[region]] += volumes[region];
  return result;
}

inline double smallest_angle(const SurfaceComplex& complex) {  // [degrees]
  double smallest = 180;
  for (const auto& triangle : complex.triangles)
    for (int n = 0; n < 3; ++n) {
      const Eigen::Vector3d p = complex.points.col(triangle[n]), a = complex.points.col(triangle[(n + 1) % 3]) - p,
                            b = complex.points.col(triangle[(n + 2) % 3]) - p;
      smallest = std::min(smallest, std::atan2(a.cross(b).norm(), a.dot(b)) * 180 / M_PI);
    }
  return smallest;
}

}  // namespace bmiss::test
