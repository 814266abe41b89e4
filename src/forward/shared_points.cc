#include "forward/shared_points.h"

#include <cstring>

namespace bmiss {

std::size_t SharedPoints::Hash::operator()(const std::array<double, 3>& point) const {
  std::uint64_t mixed = 0;
  for (const double coordinate : point) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &coordinate, sizeof bits);
    mixed = (mixed ^ bits) * 0x9e3779b97f4a7c15u;  // Fibonacci hashing
    mixed ^= mixed >> 29;
  }
  return static_cast<std::size_t>(mixed);
}

std::vector<int> SharedPoints::add(const Eigen::Matrix3Xd& path) {
  std::vector<int> numbers;
  numbers.reserve(static_cast<std::size_t>(path.cols()));
  for (Eigen::Index k = 0; k < path.cols(); ++k) {
    // Adding 0 turns -0 into +0, so that equal numbers have equal bits.
    const std::array<double, 3> point = {path(0, k) + 0.0, path(1, k) + 0.0, path(2, k) + 0.0};
    const auto [entry, is_new] = numbers_.emplace(point, static_cast<int>(points_.size()));
    if (is_new) points_.push_back(point);
    numbers.push_back(entry->second);
  }
  return numbers;
}

Eigen::Matrix3Xd SharedPoints::coordinates(const std::vector<int>& numbers) const {
  Eigen::Matrix3Xd result(3, static_cast<Eigen::Index>(numbers.size()));
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const auto& p = points_[static_cast<std::size_t>(numbers[k])];
    result.col(static_cast<Eigen::Index>(k)) << p[0], p[1], p[2];
  }
  return result;
}

}  // namespace bmiss
