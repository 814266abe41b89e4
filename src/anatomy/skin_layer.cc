#include "anatomy/skin_layer.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "anatomy/size_field.h"
#include "anatomy/surface_complex.h"
#include "anatomy/tet_shape.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {

namespace {

using Edge = std::array<int, 2>;

Edge sorted_edge(int a, int b) {
  return a < b ? Edge{a, b} : Edge{b, a};
}

// Marks the triangles to extrude: code outside, without the walls of closed hollows (closed and with negative volume).
std::vector<bool> triangles_to_cover(const LimbTets& limb, std::size_t& uncovered) {
  std::vector<int> parent(static_cast<std::size_t>(limb.points.cols()));
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&parent](int v) {
    while (parent[static_cast<std::size_t>(v)] != v)
      v = parent[static_cast<std::size_t>(v)] = parent[static_cast<std::size_t>(parent[static_cast<std::size_t>(v)])];
    return v;
  };
  // All boundary triangles, cuts included: a component is then always closed.
  for (const auto& t : limb.triangles)
    for (const int v : {t[1], t[2]}) parent[static_cast<std::size_t>(root(v))] = root(t[0]);
  const Eigen::Vector3d origin = limb.points.col(limb.triangles.at(0)[0]);
  std::map<int, double> volume;
  for (const auto& t : limb.triangles)
    volume[root(t[0])] += area_vector(limb.points, t).dot(limb.points.col(t[0]) - origin) / 3;
  std::vector<bool> covered(limb.triangles.size(), false);
  uncovered = 0;
  for (std::size_t i = 0; i < limb.triangles.size(); ++i) {
    if (limb.triangle_codes[i] != SurfaceComplex::outside) continue;
    covered[i] = volume.at(root(limb.triangles[i][0])) > 0;
    uncovered += covered[i] ? 0 : 1;
  }
  return covered;
}

class SkinLayer {
public:
  SkinLayer(LimbTets& limb, double thickness, std::vector<bool> covered)
      : limb_(limb), thickness_(thickness), covered_(std::move(covered)) {
    for (std::size_t i = 0; i < limb_.triangles.size(); ++i)
      if (covered_[i]) base_.push_back(limb_.triangles[i]);
    find_rim();
  }

  Eigen::Matrix3Xd directions() {
    find_directions();
    return direction_;
  }

  SkinLayerResult extrude(const Eigen::Matrix3Xd& directions, int skin_region) {
    direction_ = directions;
    raise_columns();
    SkinLayerResult result;
    std::vector<std::array<int, 3>> triangles;
    std::vector<int> codes;
    for (std::size_t i = 0; i < limb_.triangles.size(); ++i) {
      if (covered_[i]) continue;
      triangles.push_back(limb_.triangles[i]);
      codes.push_back(limb_.triangle_codes[i]);
    }
    const std::size_t tets_before = limb_.tets.size();
    for (const auto& triangle : base_) fill_prism(triangle, skin_region, triangles, codes);
    limb_.triangles = std::move(triangles);
    limb_.triangle_codes = std::move(codes);
    result.tets = limb_.tets.size() - tets_before;
    for (const auto& column : columns_)
      result.most_layers = std::max(result.most_layers, static_cast<int>(column.size()) - 1);
    return result;
  }

private:
  // Edges between a covered and a cut triangle, with the code of the cut; and the planes that hold the rim's vertices.
  void find_rim() {
    std::map<Edge, int> uses;
    for (const auto& t : base_)
      for (std::size_t k = 0; k < 3; ++k) ++uses[sorted_edge(t[k], t[(k + 1) % 3])];
    for (std::size_t i = 0; i < limb_.triangles.size(); ++i) {
      if (covered_[i]) continue;
      const auto& t = limb_.triangles[i];
      for (std::size_t k = 0; k < 3; ++k) {
        const Edge edge = sorted_edge(t[k], t[(k + 1) % 3]);
        if (uses.count(edge) == 0) continue;
        rim_[edge] = limb_.triangle_codes[i];
        for (const int v : edge) rim_normals_[v].push_back(area_vector(limb_.points, t).normalized());
      }
    }
    for (const auto& [edge, count] : uses)
      if (count != 2 && rim_.count(edge) == 0)
        throw NumericalError("the outer surface branches or is open near (" + place(edge[0]) +
                             ") mm, so that no skin can be laid on it; smooth or clean the label map there");
  }

  std::string place(int v) const {
    const Eigen::Vector3d p = limb_.points.col(v) * 1e3;
    return format("%.4g", p[0]) + ", " + format("%.4g", p[1]) + ", " + format("%.4g", p[2]);
  }

  Eigen::Vector3d in_planes(int v, Eigen::Vector3d direction) const {
    const auto found = rim_normals_.find(v);
    if (found == rim_normals_.end()) return direction;
    for (int repeat = 0; repeat < 3; ++repeat)  // converges where two cuts meet at an angle
      for (const Eigen::Vector3d& normal : found->second) direction -= normal * normal.dot(direction);
    return direction;
  }

  // Normals averaged over a ball: how smooth they are does not depend on how fine the triangles are. At the rim they
  // lie within the cut plane and are longer, so that the layer keeps its thickness.
  void find_directions() {
    direction_ = Eigen::Matrix3Xd::Zero(3, limb_.points.cols());
    const Eigen::VectorXd edge = mean_edge_lengths(limb_.points, base_);
    double typical = 0, area = 0;
    std::vector<Eigen::Vector3d> centroids, areas;
    for (const auto& t : base_) {
      areas.push_back(area_vector(limb_.points, t));
      centroids.push_back(middle_of(limb_.points, t));
      typical += areas.back().norm() * (edge[t[0]] + edge[t[1]] + edge[t[2]]) / 3;
      area += areas.back().norm();
    }
    const double radius = std::max(3 * thickness_, 3.5 * typical / area);
    std::map<std::array<int, 3>, std::vector<std::size_t>> cells;
    const auto cell_of = [radius](const Eigen::Vector3d& p) {
      return std::array<int, 3>{static_cast<int>(std::floor(p[0] / radius)),
                                static_cast<int>(std::floor(p[1] / radius)),
                                static_cast<int>(std::floor(p[2] / radius))};
    };
    for (std::size_t t = 0; t < base_.size(); ++t) cells[cell_of(centroids[t])].push_back(t);
    for (Eigen::Index v = 0; v < edge.size(); ++v) {
      if (edge[v] <= 0) continue;
      const Eigen::Vector3d p = limb_.points.col(v);
      const auto home = cell_of(p);
      for (int neighbour = 0; neighbour < 27; ++neighbour) {
        const auto cell =
            cells.find({home[0] + neighbour % 3 - 1, home[1] + neighbour / 3 % 3 - 1, home[2] + neighbour / 9 - 1});
        if (cell == cells.end()) continue;
        for (const std::size_t t : cell->second)
          direction_.col(v) += std::max(0.0, 1 - (centroids[t] - p).squaredNorm() / (radius * radius)) * areas[t];
      }
      direction_.col(v).normalize();
    }
    see_every_facet();
    for (const auto& [v, normals] : rim_normals_) {
      const Eigen::Vector3d smooth = direction_.col(v), flat = in_planes(v, smooth);
      const double length = flat.norm();
      if (length < 0.3)
        throw NumericalError("the limb's surface is nearly parallel to the cut near (" + place(v) +
                             ") mm, so that no skin can be laid there; crop the label map by some slices");
      direction_.col(v) = flat / (length * std::max(length, 0.7));
    }
  }

  // On rough surfaces the smoothed normal may point below a facet of its vertex: it is turned towards the worst of them
  // until all are seen from above (the perceptron rule, which ends when such a direction exists).
  void see_every_facet() {
    constexpr double seen = 0.2, turn = 0.15;
    constexpr int most_turns = 60;
    std::map<int, std::vector<Eigen::Vector3d>> hidden;
    for (const auto& t : base_) {
      const Eigen::Vector3d normal = area_vector(limb_.points, t).normalized();
      for (const int v : t)
        if (normal.dot(direction_.col(v)) < seen) hidden[v];
    }
    for (const auto& t : base_)
      for (const int v : t)
        if (const auto found = hidden.find(v); found != hidden.end())
          found->second.push_back(area_vector(limb_.points, t).normalized());
    for (const auto& [v, normals] : hidden)
      for (int step = 0; step < most_turns; ++step) {
        const Eigen::Vector3d direction = direction_.col(v);
        const auto worst = std::min_element(normals.begin(), normals.end(), [&](const auto& a, const auto& b) {
          return a.dot(direction) < b.dot(direction);
        });
        if (worst->dot(direction) >= seen) break;
        direction_.col(v) = (direction + turn * *worst).normalized();
      }
  }

  void raise_columns() {
    const Eigen::VectorXd edge = mean_edge_lengths(limb_.points, base_);
    columns_.resize(static_cast<std::size_t>(limb_.points.cols()));
    Eigen::Index next = limb_.points.cols(), total = next;
    constexpr int most_layers = 12;
    for (Eigen::Index v = 0; v < next; ++v) {
      if (edge[v] <= 0) continue;
      // The slack keeps a facet of exactly 2/3 of the thickness from flickering between one layer and two.
      const int layers = std::clamp(static_cast<int>(std::ceil(thickness_ / (1.5 * edge[v]) - 0.05)), 1, most_layers);
      columns_[static_cast<std::size_t>(v)].resize(static_cast<std::size_t>(layers) + 1);
      total += layers;
    }
    limb_.points.conservativeResize(3, total);
    for (std::size_t v = 0; v < columns_.size(); ++v) {
      auto& column = columns_[v];
      if (column.empty()) continue;
      column[0] = static_cast<int>(v);
      const double layers = static_cast<double>(column.size() - 1);
      for (std::size_t level = 1; level < column.size(); ++level) {
        limb_.points.col(next) =
            limb_.points.col(column[0]) + thickness_ * static_cast<double>(level) / layers * direction_.col(column[0]);
        column[level] = static_cast<int>(next++);
      }
    }
  }

  // The front climbs the three columns one step at a time, the lowest next step first (then the lower vertex number).
  // Two prisms climb the columns of their common wall in the same order, whatever the third column does, so they fit
  // together.
  void fill_prism(const std::array<int, 3>& triangle, int skin_region, std::vector<std::array<int, 3>>& triangles,
                  std::vector<int>& codes) {
    std::array<std::size_t, 3> level{0, 0, 0};
    std::array<int, 3> front = triangle;
    for (;;) {
      int climbs = -1;
      std::pair<double, int> lowest;
      for (std::size_t k = 0; k < 3; ++k) {
        const auto& column = columns_[static_cast<std::size_t>(triangle[k])];
        if (level[k] + 1 == column.size()) continue;
        const std::pair<double, int> next{static_cast<double>(level[k] + 1) / static_cast<double>(column.size() - 1),
                                          triangle[k]};
        if (climbs < 0 || next < lowest) {
          climbs = static_cast<int>(k);
          lowest = next;
        }
      }
      if (climbs < 0) break;
      const auto k = static_cast<std::size_t>(climbs);
      const int top = columns_[static_cast<std::size_t>(triangle[k])][++level[k]];
      limb_.tets.push_back({front[0], front[1], front[2], top});
      limb_.tet_regions.push_back(skin_region);
      for (const std::size_t other : {(k + 1) % 3, (k + 2) % 3}) {
        const auto wall = rim_.find(sorted_edge(triangle[k], triangle[other]));
        if (wall == rim_.end()) continue;
        // Seen from outside, the prism's edge k -> k+1 runs left to right with the wall above it.
        if (other == (k + 1) % 3)
          triangles.push_back({front[k], front[other], top});
        else
          triangles.push_back({front[other], front[k], top});
        codes.push_back(wall->second);
      }
      front[k] = top;
    }
    triangles.push_back(front);
    codes.push_back(SurfaceComplex::outside);
  }

  LimbTets& limb_;
  double thickness_;
  std::vector<bool> covered_;
  std::vector<std::array<int, 3>> base_;
  std::map<Edge, int> rim_;
  std::map<int, std::vector<Eigen::Vector3d>> rim_normals_;
  Eigen::Matrix3Xd direction_;
  std::vector<std::vector<int>> columns_;  // base vertex -> its points from the base up; empty off the covered surface
};

}  // namespace

Eigen::Matrix3Xd skin_directions(const LimbTets& limb, double thickness) {
  LimbTets copy{limb.points, {}, {}, limb.triangles, limb.triangle_codes};
  std::size_t uncovered = 0;
  auto covered = triangles_to_cover(copy, uncovered);
  return SkinLayer(copy, thickness, std::move(covered)).directions();
}

LimbTets boundary_of(const SurfaceComplex& complex) {
  LimbTets limb;
  limb.points = complex.points;
  for (std::size_t t = 0; t < complex.triangles.size(); ++t) {
    if (complex.triangle_regions[t][1] >= 0) continue;
    limb.triangles.push_back(complex.triangles[t]);
    limb.triangle_codes.push_back(complex.triangle_regions[t][1]);
  }
  return limb;
}

// Prisms cut into three tets by the order of their vertices: neighbours cut their common wall alike, so the sum is that
// of the layer as it is laid, whatever the number of layers. At the rim the walls are flat.
double skin_volume(const LimbTets& limb, const Eigen::Matrix3Xd& directions, double thickness) {
  std::size_t uncovered = 0;
  const auto covered = triangles_to_cover(limb, uncovered);
  double sum = 0;
  for (std::size_t t = 0; t < limb.triangles.size(); ++t) {
    if (!covered[t]) continue;
    const Eigen::Vector3d normal = area_vector(limb.points, limb.triangles[t]);
    auto corner = limb.triangles[t];
    std::sort(corner.begin(), corner.end());
    std::array<Eigen::Vector3d, 3> low, high;
    for (std::size_t k = 0; k < 3; ++k) {
      low[k] = limb.points.col(corner[k]);
      high[k] = low[k] + thickness * directions.col(corner[k]);
    }
    const double side = (low[1] - low[0]).cross(low[2] - low[0]).dot(normal) > 0 ? 1 : -1;
    const auto six_volumes = [](const auto& a, const auto& b, const auto& c, const auto& d) {
      return (b - a).cross(c - a).dot(d - a);
    };
    sum += side *
           (six_volumes(low[0], low[1], low[2], high[0]) + six_volumes(high[0], low[1], low[2], high[1]) +
            six_volumes(high[0], high[1], low[2], high[2])) /
           6;
  }
  return sum;
}

double skin_thickness_of_volume(const SurfaceComplex& complex, double volume, double largest) {
  if (volume <= 0) return 0;
  const LimbTets limb = boundary_of(complex);
  std::size_t uncovered = 0;
  const auto covered = triangles_to_cover(limb, uncovered);
  double area = 0;
  for (std::size_t t = 0; t < limb.triangles.size(); ++t)
    if (covered[t]) area += area_vector(limb.points, limb.triangles[t]).norm();
  double thickness = area > 0 ? volume / area : largest;
  // The volume is a cubic in the thickness with a nearly constant slope; the directions hardly depend on it.
  for (int repeat = 0; repeat < 3; ++repeat) {
    if (thickness > largest)
      throw NumericalError("a skin layer of " + format("%.3g", volume * 1e6) + " cm3 would be thicker than " +
                           format("%.3g", largest * 1e3) + " mm on this limb; check the skin label of the map");
    const Eigen::Matrix3Xd directions = skin_directions(limb, thickness);
    for (int step = 0; step < 4; ++step) {
      const double here = skin_volume(limb, directions, thickness);
      const double slope = (skin_volume(limb, directions, 1.01 * thickness) - here) / (0.01 * thickness);
      if (!(slope > 0)) return thickness;
      thickness = std::clamp(thickness + (volume - here) / slope, 0.5 * thickness, 2 * thickness);
    }
  }
  return thickness;
}

SkinLayerResult add_skin_layer(LimbTets& limb, const Eigen::Matrix3Xd& directions, double thickness, int skin_region) {
  BMISS_ASSERT(directions.cols() <= limb.points.cols());
  std::size_t uncovered = 0;
  auto covered = triangles_to_cover(limb, uncovered);
  SkinLayerResult result = SkinLayer(limb, thickness, std::move(covered)).extrude(directions, skin_region);
  result.uncovered = uncovered;
  return result;
}

}  // namespace bmiss
