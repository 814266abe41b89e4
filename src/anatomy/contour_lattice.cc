#include "anatomy/contour_lattice.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "anatomy/surface_complex.h"
#include "base/errors.h"

namespace bmiss {
namespace {

using Place = std::array<int, 3>;

Eigen::Vector3d regular_place(const LabelVolume& points, const Place& place) {
  return Eigen::Vector3d(place[0] + 0.5, place[1] + 0.5, place[2] + 0.5).cwiseProduct(points.spacing);
}

}  // namespace

int ContourLattice::region_at(const std::array<int, 3>& place) const {
  if (place[2] < 0) return SurfaceComplex::cut_low_k;
  if (place[2] >= points.size[2]) return SurfaceComplex::cut_high_k;
  for (int axis = 0; axis < 2; ++axis)
    if (place[axis] < 0 || place[axis] >= points.size[axis]) return SurfaceComplex::cut_other;
  return region[points.index(place[0], place[1], place[2])];
}

Eigen::Vector3d ContourLattice::place_of(const std::array<int, 3>& place) const {
  Eigen::Vector3d x = regular_place(points, place);
  for (int axis = 0; axis < 3; ++axis)
    if (place[axis] < 0 || place[axis] >= points.size[axis]) return x;
  if (shifts.empty()) return x;
  const auto found = shifts.find(points.index(place[0], place[1], place[2]));
  return found == shifts.end() ? x : Eigen::Vector3d(x + found->second);
}

bool ContourLattice::passes_between(const std::array<int, 3>& corner, const std::array<int, 3>& opposite, int label,
                                    int other, const LabelField& field) const {
  return field.difference(0.5 * (place_of(corner) + place_of(opposite)), label, other) >= 0;
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
        points.labels.push_back(field.label_at(regular_place(points, {i, j, k})));
  return points;
}

namespace {

// What lies between the two ends of lattice edges, and which end should take it over.
class LayerVotes {
public:
  LayerVotes(const LabelVolume& points, const LabelField& field, const LatticeShifts& shifts)
      : points_(points), field_(field), shifts_(shifts) {}

  // A third label that holds a third of the edge from `point` along `axis` wants the nearer end. Where the outside is
  // the one end, one sample is enough, and the other end gives way: electrodes sit on that surface.
  void ask_edge(std::size_t point, const Place& p, int axis) {
    const std::size_t other = point + points_.strides()[axis];
    const std::int32_t low = points_.labels[point], high = points_.labels[other];
    const bool at_outside = low == 0 || high == 0;
    Place q = p;
    ++q[axis];
    const Eigen::Vector3d start = place_with_shift(point, p),
                          step = (place_with_shift(other, q) - start) / (samples + 1);
    std::map<std::int32_t, std::pair<int, int>> between;  // label -> samples, sum of their places
    for (int n = 1; n <= samples; ++n) {
      const std::int32_t label = field_.label_at(start + n * step);
      if (label == low || label == high) continue;
      ++between[label].first;
      between[label].second += n;
    }
    for (const auto& [label, hits] : between) {
      if (hits.first < (at_outside ? 1 : enough)) continue;
      const double place = static_cast<double>(hits.second) / hits.first / (samples + 1);  // 0 … 1 along the edge
      const bool take_low = high == 0 || (low != 0 && place <= 0.5);
      Vote& vote = votes_[{take_low ? point : other, label}];
      ++vote.count;
      vote.shift[axis] += (take_low ? place : place - 1) * points_.spacing[axis];
      break;
    }
  }

  // The label with most votes for each point, unless a point under the outside is wanted for an inner layer: that
  // would tear the layer that covers it.
  std::size_t decide(LabelVolume& points, const std::vector<char>& kept, LatticeShifts& shifts) const {
    std::map<std::size_t, std::pair<std::int32_t, Vote>> verdict;
    for (const auto& [choice, vote] : votes_) {
      if (kept[choice.first] != 0) continue;
      auto& best = verdict[choice.first];
      if (vote.count > best.second.count) best = {choice.second, vote};
    }
    for (const auto& [point, best] : verdict) {
      points.labels[point] = best.first;
      shifts[point] = best.second.shift / best.second.count;
    }
    return verdict.size();
  }

private:
  static constexpr int samples = 5, enough = 2;  // of the edge's inside, at sixths
  struct Vote {
    int count = 0;
    Eigen::Vector3d shift = Eigen::Vector3d::Zero();
  };
  Eigen::Vector3d place_with_shift(std::size_t point, const Place& p) const {
    const auto found = shifts_.find(point);
    const Eigen::Vector3d x = regular_place(points_, p);
    return found == shifts_.end() ? x : Eigen::Vector3d(x + found->second);
  }

  const LabelVolume& points_;
  const LabelField& field_;
  const LatticeShifts& shifts_;                                 // of earlier rounds
  std::map<std::pair<std::size_t, std::int32_t>, Vote> votes_;  // (point, label)
};

std::vector<char> points_under_the_outside(const LabelVolume& points) {
  std::vector<char> under(points.n_voxels(), 0);
  for (std::size_t point = 0; point < under.size(); ++point)
    if (points.labels[point] == 0)
      for_each_neighbour(points, point, [&](std::size_t neighbour) { under[neighbour] = 1; });
  return under;
}

}  // namespace

std::size_t keep_thin_layers(LabelVolume& points, const LabelField& field, LatticeShifts& shifts) {
  std::size_t changed = 0;
  const auto stride = points.strides();
  for (const bool at_outside : {true, false}) {
    LayerVotes votes(points, field, shifts);
    std::size_t point = 0;
    Place p;
    for (p[2] = 0; p[2] < points.size[2]; ++p[2])
      for (p[1] = 0; p[1] < points.size[1]; ++p[1])
        for (p[0] = 0; p[0] < points.size[0]; ++p[0], ++point)
          for (int axis = 0; axis < 3; ++axis) {
            if (p[axis] + 1 == points.size[axis]) continue;
            const std::int32_t low = points.labels[point], high = points.labels[point + stride[axis]];
            if (low != high && (low == 0 || high == 0) == at_outside) votes.ask_edge(point, p, axis);
          }
    const auto kept = at_outside ? std::vector<char>(points.n_voxels(), 0) : points_under_the_outside(points);
    changed += votes.decide(points, kept, shifts);
  }
  return changed;
}

std::vector<std::int32_t> place_missing_labels(LabelVolume& points, const LabelVolume& image,
                                               const std::vector<std::int32_t>& labels) {
  std::vector<std::int32_t> missing;
  const auto present = points.counts();
  for (std::size_t number = 1; number < labels.size(); ++number)
    if (present.count(static_cast<std::int32_t>(number)) == 0) missing.push_back(static_cast<std::int32_t>(number));
  if (missing.empty()) return missing;
  const Pieces pieces = find_pieces(image);
  for (const std::int32_t number : missing) {
    int largest = -1;
    for (std::size_t piece = 0; piece < pieces.label.size(); ++piece)
      if (pieces.label[piece] == labels[number] && (largest < 0 || pieces.voxels[piece] > pieces.voxels[largest]))
        largest = static_cast<int>(piece);
    BMISS_ASSERT(largest >= 0);
    Eigen::Vector3d middle = Eigen::Vector3d::Zero();
    for (std::size_t voxel = 0; voxel < image.n_voxels(); ++voxel)
      if (pieces.of_voxel[voxel] == largest) middle += regular_place(image, image.place(voxel));
    middle /= static_cast<double>(pieces.voxels[largest]);
    Place p;
    for (int axis = 0; axis < 3; ++axis)
      p[axis] = std::clamp(static_cast<int>(middle[axis] / points.spacing[axis]), 0, points.size[axis] - 1);
    const std::size_t point = points.index(p[0], p[1], p[2]);
    points.labels[point] = number;
  }
  return missing;
}

void centre_single_points(LabelVolume& points, const LabelVolume& image, const std::vector<std::int32_t>& labels,
                          LatticeShifts& shifts) {
  constexpr double farthest = 0.4;  // not to the sides of its cell: the cells around it would get flat
  for (std::size_t point = 0; point < points.n_voxels(); ++point) {
    if (points.labels[point] == 0) continue;
    bool alone = true;
    for_each_neighbour(points, point,
                       [&](std::size_t n) { alone = alone && points.labels[n] != points.labels[point]; });
    if (!alone) continue;
    const Eigen::Vector3d place = regular_place(points, points.place(point));
    Place low, high;
    for (int axis = 0; axis < 3; ++axis) {
      const auto voxel_at = [&](double x) {
        return std::clamp(static_cast<int>(std::floor(x / image.spacing[axis])), 0, image.size[axis] - 1);
      };
      low[axis] = voxel_at(place[axis] - points.spacing[axis]);
      high[axis] = voxel_at(place[axis] + points.spacing[axis]);
    }
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    int count = 0;
    Place p;
    for (p[2] = low[2]; p[2] <= high[2]; ++p[2])
      for (p[1] = low[1]; p[1] <= high[1]; ++p[1])
        for (p[0] = low[0]; p[0] <= high[0]; ++p[0])
          if (image.labels[image.index(p[0], p[1], p[2])] == labels[static_cast<std::size_t>(points.labels[point])]) {
            sum += regular_place(image, p);
            ++count;
          }
    if (count == 0) continue;
    shifts[point] = (sum / count - place).cwiseMin(farthest * points.spacing).cwiseMax(-farthest * points.spacing);
  }
}

namespace {

std::vector<LatticePassage> find_passages(const ContourLattice& lattice, const LabelField& field) {
  const LabelVolume& points = lattice.points;
  const auto stride = points.strides();
  std::vector<LatticePassage> passages;
  std::size_t point = 0;
  Place p;
  for (p[2] = 0; p[2] < points.size[2]; ++p[2])
    for (p[1] = 0; p[1] < points.size[1]; ++p[1])
      for (p[0] = 0; p[0] < points.size[0]; ++p[0], ++point)
        for (int axis = 0; axis < 3; ++axis) {
          const int b = (axis + 1) % 3, c = (axis + 2) % 3;
          if (p[b] + 1 == points.size[b] || p[c] + 1 == points.size[c]) continue;
          const std::array<std::int32_t, 4> label{points.labels[point], points.labels[point + stride[b]],
                                                  points.labels[point + stride[b] + stride[c]],
                                                  points.labels[point + stride[c]]};  // in a circle
          const bool even = label[0] == label[2], odd = label[1] == label[3];
          if ((!even && !odd) || label[0] == label[1] || label[1] == label[2] || label[2] == label[3] ||
              label[3] == label[0])
            continue;
          std::array<Place, 4> corner{p, p, p, p};
          for (const int n : {1, 2}) ++corner[n][b];
          for (const int n : {2, 3}) ++corner[n][c];
          const bool joins_even =
              even && (!odd || lattice.passes_between(corner[0], corner[2], label[0], label[1], field));
          if (label[joins_even ? 0 : 1] == 0) continue;
          const std::array<Place, 2> evens{corner[0], corner[2]}, odds{corner[1], corner[3]};
          passages.push_back(joins_even ? LatticePassage{evens, odds} : LatticePassage{odds, evens});
        }
  return passages;
}

}  // namespace

std::vector<VoxelPair> ContourLattice::joined_points() const {
  std::vector<VoxelPair> pairs;
  for (const LatticePassage& passage : passages) {
    const auto& [p, q] = passage.joined;
    pairs.push_back({points.index(p[0], p[1], p[2]), points.index(q[0], q[1], q[2])});
  }
  return pairs;
}

void ContourLattice::number_regions() {
  const Pieces pieces = find_pieces(points, joined_points());
  region_label.clear();
  std::vector<int> region_of_piece;
  for (const std::int32_t label : pieces.label) {
    region_of_piece.push_back(label == 0 ? SurfaceComplex::outside : static_cast<int>(region_label.size()));
    if (label != 0) region_label.push_back(label);
  }
  region.clear();
  for (const int piece : pieces.of_voxel) region.push_back(region_of_piece[piece]);
}

ContourLattice join_lattice(LabelVolume points, LatticeShifts shifts, const LabelField& field) {
  ContourLattice lattice;
  lattice.points = std::move(points);
  lattice.shifts = std::move(shifts);
  lattice.passages = find_passages(lattice, field);
  lattice.number_regions();
  return lattice;
}

}  // namespace bmiss
