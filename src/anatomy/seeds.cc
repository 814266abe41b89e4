#include "anatomy/seeds.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace bmiss {
namespace {

constexpr int n_stations = 30;

// Where the plane cuts the edges of a tetrahedron: 0, 3 or 4 points in cyclic order.
struct Polygon {
  std::array<Eigen::Vector3d, 4> corners;
  int n = 0;
};

Polygon cut(const MuscleTets& piece, int tet, const CrossSection& plane) {
  const auto& t = piece.tets[static_cast<std::size_t>(tet)];
  std::array<double, 4> height{};
  std::array<int, 4> above{}, below{};
  int n_above = 0, n_below = 0;
  for (int i = 0; i < 4; ++i) {
    const auto k = static_cast<std::size_t>(i);
    height[k] = plane.normal.dot(piece.points.col(t[k]) - plane.centre);
    if (height[k] > 0)
      above[static_cast<std::size_t>(n_above++)] = i;
    else
      below[static_cast<std::size_t>(n_below++)] = i;
  }
  Polygon polygon;
  if (n_above == 0 || n_below == 0) return polygon;
  const auto add = [&](int i, int j) {
    const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
    const double part = height[a] / (height[a] - height[b]);
    polygon.corners[static_cast<std::size_t>(polygon.n++)] =
        piece.points.col(t[a]) + part * (piece.points.col(t[b]) - piece.points.col(t[a]));
  };
  if (n_above == 2) {  // a quadrilateral: neighbours in the cycle share a corner of the tetrahedron
    add(above[0], below[0]);
    add(above[0], below[1]);
    add(above[1], below[1]);
    add(above[1], below[0]);
  } else {
    for (int i = 0; i < n_above; ++i)
      for (int j = 0; j < n_below; ++j) add(above[static_cast<std::size_t>(i)], below[static_cast<std::size_t>(j)]);
  }
  return polygon;
}

double area_of(const Polygon& polygon) {
  if (polygon.n < 3) return 0;
  const auto& p = polygon.corners;
  Eigen::Vector3d area = (p[1] - p[0]).cross(p[2] - p[0]);
  if (polygon.n == 4) area += (p[2] - p[0]).cross(p[3] - p[0]);
  return area.norm() / 2;
}

// Uniform in [0, 1), the same everywhere (the standard's distributions are not).
double uniform(std::mt19937& generator) {
  return static_cast<double>(generator()) / 4294967296.0;
}

}  // namespace

CrossSection section_at(const MuscleTets& piece, const Eigen::Vector3d& point, const Eigen::Vector3d& normal) {
  CrossSection section;
  section.centre = point;
  section.normal = normal.normalized();
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  for (int tet = 0; tet < piece.size(); ++tet) {
    const Polygon polygon = cut(piece, tet, section);
    const double area = area_of(polygon);
    section.area += area;
    Eigen::Vector3d middle = Eigen::Vector3d::Zero();
    for (int i = 0; i < polygon.n; ++i) middle += polygon.corners[static_cast<std::size_t>(i)] / polygon.n;
    sum += area * middle;
  }
  if (section.area > 0) section.centre = sum / section.area;
  return section;
}

std::vector<CrossSection> sections_along(const MuscleTets& piece, const Eigen::Matrix3Xd& directions,
                                         const std::vector<char>& eligible) {
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  double low = INFINITY, high = -INFINITY;
  for (int tet = 0; tet < piece.size(); ++tet)
    if (eligible[static_cast<std::size_t>(tet)] != 0) mean += piece.volumes[tet] * directions.col(tet);
  mean.normalize();
  for (int tet = 0; tet < piece.size(); ++tet) {
    if (eligible[static_cast<std::size_t>(tet)] == 0) continue;
    low = std::min(low, mean.dot(piece.centroid(tet)));
    high = std::max(high, mean.dot(piece.centroid(tet)));
  }
  const double width = std::max((high - low) / n_stations, 1e-12);
  std::vector<CrossSection> stations(n_stations);
  std::vector<double> weight(n_stations, 0.0);
  for (auto& station : stations) station.normal.setZero();
  for (int tet = 0; tet < piece.size(); ++tet) {
    if (eligible[static_cast<std::size_t>(tet)] == 0) continue;
    const double along = mean.dot(piece.centroid(tet));
    const auto k = static_cast<std::size_t>(std::clamp(static_cast<int>((along - low) / width), 0, n_stations - 1));
    weight[k] += piece.volumes[tet];
    stations[k].centre += piece.volumes[tet] * piece.centroid(tet);
    stations[k].normal += piece.volumes[tet] * directions.col(tet);
  }
  double largest = 0;
  for (std::size_t k = 0; k < stations.size(); ++k) {
    auto& station = stations[k];
    if (weight[k] <= 0 || station.normal.norm() < 1e-6 * weight[k]) continue;
    station.centre /= weight[k];
    station.normal.normalize();
    // In a tip whose fibres bend away the plane would cut the muscle lengthwise.
    if (station.normal.dot(mean) < 0.8) continue;
    for (int tet = 0; tet < piece.size(); ++tet)
      if (eligible[static_cast<std::size_t>(tet)] != 0) station.area += area_of(cut(piece, tet, station));
    largest = std::max(largest, station.area);
  }
  // Of nearly equal sections the most central: from there fibres run both ways.
  std::size_t best = 0;
  double nearest = INFINITY;
  for (std::size_t k = 0; k < stations.size(); ++k) {
    const double from_middle = std::abs(static_cast<double>(k) + 0.5 - n_stations / 2.0);
    if (stations[k].area <= 0 || stations[k].area < 0.97 * largest || from_middle >= nearest) continue;
    nearest = from_middle;
    best = k;
  }
  std::vector<std::size_t> order(stations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto away = [best](std::size_t k) { return k > best ? k - best : best - k; };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return away(a) < away(b); });
  std::vector<CrossSection> result;
  for (const std::size_t k : order)
    if (stations[k].area > 0) result.push_back(stations[k]);
  return result;
}

std::vector<TetPosition> seeds_on(const MuscleTets& piece, const CrossSection& section,
                                  const std::vector<char>& eligible, double density, unsigned seed) {
  const Eigen::Vector3d u = section.normal.unitOrthogonal(), v = section.normal.cross(u);
  // Tetrahedra that the plane cuts, with their rectangles on it.
  struct Candidate {
    int tet;
    Eigen::Vector2d low, high;
  };
  std::vector<Candidate> candidates;
  Eigen::Vector2d low = Eigen::Vector2d::Constant(INFINITY), high = -low;
  for (int tet = 0; tet < piece.size(); ++tet) {
    if (eligible[static_cast<std::size_t>(tet)] == 0) continue;
    const Polygon polygon = cut(piece, tet, section);
    if (polygon.n == 0) continue;
    Candidate candidate{tet, Eigen::Vector2d::Constant(INFINITY), Eigen::Vector2d::Constant(-INFINITY)};
    for (int i = 0; i < polygon.n; ++i) {
      const Eigen::Vector3d x = polygon.corners[static_cast<std::size_t>(i)] - section.centre;
      candidate.low = candidate.low.cwiseMin(Eigen::Vector2d(u.dot(x), v.dot(x)));
      candidate.high = candidate.high.cwiseMax(Eigen::Vector2d(u.dot(x), v.dot(x)));
    }
    low = low.cwiseMin(candidate.low);
    high = high.cwiseMax(candidate.high);
    candidates.push_back(candidate);
  }
  std::vector<TetPosition> result;
  if (candidates.empty()) return result;
  const double edge = 1 / std::sqrt(density);
  std::mt19937 generator(seed);
  const auto rows = static_cast<long>(std::ceil((high[1] - low[1]) / edge));
  const auto columns = static_cast<long>(std::ceil((high[0] - low[0]) / edge));
  for (long row = 0; row < rows; ++row)
    for (long column = 0; column < columns; ++column) {
      const double a = uniform(generator), b = uniform(generator);
      const Eigen::Vector2d place =
          low + edge * Eigen::Vector2d(static_cast<double>(column) + a, static_cast<double>(row) + b);
      const Eigen::Vector3d x = section.centre + place[0] * u + place[1] * v;
      for (const Candidate& candidate : candidates) {
        if ((place.array() < candidate.low.array()).any() || (place.array() > candidate.high.array()).any()) continue;
        if (piece.barycentric(candidate.tet, x).minCoeff() < 0) continue;
        result.push_back({candidate.tet, x});
        break;
      }
    }
  return result;
}

}  // namespace bmiss
