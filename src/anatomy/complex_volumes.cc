#include "anatomy/complex_volumes.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>

namespace bmiss {
namespace {

constexpr int volume_rounds = 6;  // of matching

}  // namespace

std::vector<double> measured_volumes(const QuadComplex& complex, const std::vector<std::array<int, 3>>& triangles,
                                     const ContourLattice& lattice, std::size_t n_labels) {
  std::vector<double> volume(n_labels, 0.0);
  for (std::size_t t = 0; t < triangles.size(); ++t) {
    const auto& [a, b, c] = triangles[t];
    const double sixth = complex.points[a].dot(complex.points[b].cross(complex.points[c])) / 6;
    const auto& [inner, outer] = complex.regions[t / 2];
    volume[lattice.region_label[inner]] += sixth;
    if (outer >= 0) volume[lattice.region_label[outer]] -= sixth;
  }
  return volume;
}

void match_complex_volumes(QuadComplex& complex, const VertexGraph& graph, const ContourLattice& lattice,
                           LabelField& field, const std::vector<double>& target) {
  std::vector<Eigen::Vector3d> best_points;
  double best_error = std::numeric_limits<double>::infinity();
  for (int round = 0;; ++round) {
    const auto volume = measured_volumes(complex, split_quads(complex), lattice, field.n_labels());
    std::vector<double> change(field.n_labels(), 0.0);
    double sum = 0;
    for (std::size_t label = 1; label < field.n_labels(); ++label) {
      change[label] = target[label] - volume[label];
      sum += std::abs(change[label]);
    }
    if (sum < best_error) {
      best_error = sum;
      best_points = complex.points;
    }
    if (round == volume_rounds) break;
    field.shift_biases(change, 0.1);
    project_to_interfaces(complex, graph, field, 3);
  }
  complex.points = std::move(best_points);
}

void match_tiny_regions(QuadComplex& complex, const ContourLattice& lattice, const std::vector<double>& target) {
  std::vector<int> regions_of_label(target.size(), 0);
  for (const int label : lattice.region_label) ++regions_of_label[static_cast<std::size_t>(label)];
  for (std::size_t region = 0; region < complex.tiny.size(); ++region) {
    const auto label = static_cast<std::size_t>(lattice.region_label[region]);
    if (complex.tiny[region] == 0 || regions_of_label[label] != 1) continue;
    std::vector<int> vertices;
    for (std::size_t q = 0; q < complex.quads.size(); ++q)
      if (complex.regions[q][0] == static_cast<int>(region) || complex.regions[q][1] == static_cast<int>(region))
        vertices.insert(vertices.end(), complex.quads[q].begin(), complex.quads[q].end());
    std::sort(vertices.begin(), vertices.end());
    vertices.erase(std::unique(vertices.begin(), vertices.end()), vertices.end());
    Eigen::Vector3d middle = Eigen::Vector3d::Zero();
    for (const int v : vertices) middle += complex.points[v] / static_cast<double>(vertices.size());
    for (int round = 0; round < volume_rounds; ++round) {
      const double volume = measured_volumes(complex, split_quads(complex), lattice, target.size())[label];
      if (!(volume > 0)) break;
      const double factor = std::cbrt(target[label] / volume);
      for (const int v : vertices) {
        complex.points[v] = middle + factor * (complex.points[v] - middle);
        complex.confine(v);
      }
    }
  }
}

}  // namespace bmiss
