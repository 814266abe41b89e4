// From a source to a train: peaks, two classes of them, and how well the classes are apart.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace bmiss {

struct DetectedSpikes {
  std::vector<Eigen::Index> samples;  // ascending
  std::vector<double> positions;      // the same between samples: vertices of parabolas through the peaks
  double silhouette = 0;              // of the two classes; 0 when there are not two
  double pulse_to_noise = 0;          // [dB]
};

// Local maxima of a source above zero that are the highest within ± distance samples.
std::vector<Eigen::Index> find_peaks(const Eigen::VectorXf& source, Eigen::Index distance);

// Splits ascending heights into two classes so that the sum of squared distances to the class means is least: the exact
// optimum of 2-means in one dimension. Returns the number in the lower class.
std::size_t split_in_two_classes(const std::vector<double>& ascending);

// Peaks of the squared source, split by 2-means; the upper class are the spikes. Silhouette as in Negro et al. 2016:
// the distances of the spikes to the other class' mean minus those to their own, over the larger of the two sums.
// Distances are squared, as in the k-means of the common programs (MUedit, openhdemg): plain ones would make a gate of
// 0.9 refuse most trains without an error.
// Pulse-to-noise ratio: Holobar et al. 2014.
DetectedSpikes detect_spikes(const Eigen::VectorXf& source, Eigen::Index distance);

}  // namespace bmiss
