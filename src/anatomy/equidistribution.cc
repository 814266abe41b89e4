#include "anatomy/equidistribution.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace bmiss {
namespace {

constexpr double smallest_factor = 0.5;
constexpr double noticeable = 0.97;  // factors above do not count as refinement

double factor_of(double indicator, double threshold) {
  if (indicator <= threshold) return 1;
  return std::max(smallest_factor, std::pow(threshold / indicator, 1.0 / 7));
}

double mean_edge(const Eigen::Matrix3Xd& points, const std::array<int, 4>& tet) {
  double sum = 0;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < i; ++j) sum += (points.col(tet[i]) - points.col(tet[j])).norm() / 6;
  return sum;
}

}  // namespace

WantedEdges equidistributed_edges(const Eigen::Matrix3Xd& points, const std::vector<std::array<int, 4>>& tets,
                                  const std::vector<float>& indicator, double growth) {
  BMISS_ASSERT(indicator.size() == tets.size() && growth >= 1);
  WantedEdges wanted;
  if (tets.empty()) return wanted;
  const auto tets_after = [&](double threshold) {
    double sum = 0;
    for (const float e : indicator) sum += std::pow(factor_of(e, threshold), -3);
    return sum;
  };
  double high = *std::max_element(indicator.begin(), indicator.end()), low = high * 1e-12;
  for (int step = 0; step < 60; ++step) {  // the threshold spans twelve decades
    const double middle = std::sqrt(low * high);
    (tets_after(middle) > growth * static_cast<double>(tets.size()) ? low : high) = middle;
  }
  std::vector<std::size_t> smaller;
  for (std::size_t t = 0; t < tets.size(); ++t)
    if (factor_of(indicator[t], high) < noticeable) smaller.push_back(t);
  wanted.points.resize(3, static_cast<Eigen::Index>(smaller.size()));
  wanted.edges.resize(wanted.points.cols());
  for (std::size_t i = 0; i < smaller.size(); ++i) {
    const auto& tet = tets[smaller[i]];
    const auto column = static_cast<Eigen::Index>(i);
    wanted.points.col(column) = (points.col(tet[0]) + points.col(tet[1]) + points.col(tet[2]) + points.col(tet[3])) / 4;
    wanted.edges[column] = factor_of(indicator[smaller[i]], high) * mean_edge(points, tet);
  }
  return wanted;
}

}  // namespace bmiss
