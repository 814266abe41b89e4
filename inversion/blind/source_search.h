// One source of a whitened recording: fixed-point iteration from a starting sample, then refinement on its own spikes.
#pragma once

#include <Eigen/Core>
#include <string>

#include "inversion/blind/extended_signal.h"
#include "inversion/blind/spike_detection.h"
#include "inversion/blind/train_statistics.h"
#include "inversion/blind/whitening.h"

namespace bmiss {

// The measure of non-Gaussianity G whose expectation a source maximises.
enum class Contrast { skewness, logcosh, kurtosis };
Contrast contrast_named(const std::string& name);  // throws InputError listing the known ones

struct Source {
  Eigen::VectorXf direction;  // unit vector in whitened space
  DetectedSpikes spikes;
  TrainStatistics statistics;
  // Which of two trains of one unit is the better one: regular intervals and spikes apart from the rest. The variation
  // of the intervals alone (Negro et al. 2016) prefers a worse separated train for a difference in its third digit.
  double quality() const { return spikes.silhouette - statistics.isi_cov; }
};

// Orthonormal directions in whitened space [directions x n] and the energy each holds [n].
struct WeightedDirections {
  Eigen::MatrixXf directions;
  Eigen::VectorXf energy;
};

struct SearchSettings {
  Contrast contrast = Contrast::skewness;
  int fixed_point_steps = 100;
  double convergence = 1e-4;  // |1 − |wᵀ w_before||
  double rate = 0;            // [Hz]
  double pause = 0.25;        // longest interval inside a contraction [s]
  Eigen::Index distance = 0;  // between spikes, samples
  int fewest_spikes = 20;     // below, there is nothing to refine on
  // Largest samples of a source that count no more than the next one. Without it a few samples (an artefact, the
  // starting sample itself) can outweigh a unit in a cubic contrast, and most searches end on them.
  Eigen::Index outliers = 80;
};

class SourceSearch {
public:
  SourceSearch(const ExtendedSignal& signal, const Whitening& whitening, SearchSettings settings)
      : signal_(signal), whitening_(whitening), settings_(settings) {}

  // Hyvärinen's iteration w ← E[z g(wᵀz)] − E[g′(wᵀz)] w, orthogonal to the columns of `found`, with the outliers of
  // wᵀz limited in each step. `steps` returns how many were taken.
  Eigen::VectorXf fixed_point(Eigen::VectorXf direction, const Eigen::MatrixXf& found, int* steps) const;
  // Spikes of the source of a direction.
  Source describe(Eigen::VectorXf direction) const;
  // w ← mean of z at the spikes, while the train gets better (Negro et al. 2016, but see quality()).
  Source refine(Source source) const;
  // Filters that would find the same unit up to `reach` samples earlier or later are sources of their own in an
  // extended recording, nearly orthogonal to the first: the directions that hold 95 % of them.
  WeightedDirections delayed_copies(const Source& source, Eigen::Index reach) const;

private:
  const ExtendedSignal& signal_;
  const Whitening& whitening_;
  SearchSettings settings_;
};

}  // namespace bmiss
