#include "solvers/lead_field/sampling_operator.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr int curve_bits = 10;  // cells of the curve along each axis: 2^10

// Bits of a number below 2^10, two zeros after each.
std::uint64_t spread(std::uint64_t bits) {
  bits = (bits | bits << 16) & 0x030000ff;
  bits = (bits | bits << 8) & 0x0300f00f;
  bits = (bits | bits << 4) & 0x030c30c3;
  return (bits | bits << 2) & 0x09249249;
}

// Numbers of the points along the curve of Morton (1966), which visits neighbours one after the other.
std::vector<int> curve_order(const Eigen::Matrix3Xd& places) {
  if (places.cols() == 0) return {};
  const Eigen::Vector3d lowest = places.rowwise().minCoeff();
  const double extent = (places.rowwise().maxCoeff() - lowest).maxCoeff();
  const double cells = extent > 0 ? ((1 << curve_bits) - 1) / extent : 0;
  std::vector<std::uint64_t> keys(static_cast<std::size_t>(places.cols()));
  for (Eigen::Index k = 0; k < places.cols(); ++k) {
    std::uint64_t code = 0;
    for (int d = 0; d < 3; ++d) code |= spread(static_cast<std::uint64_t>((places(d, k) - lowest[d]) * cells)) << d;
    keys[static_cast<std::size_t>(k)] = code << 32 | static_cast<std::uint64_t>(k);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<int> order(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) order[i] = static_cast<int>(keys[i] & 0xffffffffU);
  return order;
}

std::string place_of(const FieldPoints& points, Eigen::Index number) {
  const Eigen::Vector3d place = 1e3 * points.places.col(number);
  return "point " + std::to_string(number) + " (" + format("%.2f", place[0]) + ", " + format("%.2f", place[1]) + ", " +
         format("%.2f mm)", place[2]);
}

std::string tissue_called(int label, const std::map<int, std::string>& names) {
  const auto name = names.find(label);
  return name != names.end() ? "'" + name->second + "'" : "the tissue of label " + std::to_string(label);
}

// Locates points and remembers those that may not be where they are.
class Search {
public:
  Search(const FieldPoints& points, const PointLocator& locator) : points_(points), locator_(locator) {}

  PointLocation find(int number) {
    const Eigen::Vector3d place = points_.places.col(number);
    const int wanted = label(number);
    PointLocation location = locator_.find(place, reach_of_conductor, wanted, last_);
    if (location.tet < 0 || (wanted != PointLocator::any_label && locator_.label(location.tet) != wanted &&
                             !locator_.is_near(place, wanted, reach_of_tissue))) {
      if (n_wrong_++ == 0 || number < first_wrong_) first_wrong_ = number;
      return location;
    }
    last_ = location.tet;
    return location;
  }

  void require_all_right(const std::map<int, std::string>& names) const {
    if (n_wrong_ == 0) return;
    const Eigen::Vector3d place = points_.places.col(first_wrong_);
    const std::string more =
        n_wrong_ == 1 ? "" : " (and " + std::to_string(n_wrong_ - 1) + " more points do not fit either)";
    const PointLocation location = locator_.find(place, reach_of_conductor, label(first_wrong_));
    if (location.tet < 0)
      throw InputError(
          place_of(points_, first_wrong_) + " lies " +
          format("%.2f mm", 1e3 * locator_.distance(place, PointLocator::any_label)) +
          " outside the conductor of the lead field; move it inside or use the lead field of its own mesh" + more);
    const double distance = locator_.distance(place, label(first_wrong_));
    const std::string wanted = tissue_called(label(first_wrong_), names);
    throw InputError(place_of(points_, first_wrong_) + " lies in " +
                     tissue_called(locator_.label(location.tet), names) + " but must lie in " + wanted +
                     (std::isfinite(distance) ? ", which is " + format("%.2f mm", 1e3 * distance) + " away"
                                              : ", which the mesh of the lead field does not have") +
                     "; use fibres and lead field of the same mesh" + more);
  }

private:
  int label(int number) const {
    return points_.labels.empty() ? PointLocator::any_label : points_.labels[static_cast<std::size_t>(number)];
  }

  const FieldPoints& points_;
  const PointLocator& locator_;
  int last_ = -1;  // tetrahedron of the point before
  int first_wrong_ = 0;
  std::size_t n_wrong_ = 0;
};

double mean_edge(const ElementNodes& nodes, std::size_t tet) {
  const int* corners = nodes.elements.data() + tet * static_cast<std::size_t>(nodes.per_element());
  double sum = 0;
  for (const auto& [a, b] : tet_edges) sum += (nodes.points.col(corners[a]) - nodes.points.col(corners[b])).norm() / 6;
  return sum;
}

// Numbers things in the order in which they are first seen.
class Renumbering {
public:
  explicit Renumbering(std::size_t size) : place_(size, -1) {}
  int operator()(int thing) {
    int& place = place_[static_cast<std::size_t>(thing)];
    if (place < 0) {
      place = static_cast<int>(seen_.size());
      seen_.push_back(thing);
    }
    return place;
  }
  std::vector<int> seen() && { return std::move(seen_); }

private:
  std::vector<int> place_, seen_;
};

}  // namespace

SamplingOperator locate_points(const FieldPoints& points, const PointLocator& locator, const ElementNodes& nodes,
                               const std::map<int, std::string>& names) {
  const auto n_points = static_cast<std::size_t>(points.places.cols());
  BMISS_ASSERT(points.labels.empty() || points.labels.size() == n_points);
  for (Eigen::Index k = 0; k < points.places.cols(); ++k)
    if (!points.places.col(k).allFinite())
      throw InputError("point " + std::to_string(k) + " is not a place; give finite coordinates");

  SamplingOperator result;
  result.degree = nodes.degree;
  const auto n_local = static_cast<std::size_t>(nodes.per_element());
  Search search(points, locator);
  Renumbering tets(nodes.elements.size() / n_local);
  std::vector<int> element(n_points);
  Eigen::Matrix4Xd coordinates(4, points.places.cols());
  for (const int k : curve_order(points.places)) {
    const PointLocation location = search.find(k);
    element[static_cast<std::size_t>(k)] = location.tet < 0 ? 0 : tets(location.tet);
    coordinates.col(k) = location.barycentric;
  }
  search.require_all_right(names);

  const std::vector<int> seen = std::move(tets).seen();
  Renumbering used(nodes.n_nodes());
  for (const int tet : seen) {
    const int* local = nodes.elements.data() + static_cast<std::size_t>(tet) * n_local;
    for (std::size_t i = 0; i < n_local; ++i) result.elements.push_back(used(local[i]));
    result.mean_edges.push_back(mean_edge(nodes, static_cast<std::size_t>(tet)));
  }
  result.nodes = std::move(used).seen();
  result.first.assign(seen.size() + 1, 0);
  for (const int e : element) ++result.first[static_cast<std::size_t>(e) + 1];
  for (std::size_t e = 0; e < seen.size(); ++e) result.first[e + 1] += result.first[e];
  std::vector<int> next(result.first.begin(), result.first.end() - 1);
  result.points.resize(n_points);
  result.barycentric.resize(4, points.places.cols());
  for (std::size_t k = 0; k < n_points; ++k) {
    const int at = next[static_cast<std::size_t>(element[k])]++;
    result.points[static_cast<std::size_t>(at)] = static_cast<int>(k);
    result.barycentric.col(at) = coordinates.col(static_cast<Eigen::Index>(k));
  }
  return result;
}

Eigen::VectorXd mean_edges_at_points(const SamplingOperator& sampling) {
  Eigen::VectorXd edges(static_cast<Eigen::Index>(sampling.n_points()));
  for (std::size_t e = 0; e < sampling.n_elements(); ++e)
    for (int k = sampling.first[e]; k < sampling.first[e + 1]; ++k)
      edges[sampling.points[static_cast<std::size_t>(k)]] = sampling.mean_edges[e];
  return edges;
}

}  // namespace bmiss
