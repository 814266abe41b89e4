// The accepted sources of a blind decomposition: judgement, duplicates, and the directions that later sources avoid.
#pragma once

#include <Eigen/Core>
#include <map>
#include <string>
#include <vector>

#include "inversion/blind/source_search.h"

namespace bmiss {

struct AcceptanceLimits {
  double silhouette = 0.9;
  int fewest_spikes = 20;
  double largest_isi_cov = 0.5;
  double lowest_rate = 2, highest_rate = 40;  // [Hz]
  double largest_short_share = 0.2;           // of intervals below half of their median
  double duplicate_share = 0.3;
  Eigen::Index tolerance = 2;       // of a common spike, samples
  Eigen::Index largest_shift = 64;  // between trains of one unit, samples
};

class UnitList {
public:
  // known: trains of units that other passes have found.
  explicit UnitList(AcceptanceLimits limits, std::vector<std::vector<Eigen::Index>> known = {})
      : limits_(limits), known_(std::move(known)) {}

  // Takes the source, or counts why not. Of two sources of one unit the better train stays.
  bool offer(Source source);
  // The delayed copies of the unit that was taken last.
  void avoid_copies(WeightedDirections copies);
  const std::vector<Source>& units() const { return units_; }
  // Orthonormal columns that later sources avoid: the accepted directions and their delayed copies, the strongest first
  // where all together would fill more than half of the space.
  const Eigen::MatrixXf& avoided() const { return avoided_; }
  // How often each reason to reject was met.
  const std::map<std::string, int>& rejections() const { return rejections_; }

private:
  std::string reason_to_reject(const Source& source) const;  // empty: none
  void rebuild_avoided();

  AcceptanceLimits limits_;
  std::vector<std::vector<Eigen::Index>> known_;
  std::vector<Source> units_;
  std::vector<WeightedDirections> copies_;  // of each unit; none until they are given
  Eigen::MatrixXf avoided_;
  std::map<std::string, int> rejections_;
};

}  // namespace bmiss
