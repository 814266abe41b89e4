// Distinct points of many fibre paths: fibres of different units run along the same paths.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace bmiss {

class SharedPoints {
public:
  // Numbers of the path's points; equal coordinates (to the bit) get equal numbers.
  std::vector<int> add(const Eigen::Matrix3Xd& path);
  std::size_t size() const { return points_.size(); }
  Eigen::Matrix3Xd coordinates(const std::vector<int>& numbers) const;

private:
  struct Hash {
    std::size_t operator()(const std::array<double, 3>& point) const;
  };
  std::vector<std::array<double, 3>> points_;
  std::unordered_map<std::array<double, 3>, int, Hash> numbers_;
};

}  // namespace bmiss
