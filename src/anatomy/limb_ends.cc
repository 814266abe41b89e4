#include "anatomy/limb_ends.h"

#include <Eigen/Dense>
#include <Eigen/SparseCholesky>
#include <Eigen/SparseCore>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "anatomy/electrodes.h"
#include "anatomy/tet_shape.h"
#include "anatomy/tissue_table.h"
#include "base/errors.h"

namespace bmiss {

namespace {

constexpr double reflected = 0.68;  // of the field at the electrode, by one end

LimbCut cut_of(const Eigen::Matrix3Xd& points, std::vector<std::array<int, 3>> triangles) {
  LimbCut cut;
  for (const auto& triangle : triangles) {
    const Eigen::Vector3d vector = area_vector(points, triangle);
    cut.normal += vector;
    cut.area += vector.norm();
    cut.centre += vector.norm() * (points.col(triangle[0]) + points.col(triangle[1]) + points.col(triangle[2])) / 3;
  }
  if (cut.area > 0) {
    cut.centre /= cut.area;
    cut.normal.normalize();
  }
  cut.triangles = std::move(triangles);
  return cut;
}

// Facets between extruded tetrahedra and the limb, normals away from the limb.
std::vector<std::array<int, 3>> facets_under_extension(const TetMesh& mesh) {
  std::vector<std::array<int, 4>> extruded;
  for (std::size_t t = 0; t < mesh.tet_extruded.size(); ++t)
    if (mesh.tet_extruded[t] != 0) extruded.push_back(mesh.tets[t]);
  std::set<std::array<int, 3>> outer;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i)
    if (mesh.triangle_parts[i] != static_cast<int>(BoundaryPart::skin)) outer.insert(ascending(mesh.triangles[i]));
  std::vector<std::array<int, 3>> facets;
  for (const auto& facet : boundary_facets(extruded))
    if (outer.count(ascending(facet)) == 0) facets.push_back({facet[0], facet[2], facet[1]});
  return facets;
}

std::vector<std::array<int, 3>> triangles_of(const TetMesh& mesh, BoundaryPart part) {
  std::vector<std::array<int, 3>> triangles;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i)
    if (mesh.triangle_parts[i] == static_cast<int>(part)) triangles.push_back(mesh.triangles[i]);
  return triangles;
}

}  // namespace

LimbCuts limb_cuts(const TetMesh& mesh) {
  auto proximal = triangles_of(mesh, BoundaryPart::proximal), distal = triangles_of(mesh, BoundaryPart::distal);
  const auto inner = facets_under_extension(mesh);
  // The caps tell which way the limb runs; an end without extension keeps its own triangles.
  const Eigen::Vector3d along = cut_of(mesh.points, distal).centre - cut_of(mesh.points, proximal).centre;
  std::vector<std::array<int, 3>> proximal_facets, distal_facets;
  for (const auto& facet : inner) {
    const Eigen::Vector3d a = mesh.points.col(facet[0]);
    const bool looks_along = (mesh.points.col(facet[1]) - a).cross(mesh.points.col(facet[2]) - a).dot(along) > 0;
    const bool is_distal = proximal.empty() || (!distal.empty() && looks_along);
    (is_distal ? distal_facets : proximal_facets).push_back(facet);
  }
  if (!proximal_facets.empty()) proximal = std::move(proximal_facets);
  if (!distal_facets.empty()) distal = std::move(distal_facets);
  return {cut_of(mesh.points, std::move(proximal)), cut_of(mesh.points, std::move(distal))};
}

LimbCuts limb_cuts(const SurfaceComplex& complex, bool proximal_is_low_k) {
  std::vector<std::array<int, 3>> low, high;
  for (std::size_t i = 0; i < complex.triangles.size(); ++i) {
    const int beyond = complex.triangle_regions[i][1];
    if (beyond == SurfaceComplex::cut_low_k) low.push_back(complex.triangles[i]);
    if (beyond == SurfaceComplex::cut_high_k) high.push_back(complex.triangles[i]);
  }
  if (!proximal_is_low_k) std::swap(low, high);
  return {cut_of(complex.points, std::move(low)), cut_of(complex.points, std::move(high))};
}

std::vector<int> labels_under(const TetMesh& mesh, const std::vector<std::array<int, 3>>& triangles) {
  std::map<std::array<int, 3>, std::size_t> place;
  std::vector<char> touched(mesh.n_points(), 0);
  for (std::size_t i = 0; i < triangles.size(); ++i) {
    place[ascending(triangles[i])] = i;
    for (const int v : triangles[i]) touched[static_cast<std::size_t>(v)] = 1;
  }
  std::vector<int> labels(triangles.size(), 0);
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) {
    int count = 0;
    for (const int v : mesh.tets[t]) count += touched[static_cast<std::size_t>(v)];
    for (int f = 0; count >= 3 && f < 4; ++f) {
      const auto found = place.find(ascending(facet_vertices(mesh.tets[t], f)));
      if (found != place.end()) labels[found->second] = mesh.tet_labels[t];
    }
  }
  return labels;
}

LimbFrame limb_frame(const LimbCuts& cuts, const Surface& skin) {
  const bool has_proximal = cuts.proximal.area > 0, has_distal = cuts.distal.area > 0;
  LimbFrame frame;
  if (has_proximal && has_distal) {
    const Eigen::Vector3d along = cuts.distal.centre - cuts.proximal.centre;
    frame.axis = along.normalized();
    frame.length = along.norm();
    frame.proximal = cuts.proximal.centre;
    return frame;
  }
  frame.axis = limb_axis(skin);
  // One known end: the axis leads away from the proximal cut, or towards the distal one.
  const Eigen::Vector3d onward = has_proximal ? (-cuts.proximal.normal).eval() : cuts.distal.normal;
  if (frame.axis.dot(onward) < 0) frame.axis = -frame.axis;
  const Eigen::VectorXd along = skin.points.transpose() * frame.axis;
  frame.length = along.maxCoeff() - along.minCoeff();
  const Eigen::Vector3d middle = skin.points.rowwise().mean();
  frame.proximal = middle + (along.minCoeff() - middle.dot(frame.axis)) * frame.axis;
  return frame;
}

Eigen::Vector3d limb_axis(const TetMesh& mesh) {
  if (mesh.triangles.empty())
    throw InputError(
        "the mesh has no boundary triangles, so the direction of the limb is unknown; read it with its boundary");
  return limb_frame(limb_cuts(mesh), skin_surface(mesh)).axis;
}

double decay_length(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 3>>& triangles,
                    const std::vector<int>& labels, const TissueTable& tissues) {
  BMISS_ASSERT(!triangles.empty() && labels.size() == triangles.size());
  const Surface section = surface_of(points, triangles);
  const Eigen::Index n = section.points.cols();
  std::vector<Eigen::Triplet<double>> entries;
  Eigen::VectorXd along = Eigen::VectorXd::Zero(n);  // lumped
  double area = 0, across_sum = 0;
  for (std::size_t t = 0; t < triangles.size(); ++t) {
    const auto& v = section.triangles[t];
    const Tissue& tissue = tissues.by_label(labels[t]);
    Eigen::Vector3d edge[3];  // opposite to each vertex
    for (std::size_t i = 0; i < 3; ++i)
      edge[i] = section.points.col(v[(i + 2) % 3]) - section.points.col(v[(i + 1) % 3]);
    const double size = 0.5 * edge[0].cross(edge[1]).norm();
    if (size <= 0) continue;
    area += size;
    across_sum += size * tissue.conductivity_across;
    for (std::size_t i = 0; i < 3; ++i) {
      along[v[i]] += tissue.conductivity_along * size / 3;
      for (std::size_t j = 0; j < 3; ++j)
        entries.emplace_back(v[i], v[j], tissue.conductivity_across * edge[i].dot(edge[j]) / (4 * size));
    }
  }
  Eigen::SparseMatrix<double> stiffness(n, n);
  stiffness.setFromTriplets(entries.begin(), entries.end());
  // Inverse iteration, shifted off the constant (k = 0) by a tenth of what a homogeneous disc has.
  const double guess = std::pow(1.841, 2) * M_PI * across_sum / (area * along.sum());
  Eigen::SparseMatrix<double> shifted = stiffness;
  for (Eigen::Index i = 0; i < n; ++i) shifted.coeffRef(i, i) += 0.1 * guess * along[i];
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(shifted);
  const Eigen::Vector3d direction(1, 0.7, 0.4);
  Eigen::VectorXd mode = section.points.transpose() * direction;
  double k2 = 0;
  constexpr int most_steps = 100;
  for (int step = 0; step < most_steps; ++step) {
    mode.array() -= along.dot(mode) / along.sum();
    mode /= std::sqrt(mode.cwiseAbs2().dot(along));
    const double before = k2;
    k2 = mode.dot(stiffness * mode);
    if (std::abs(k2 - before) < 1e-4 * k2) break;
    mode = solver.solve(along.cwiseProduct(mode)).eval();
  }
  return 1 / std::sqrt(k2);
}

double truncation_error(double distance, double decay) {
  return reflected * std::exp(-2 * std::max(distance, 0.0) / decay);
}

double distance_for_error(double error, double decay) {
  return std::max(0.0, 0.5 * decay * std::log(reflected / error));
}

}  // namespace bmiss
