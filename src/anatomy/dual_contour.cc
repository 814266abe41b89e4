#include "anatomy/dual_contour.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "anatomy/surface_complex.h"

namespace bmiss {
namespace {

using Place = std::array<int, 3>;

// Cell (i, j, k) has the lattice points (i-1 .. i, …) as corners; its centre lies at (i, j, k) * step.
class CellVertices {
public:
  CellVertices(const ContourLattice& lattice, const LabelField& field, QuadComplex& complex)
      : lattice_(lattice), field_(field), complex_(complex), size_(lattice.points.size) {
    vertex_.assign(static_cast<std::size_t>(size_[0] + 1) * (size_[1] + 1) * (size_[2] + 1), -1);
  }

  int vertex_of(const Place& cell) {
    int& vertex = vertex_[static_cast<std::size_t>(cell[0]) +
                          static_cast<std::size_t>(size_[0] + 1) *
                              (static_cast<std::size_t>(cell[1]) + static_cast<std::size_t>(size_[1] + 1) * cell[2])];
    if (vertex < 0) vertex = make(cell);
    return vertex;
  }

private:
  int label_at(const Place& place) const {
    const int region = lattice_.region_at(place);
    if (region >= 0) return lattice_.region_label[region];
    return region == SurfaceComplex::outside ? 0 : -1;
  }

  int make(const Place& cell) {
    const int vertex = static_cast<int>(complex_.points.size());
    const Eigen::Vector3d& step = lattice_.points.spacing;
    std::array<bool, 3> pinned;
    Eigen::Vector3d centre;
    for (int axis = 0; axis < 3; ++axis) {
      pinned[axis] = cell[axis] == 0 || cell[axis] == size_[axis];
      centre[axis] = cell[axis] * step[axis];
    }
    std::array<int, 8> label;
    std::array<Eigen::Vector3d, 8> corner;
    std::vector<int> labels;
    for (int c = 0; c < 8; ++c) {
      Place place;
      for (int axis = 0; axis < 3; ++axis) {
        place[axis] = cell[axis] - 1 + (c >> axis & 1);
        // Crossings of a pinned cell are looked for in the plane of the image's side.
        corner[c][axis] = pinned[axis] ? centre[axis] : (place[axis] + 0.5) * step[axis];
      }
      label[c] = label_at(place);
      if (label[c] >= 0) labels.push_back(label[c]);
    }
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    int crossings = 0;
    for (int c = 0; c < 8; ++c)
      for (int axis = 0; axis < 3; ++axis) {
        const int d = c | 1 << axis;
        if (d == c || label[c] < 0 || label[d] < 0 || label[c] == label[d]) continue;
        sum += crossing(corner[c], corner[d], label[c], label[d]);
        ++crossings;
      }
    complex_.points.push_back(crossings > 0 ? Eigen::Vector3d(sum / crossings) : centre);
    complex_.centres.push_back(centre);
    complex_.pinned.push_back(pinned);
    complex_.labels.push_back(std::move(labels));
    complex_.confine(vertex);
    return vertex;
  }

  // Where phi_a - phi_b changes sign between two corners (Illinois method: the field saturates away from interfaces, so
  // that one secant is not enough); half way where cleaning has overruled the field.
  Eigen::Vector3d crossing(const Eigen::Vector3d& from, const Eigen::Vector3d& to, int a, int b) const {
    double low = 0, high = 1, at_low = field_.difference(from, a, b), at_high = field_.difference(to, a, b);
    if (!(at_low > 0 && at_high < 0)) return 0.5 * (from + to);
    double t = 0.5;
    for (int step = 0, last_side = 0; step < 8; ++step) {
      t = (low * at_high - high * at_low) / (at_high - at_low);
      const double value = field_.difference(from + t * (to - from), a, b);
      if (std::abs(value) < 1e-3) break;
      const int side = value > 0 ? 1 : -1;
      (side > 0 ? low : high) = t;
      (side > 0 ? at_low : at_high) = value;
      if (side == last_side) (side > 0 ? at_high : at_low) *= 0.5;
      last_side = side;
    }
    return from + t * (to - from);
  }

  const ContourLattice& lattice_;
  const LabelField& field_;
  QuadComplex& complex_;
  Place size_;
  std::vector<int> vertex_;
};

double smallest_cosine_angle(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c) {
  const Eigen::Vector3d ab = (b - a).normalized(), bc = (c - b).normalized(), ca = (a - c).normalized();
  return -std::max(
      {-ab.dot(ca), -bc.dot(ab), -ca.dot(bc)});  // minus the cosine of the smallest angle: larger is better
}

}  // namespace

int ContourLattice::region_at(const std::array<int, 3>& place) const {
  if (place[2] < 0) return SurfaceComplex::cut_low_k;
  if (place[2] >= points.size[2]) return SurfaceComplex::cut_high_k;
  for (int axis = 0; axis < 2; ++axis)
    if (place[axis] < 0 || place[axis] >= points.size[axis]) return SurfaceComplex::cut_other;
  return region[points.index(place[0], place[1], place[2])];
}

LabelVolume sample_lattice(const LabelField& field, const Eigen::Vector3d& extent, double step) {
  LabelVolume points;
  for (int axis = 0; axis < 3; ++axis) {
    points.size[axis] = std::max(1, static_cast<int>(std::lround(extent[axis] / step)));
    points.spacing[axis] = extent[axis] / points.size[axis];
  }
  points.labels.reserve(static_cast<std::size_t>(points.size[0]) * points.size[1] * points.size[2]);
  for (int k = 0; k < points.size[2]; ++k)
    for (int j = 0; j < points.size[1]; ++j)
      for (int i = 0; i < points.size[0]; ++i)
        points.labels.push_back(
            field.label_at(Eigen::Vector3d(i + 0.5, j + 0.5, k + 0.5).cwiseProduct(points.spacing)));
  return points;
}

std::size_t keep_thin_layers(LabelVolume& points, const LabelField& field) {
  constexpr int samples = 5, enough = 2;                      // of the edge's inside, at sixths
  std::map<std::pair<std::size_t, std::int32_t>, int> votes;  // (point, label)
  const auto stride = points.strides();
  std::size_t point = 0;
  Place p;
  for (p[2] = 0; p[2] < points.size[2]; ++p[2])
    for (p[1] = 0; p[1] < points.size[1]; ++p[1])
      for (p[0] = 0; p[0] < points.size[0]; ++p[0], ++point)
        for (int axis = 0; axis < 3; ++axis) {
          if (p[axis] + 1 == points.size[axis] || points.labels[point] == points.labels[point + stride[axis]]) continue;
          const Eigen::Vector3d start =
              Eigen::Vector3d(p[0] + 0.5, p[1] + 0.5, p[2] + 0.5).cwiseProduct(points.spacing);
          std::map<int, std::pair<int, int>> between;  // label -> samples, sum of their places
          for (int n = 1; n <= samples; ++n) {
            const double shift = points.spacing[axis] * n / (samples + 1);
            const int label = field.label_at(start + shift * Eigen::Vector3d::Unit(axis));
            if (label == points.labels[point] || label == points.labels[point + stride[axis]]) continue;
            ++between[label].first;
            between[label].second += n;
          }
          for (const auto& [label, hits] : between) {
            if (hits.first < enough) continue;
            // The outside keeps its points: electrodes sit on that surface, so the layer gives way inwards.
            const std::size_t other = point + stride[axis];
            const bool nearer_low = 2 * hits.second <= hits.first * (samples + 1);
            const bool take_low = points.labels[other] == 0 || (points.labels[point] != 0 && nearer_low);
            ++votes[{take_low ? point : other, label}];
            break;
          }
        }
  std::map<std::size_t, std::pair<int, std::int32_t>> verdict;  // point -> votes, label
  for (const auto& [choice, count] : votes) {
    auto& best = verdict[choice.first];
    if (count > best.first) best = {count, choice.second};
  }
  for (const auto& [changed, best] : verdict) points.labels[changed] = best.second;
  return verdict.size();
}

ContourLattice number_regions(LabelVolume points) {
  const Pieces pieces = find_pieces(points);
  ContourLattice lattice;
  std::vector<int> region_of_piece;
  for (const std::int32_t label : pieces.label) {
    region_of_piece.push_back(label == 0 ? SurfaceComplex::outside : static_cast<int>(lattice.region_label.size()));
    if (label != 0) lattice.region_label.push_back(label);
  }
  for (const int piece : pieces.of_voxel) lattice.region.push_back(region_of_piece[piece]);
  lattice.points = std::move(points);
  return lattice;
}

void QuadComplex::confine(std::size_t vertex) {
  for (int axis = 0; axis < 3; ++axis) {
    const double centre = centres[vertex][axis];
    double& x = points[vertex][axis];
    x = pinned[vertex][axis] ? centre : std::clamp(x, centre - room[axis], centre + room[axis]);
  }
}

QuadComplex contour_lattice(const ContourLattice& lattice, const LabelField& field) {
  QuadComplex complex;
  complex.room = 0.5 * QuadComplex::share_of_cell * lattice.points.spacing;
  CellVertices cells(lattice, field, complex);
  const Place& size = lattice.points.size;
  Place p;
  for (p[2] = -1; p[2] < size[2]; ++p[2])
    for (p[1] = -1; p[1] < size[1]; ++p[1])
      for (p[0] = -1; p[0] < size[0]; ++p[0])
        for (int axis = 0; axis < 3; ++axis) {
          Place q = p;
          ++q[axis];
          const int b = (axis + 1) % 3, c = (axis + 2) % 3;
          if (p[b] < 0 || p[c] < 0) continue;  // an edge outside the image
          const int low = lattice.region_at(p), high = lattice.region_at(q);
          if (low == high || (low < 0 && high < 0)) continue;
          // The four cells around the edge; their normal points along it.
          std::array<int, 4> quad;
          const int around[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
          for (int n = 0; n < 4; ++n) {
            Place cell = p;
            cell[axis] = p[axis] + 1;
            cell[b] += around[n][0];
            cell[c] += around[n][1];
            quad[n] = cells.vertex_of(cell);
          }
          const bool low_is_inner = high < 0 || (low >= 0 && low < high);
          if (!low_is_inner) std::reverse(quad.begin(), quad.end());
          complex.quads.push_back(quad);
          complex.regions.push_back(low_is_inner ? std::array<int, 2>{low, high} : std::array<int, 2>{high, low});
        }
  return complex;
}

std::vector<std::array<int, 3>> split_quads(const QuadComplex& complex) {
  std::vector<std::array<int, 3>> triangles;
  triangles.reserve(2 * complex.quads.size());
  const auto& x = complex.points;
  for (const auto& q : complex.quads) {
    const double across_02 =
        std::min(smallest_cosine_angle(x[q[0]], x[q[1]], x[q[2]]), smallest_cosine_angle(x[q[0]], x[q[2]], x[q[3]]));
    const double across_13 =
        std::min(smallest_cosine_angle(x[q[0]], x[q[1]], x[q[3]]), smallest_cosine_angle(x[q[1]], x[q[2]], x[q[3]]));
    if (across_02 >= across_13) {
      triangles.push_back({q[0], q[1], q[2]});
      triangles.push_back({q[0], q[2], q[3]});
    } else {
      triangles.push_back({q[0], q[1], q[3]});
      triangles.push_back({q[1], q[2], q[3]});
    }
  }
  return triangles;
}

}  // namespace bmiss
