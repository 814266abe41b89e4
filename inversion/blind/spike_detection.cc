#include "inversion/blind/spike_detection.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bmiss {
namespace {

// Where the parabola through three samples, the middle one a maximum, has its own.
double vertex(float before, float at, float after) {
  const float bend = before - 2 * at + after;
  return bend < 0 ? static_cast<double>(0.5F * (before - after) / bend) : 0;
}

}  // namespace

std::vector<Eigen::Index> find_peaks(const Eigen::VectorXf& source, Eigen::Index distance) {
  std::vector<Eigen::Index> peaks;
  for (Eigen::Index t = 1; t + 1 < source.size(); ++t) {
    if (source[t] <= 0 || source[t] < source[t - 1] || source[t] <= source[t + 1]) continue;
    // Of two peaks too close to each other the higher one stays.
    if (!peaks.empty() && t - peaks.back() <= distance) {
      if (source[t] > source[peaks.back()]) peaks.back() = t;
    } else {
      peaks.push_back(t);
    }
  }
  return peaks;
}

std::size_t split_in_two_classes(const std::vector<double>& ascending) {
  const std::size_t n = ascending.size();
  double total = 0;
  for (const double x : ascending) total += x;
  // Least within-class squares is most Σ (class sum)² / (class count).
  double lower = 0, best = -std::numeric_limits<double>::infinity();
  std::size_t split = n;
  for (std::size_t k = 1; k < n; ++k) {
    lower += ascending[k - 1];
    const double upper = total - lower;
    const double score = lower * lower / static_cast<double>(k) + upper * upper / static_cast<double>(n - k);
    if (score > best) best = score, split = k;
  }
  return split;
}

DetectedSpikes detect_spikes(const Eigen::VectorXf& source, Eigen::Index distance) {
  DetectedSpikes result;
  const auto peaks = find_peaks(source, distance);
  if (peaks.size() < 3) return result;
  std::vector<double> heights;
  for (const auto t : peaks) heights.push_back(static_cast<double>(source[t]) * source[t]);
  std::sort(heights.begin(), heights.end());
  const std::size_t split = split_in_two_classes(heights);
  double lower = 0, upper = 0;
  for (std::size_t k = 0; k < heights.size(); ++k) (k < split ? lower : upper) += heights[k];
  lower /= static_cast<double>(split);
  upper /= static_cast<double>(heights.size() - split);
  double own = 0, other = 0;
  for (std::size_t k = split; k < heights.size(); ++k) {
    own += (heights[k] - upper) * (heights[k] - upper);
    other += (heights[k] - lower) * (heights[k] - lower);
  }
  result.silhouette = std::max(own, other) > 0 ? (other - own) / std::max(own, other) : 0;
  double power = 0;
  for (const auto t : peaks) {
    const double height = static_cast<double>(source[t]) * source[t];
    if (height < heights[split]) continue;
    result.samples.push_back(t);
    result.positions.push_back(static_cast<double>(t) + vertex(source[t - 1], source[t], source[t + 1]));
    power += height;
  }
  const double spikes = static_cast<double>(result.samples.size()), all = static_cast<double>(source.size());
  const double rest = (source.cast<double>().squaredNorm() - power) / (all - spikes);
  if (rest > 0) result.pulse_to_noise = 10 * std::log10(power / spikes / rest);
  return result;
}

}  // namespace bmiss
